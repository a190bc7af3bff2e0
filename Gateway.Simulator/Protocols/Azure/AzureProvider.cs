using System.Text.RegularExpressions;
using Gateway.Simulator.Protocols.OpenAI;

namespace Gateway.Simulator.Protocols.Azure;

/// <summary>OpenAI's models at Azure: <c>api-key</c> or an Entra token, a version in the query, and a content filter.</summary>
/// <param name="versioned">The paths of old, where the version is required; <c>/openai/v1</c> needs none.</param>
internal sealed partial class AzureProvider(bool versioned) : OpenAIProvider
{
    public override bool Filters => true;

    public override string Credential(HttpContext context) =>
        context.Request.Headers["api-key"].ToString().Trim() is { Length: > 0 } key ? key : base.Credential(context);

    public override void Begin(HttpContext context, string number)
    {
        base.Begin(context, number);
        context.Response.Headers["apim-request-id"] = number;
        context.Response.Headers["x-ms-region"] = "Simulator";
    }

    public override void Authorize(HttpContext context, string credential, ReadOnlyMemory<byte> body, IReadOnlySet<string> keys)
    {
        base.Authorize(context, credential, body, keys);
        var version = context.Request.Query["api-version"].ToString();
        if (versioned ? !Dated().IsMatch(version) : version is not ("" or "v1" or "preview" or "latest"))
        {
            throw version.Length == 0 || versioned ? AzureError.NotFound() : new AzureError(StatusCodes.Status400BadRequest, "API version not supported", "BadRequest");
        }
    }

    public override ProviderException NoCredential() => AzureError.Usual(StatusCodes.Status401Unauthorized, null);

    public override ProviderException WrongCredential() => AzureError.Usual(StatusCodes.Status401Unauthorized, null);

    public override ProviderException NoModel(string model) => AzureError.Usual(StatusCodes.Status404NotFound, null);

    public override ProviderException Scripted(int status, string? code) => AzureError.Usual(status, code);

    [GeneratedRegex(@"^20\d\d-[01]\d-[0-3]\d(-preview)?$", RegexOptions.CultureInvariant)]
    private static partial Regex Dated();
}
