using System.Text.Json;
using Gateway.Core.Errors;
using Gateway.Edge.VirtualKeys;

namespace Gateway.Edge.Endpoints;

/// <summary>The models that a key may use, in OpenAI's shape.</summary>
internal sealed class ModelList(EdgeSnapshots snapshots, EdgeErrors errors, TimeProvider time)
{
    public async Task ListAsync(HttpContext context)
    {
        var snapshot = snapshots.Current;
        if (Authenticate(context, snapshot, out var key) is { } error)
        {
            await errors.WriteAsync(context, error);
            return;
        }

        context.Response.ContentType = "application/json";
        WriteList(context.Response, snapshot, key!);
        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
    }

    public async Task GetAsync(HttpContext context)
    {
        var snapshot = snapshots.Current;
        // Names of the form provider/model hold slashes; clients that escape them are understood too (the server leaves %2F as it is).
        var id = ((string?)context.Request.RouteValues["id"] ?? "").Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);
        ModelTarget? model = null;
        var error = Authenticate(context, snapshot, out var key) ?? ModelAccess.Authorise(key!, snapshot.Models, id, out model);
        if (error is not null)
        {
            await errors.WriteAsync(context, error);
            return;
        }

        context.Response.ContentType = "application/json";
        using (var json = new Utf8JsonWriter(context.Response.BodyWriter))
        {
            Write(json, model!);
        }

        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
    }

    private GatewayError? Authenticate(HttpContext context, EdgeSnapshot snapshot, out VirtualKey? key)
    {
        key = null;
        return ClientCredential.Find(context.Request, out var secret) ?? snapshot.Keys.Authenticate(secret, time.GetUtcNow(), out key);
    }

    private static void WriteList(HttpResponse response, EdgeSnapshot snapshot, VirtualKey key)
    {
        using var json = new Utf8JsonWriter(response.BodyWriter);
        json.WriteStartObject();
        json.WriteString("object"u8, "list"u8);
        json.WriteStartArray("data"u8);
        foreach (var model in snapshot.Models.Names)
        {
            if (ModelAccess.IsAllowed(key, model))
            {
                Write(json, model);
            }
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, ModelTarget model)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, model.Name);
        json.WriteString("object"u8, "model"u8);
        // A name of the configuration has no birthday; clients expect the member.
        json.WriteNumber("created"u8, 0);
        json.WriteString("owned_by"u8, model.Providers[0]);
        json.WriteEndObject();
    }
}
