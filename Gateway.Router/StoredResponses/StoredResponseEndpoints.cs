using System.Buffers;
using System.Text.Json;
using Gateway.Core;
using Gateway.Core.Context;
using Gateway.Core.Errors;
using Gateway.Core.Requests;

namespace Gateway.Router.StoredResponses;

/// <summary>Gives clients the responses that were kept for their key. What a provider keeps itself is not asked for here.</summary>
internal sealed class StoredResponseEndpoints(ContextToken tokens, IResponseStore store)
{
    private static readonly GatewayError Rejected = new(GatewayErrorKind.ContextRejected, "This is an internal endpoint of the gateway. Send requests to its public address.");

    public async Task GetAsync(HttpContext http)
    {
        if (await LoadAsync(http) is not { } response)
        {
            return;
        }

        if (http.Request.Query["stream"] == "true")
        {
            await RefuseAsync(http, new GatewayError(GatewayErrorKind.InvalidRequest, "stream: a response that was kept is given whole.", "stream"));
            return;
        }

        await WriteAsync(http, response.Response);
    }

    public async Task ListInputAsync(HttpContext http)
    {
        if (await LoadAsync(http) is not { } response)
        {
            return;
        }

        var query = http.Request.Query;
        if (!TryReadLimit(query["limit"], out var limit))
        {
            await RefuseAsync(http, new GatewayError(GatewayErrorKind.InvalidRequest, "limit must be a number from 1 to 100.", "limit"));
            return;
        }

        var output = new ArrayBufferWriter<byte>(response.Input.Length + 128);
        InputItemPage.Write(response.Input, limit, query["order"] == "asc", query["after"], output);
        await WriteAsync(http, output.WrittenMemory);
    }

    public async Task DeleteAsync(HttpContext http)
    {
        if (Authenticate(http) is not { } keyId)
        {
            await RefuseAsync(http, Rejected);
            return;
        }

        var id = IdOf(http);
        try
        {
            if (!await store.DeleteAsync(keyId, id, http.RequestAborted))
            {
                await NotFoundAsync(http, id);
                return;
            }
        }
        catch (GatewayException exception)
        {
            await RefuseAsync(http, exception.Error);
            return;
        }

        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output))
        {
            json.WriteStartObject();
            json.WriteString("id"u8, id);
            json.WriteString("object"u8, "response"u8);
            json.WriteBoolean("deleted"u8, true);
            json.WriteEndObject();
        }

        await WriteAsync(http, output.WrittenMemory);
    }

    /// <returns>Null when the client was told why there is nothing.</returns>
    private async ValueTask<StoredResponse?> LoadAsync(HttpContext http)
    {
        if (Authenticate(http) is not { } keyId)
        {
            await RefuseAsync(http, Rejected);
            return null;
        }

        var id = IdOf(http);
        try
        {
            if (await store.LoadAsync(keyId, id, http.RequestAborted) is { } response)
            {
                return response;
            }

            await NotFoundAsync(http, id);
        }
        catch (GatewayException exception)
        {
            await RefuseAsync(http, exception.Error);
        }

        return null;
    }

    /// <summary>Believes only what the Edge signed for this very path.</summary>
    /// <returns>The virtual key's id, or null.</returns>
    private string? Authenticate(HttpContext http)
    {
        var values = http.Request.Headers[GatewayHeaders.Context];
        var claims = values.Count == 1 ? tokens.Verify(values[0], ContextAudience.Router, http.Request.Path.Value ?? "") : null;
        return claims is { Role: ContextRole.Client, KeyId.Length: > 0 } ? claims.KeyId : null;
    }

    private static string IdOf(HttpContext http) => (string)http.Request.RouteValues["id"]!;

    private static bool TryReadLimit(string? text, out int limit)
    {
        const int Usual = 20;
        limit = Usual;
        return text is null || (int.TryParse(text, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out limit) && limit is >= 1 and <= 100);
    }

    private static async Task WriteAsync(HttpContext http, ReadOnlyMemory<byte> document)
    {
        http.Response.ContentType = "application/json";
        http.Response.ContentLength = document.Length;
        await http.Response.Body.WriteAsync(document, http.RequestAborted);
    }

    private static Task RefuseAsync(HttpContext http, GatewayError error) => ErrorWriters.WriteAsync(LlmProtocol.Responses, http, error);

    private static async Task NotFoundAsync(HttpContext http, string id)
    {
        var output = new ArrayBufferWriter<byte>(256);
        var reply = new ErrorReply(StatusCodes.Status404NotFound, "invalid_request_error", "response_not_found", $"No response '{id}' is kept for this key.", "id");
        ErrorWriters.WriteBody(LlmProtocol.Responses, output, in reply, http.TraceIdentifier);
        http.Response.StatusCode = StatusCodes.Status404NotFound;
        await WriteAsync(http, output.WrittenMemory);
    }
}

internal static class StoredResponseRoutes
{
    public const string Path = "/v1/responses/{id}";

    public static IEndpointRouteBuilder MapStoredResponses(this IEndpointRouteBuilder routes)
    {
        var services = routes.ServiceProvider;
        var endpoints = new StoredResponseEndpoints(services.GetRequiredService<ContextToken>(), services.GetRequiredService<IResponseStore>());
        routes.MapGet(Path, (RequestDelegate)endpoints.GetAsync).WithName("response");
        routes.MapDelete(Path, (RequestDelegate)endpoints.DeleteAsync).WithName("response-delete");
        routes.MapGet(Path + "/input_items", (RequestDelegate)endpoints.ListInputAsync).WithName("response-input");
        return routes;
    }
}
