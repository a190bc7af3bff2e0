using System.Globalization;

namespace Gateway.Simulator.Protocols.Gemini;

/// <summary>Google's Gemini API: an API key in a header or in the query, and errors with a status name.</summary>
internal class GeminiProvider : Provider
{
    private const string StreamMethod = ":streamGenerateContent";

    /// <summary>The cloud's own API, with its own words and fields.</summary>
    public virtual bool IsVertex => false;

    /// <summary>Without it a stream is one JSON array.</summary>
    public static bool WantsEvents(HttpContext context) => context.Request.Query["alt"] == "sse";

    public override string Credential(HttpContext context)
    {
        var header = context.Request.Headers["x-goog-api-key"].ToString();
        return header.Length > 0 ? header : context.Request.Query["key"].ToString();
    }

    public override void Begin(HttpContext context, string number)
    {
        context.Response.Headers["server-timing"] = "gfet4t7; dur=1";
        context.Response.Headers.Vary = "Origin, X-Origin, Referer";
    }

    /// <summary>A token in the place of the key is read as a login, and refused as one.</summary>
    public override void Authorize(HttpContext context, string credential, ReadOnlyMemory<byte> body, IReadOnlySet<string> keys)
    {
        if (credential.Length == 0 && Bearer(context).Length > 0)
        {
            throw GoogleError.WrongToken();
        }

        base.Authorize(context, credential, body, keys);
    }

    public override ProviderException NoCredential() => GoogleError.NoKey();

    public override ProviderException WrongCredential() => GoogleError.WrongKey();

    public override ProviderException NotJson() => GoogleError.NotJson();

    public override ProviderException NoModel(string model) => GoogleError.NoModel(model);

    public override ProviderException BadDirective(string message) => GoogleError.Invalid(message);

    public override ProviderException Scripted(int status, string? code) => GoogleError.Scripted(status, code);

    /// <summary>Only names are checked by a table here; <see cref="ProtoMessage"/> knows the rest.</summary>
    public override ProviderException Describe(FieldFault fault) => GoogleError.Unknown("", fault.Path);

    public override async Task WriteErrorAsync(HttpContext context, ProviderException error, string number)
    {
        if (error is GoogleError google)
        {
            google.RetryDelay ??= TakeDelay(context.Response.Headers);
        }

        var path = context.Request.Path.Value!;
        if (!path.EndsWith(StreamMethod, StringComparison.Ordinal) || WantsEvents(context))
        {
            await base.WriteErrorAsync(context, error, number);
            return;
        }

        // The stream's array has this one element.
        context.Response.StatusCode = error.Status;
        context.Response.ContentType = error.ContentType;
        await context.Response.Body.WriteAsync(Json.Write(json =>
        {
            json.WriteStartArray();
            error.WriteBody(json, number);
            json.WriteEndArray();
        }));
    }

    /// <summary>The directives' headers as a duration of protobuf: this provider says it in the body.</summary>
    private static string? TakeDelay(IHeaderDictionary headers)
    {
        var seconds = headers.RetryAfter.ToString();
        var milliseconds = headers["retry-after-ms"].ToString();
        headers.Remove("retry-after");
        headers.Remove("retry-after-ms");
        return double.TryParse(milliseconds, CultureInfo.InvariantCulture, out var exact) ? string.Create(CultureInfo.InvariantCulture, $"{exact / 1000:0.###}s")
            : seconds.Length > 0 ? $"{seconds}s" : null;
    }
}

/// <summary>The same models on Google's cloud: an access token in the place of the key.</summary>
internal sealed class VertexProvider : GeminiProvider
{
    public override bool IsVertex => true;

    public override string Credential(HttpContext context) => Bearer(context);

    public override ProviderException NoCredential() => GoogleError.NoToken();

    public override ProviderException WrongCredential() => GoogleError.WrongToken();
}
