using System.Text.Json;
using Gateway.Core.Errors;
using Gateway.Edge.Endpoints;

namespace Gateway.Edge.Models;

/// <summary>What clients of Ollama ask about models besides using them.</summary>
internal sealed class OllamaModelEndpoints(ModelList models, EdgeSnapshots snapshots, EdgeErrors errors)
{
    /// <summary>Clients switch features on by it: of these versions on, all that the gateway answers is there.</summary>
    private const string Version = "0.12.0";

    private static readonly GatewayError NoModel = new(GatewayErrorKind.InvalidRequest, "The body must be a JSON object with the string 'model'.", "model");

    public static void Map(IEndpointRouteBuilder routes)
    {
        var endpoints = routes.ServiceProvider.GetRequiredService<OllamaModelEndpoints>();
        var access = new EdgePolicy(EdgeAccess.VirtualKey);
        routes.MapGet("/api/tags", endpoints.TagsAsync).WithMetadata(access);
        routes.MapPost("/api/show", endpoints.ShowAsync).WithMetadata(access);
        routes.MapGet("/api/ps", endpoints.RunningAsync).WithMetadata(access);
        routes.MapGet("/api/version", VersionAsync).WithMetadata(new EdgePolicy(EdgeAccess.Public));
    }

    private Task TagsAsync(HttpContext context) => models.List(context.Request, out var all) is { } refused
        ? errors.WriteAsync(context, refused) : JsonAnswer.WriteAsync(context, all, static (json, list) => OllamaModelShapes.WriteTags(json, list));

    private Task RunningAsync(HttpContext context) => models.Authenticate(context.Request) is { } refused
        ? errors.WriteAsync(context, refused) : JsonAnswer.WriteAsync(context, true, static (json, _) => OllamaModelShapes.WriteNoneRunning(json));

    private static Task VersionAsync(HttpContext context) => JsonAnswer.WriteAsync(context, Version, static (json, version) =>
    {
        json.WriteStartObject();
        json.WriteString("version"u8, version);
        json.WriteEndObject();
    });

    private async Task ShowAsync(HttpContext context)
    {
        // The key first: nobody else's body is read.
        var refused = models.Authenticate(context.Request);
        ListedModel? model = null;
        if (refused is null)
        {
            var name = await ReadNameAsync(context);
            refused = name is null ? NoModel : models.Find(context.Request, name, tagged: true, out model);
        }

        if (refused is not null)
        {
            await errors.WriteAsync(context, refused);
            return;
        }

        await JsonAnswer.WriteAsync(context, model!, static (json, model) => OllamaModelShapes.WriteShow(json, model));
    }

    /// <summary>The member <c>model</c>, or <c>name</c>, as old clients call it.</summary>
    private async ValueTask<string?> ReadNameAsync(HttpContext context)
    {
        var body = await PooledBody.ReadAsync(context.Request, snapshots.Current.MaxBodyBytes, context.RequestAborted);
        try
        {
            using var document = JsonDocument.Parse(body.Memory);
            return document.RootElement.ValueKind == JsonValueKind.Object ? Text(document.RootElement, "model") ?? Text(document.RootElement, "name") : null;
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException)
        {
            return null;
        }
        finally
        {
            body.Return();
        }
    }

    private static string? Text(JsonElement body, string name) =>
        body.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : null;
}
