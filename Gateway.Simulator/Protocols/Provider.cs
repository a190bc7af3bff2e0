using Gateway.Simulator.Control;

namespace Gateway.Simulator.Protocols;

/// <summary>
/// What one provider says in its own way: where the credential stands and how each refusal is worded. One instance serves all
/// requests. Everything else - meter, scripts, recordings, answers - is shared.
/// </summary>
internal abstract class Provider
{
    /// <summary>The credential as sent, without scheme; empty when there is none. The meter keeps its fingerprint.</summary>
    public abstract string Credential(HttpContext context);

    /// <summary>Sets the headers that every answer has, such as the request's id.</summary>
    /// <param name="context">The request.</param>
    /// <param name="number">Unique over all runs; the ids that clients see are made from it.</param>
    public abstract void Begin(HttpContext context, string number);

    /// <summary>Refuses a request whose credential is not accepted. A signature needs the body too.</summary>
    /// <param name="context">The request.</param>
    /// <param name="credential">What <see cref="Credential"/> found.</param>
    /// <param name="body">The body as it arrived; empty for GET.</param>
    /// <param name="keys">The accepted credentials; empty accepts any that is not blank.</param>
    /// <exception cref="ProviderException">Missing or not accepted.</exception>
    public virtual void Authorize(HttpContext context, string credential, ReadOnlyMemory<byte> body, IReadOnlySet<string> keys)
    {
        if (credential.Length == 0)
        {
            throw NoCredential();
        }

        if (keys.Count > 0 && !keys.Contains(credential))
        {
            throw WrongCredential();
        }
    }

    public abstract ProviderException NoCredential();

    public abstract ProviderException WrongCredential();

    public abstract ProviderException NotJson();

    public abstract ProviderException NoModel(string model);

    /// <summary>A directive that is not known; the message lists the valid ones.</summary>
    public abstract ProviderException BadDirective(string message);

    /// <summary>The usual error of a status, for scripts.</summary>
    public abstract ProviderException Scripted(int status, string? code);

    /// <summary>A field that a <see cref="FieldTable"/> refuses, in the provider's words.</summary>
    public abstract ProviderException Describe(FieldFault fault);

    /// <summary>Tells what is left of the credential's limits; a provider that has no headers for it only says when to come again.</summary>
    public virtual void WriteQuota(IHeaderDictionary headers, Quota quota, DateTimeOffset now)
    {
        if (quota.IsRefused)
        {
            QuotaHeaders.WriteRetryAfter(headers, quota.RetryAfter);
        }
    }

    /// <summary>Answers a refusal. Nothing was written yet.</summary>
    public virtual Task WriteErrorAsync(HttpContext context, ProviderException error, string number)
    {
        context.Response.StatusCode = error.Status;
        context.Response.ContentType = error.ContentType;
        error.WriteHeaders(context.Response.Headers);
        var body = error.ToBytes(number);
        context.Response.ContentLength = body.Length;
        return context.Response.Body.WriteAsync(body).AsTask();
    }

    /// <summary>The token of <c>Authorization: Bearer TOKEN</c>, or the empty text.</summary>
    protected static string Bearer(HttpContext context)
    {
        const string Scheme = "Bearer ";
        var header = context.Request.Headers.Authorization.ToString();
        return header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? header[Scheme.Length..].Trim() : "";
    }
}
