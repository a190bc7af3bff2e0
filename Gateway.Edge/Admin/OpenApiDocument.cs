using Gateway.Edge.Endpoints;

namespace Gateway.Edge.Admin;

/// <summary>
/// Answers with the description of all admin endpoints, OpenAPI 3.1. It is kept by hand in <c>openapi.json</c>, because the answers of half of the endpoints are made by other services, whose types this one does not
/// know; tests hold it against the endpoints that are mapped and against what they answer.
/// </summary>
internal sealed class OpenApiDocument(AdminKeyCheck check, EdgeErrors errors)
{
    public const string Path = "/admin/v1/openapi.json";

    private readonly byte[] _document = Read();

    public async Task AnswerAsync(HttpContext context)
    {
        if (check.Refuse(context) is { } refusal)
        {
            await errors.WriteAsync(context, refusal);
            return;
        }

        context.Response.ContentType = "application/json";
        context.Response.ContentLength = _document.Length;
        await context.Response.Body.WriteAsync(_document, context.RequestAborted);
    }

    private static byte[] Read()
    {
        using var stream = typeof(OpenApiDocument).Assembly.GetManifestResourceStream("openapi.json") ?? throw new InvalidOperationException("openapi.json is not in the assembly.");
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
