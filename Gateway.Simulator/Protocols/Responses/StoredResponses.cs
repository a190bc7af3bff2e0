using System.Globalization;
using System.Text.Json;
using Gateway.Simulator.Protocols.OpenAI;

namespace Gateway.Simulator.Protocols.Responses;

/// <summary><c>GET</c> and <c>DELETE /v1/responses/{id}</c>, <c>GET /v1/responses/{id}/input_items</c></summary>
internal sealed class StoredResponses(ProviderDoor door, OpenAIProvider provider, ResponseShelf shelf)
{
    private const int UsualLimit = 20;
    private const int MaxLimit = 100;

    /// <param name="routes">Gets the endpoints.</param>
    /// <param name="path">Of the POST that makes responses.</param>
    /// <param name="provider">Whose they are.</param>
    /// <param name="shelf">Where they are.</param>
    public static void Map(IEndpointRouteBuilder routes, string path, OpenAIProvider provider, ResponseShelf shelf)
    {
        var stored = new StoredResponses(routes.ServiceProvider.GetRequiredService<ProviderDoor>(), provider, shelf);
        routes.MapGet(path + "/{id}", stored.GetAsync);
        routes.MapDelete(path + "/{id}", stored.DeleteAsync);
        routes.MapGet(path + "/{id}/input_items", stored.ListInputAsync);
    }

    private Task GetAsync(HttpContext context) => door.GuardAsync(context, provider, () => SendAsync(context, Find(context).Response));

    private Task DeleteAsync(HttpContext context) => door.GuardAsync(context, provider, () =>
    {
        var talk = Find(context);
        shelf.Remove(talk.Id);
        return SendAsync(context, Json.Write(json =>
        {
            json.WriteStartObject();
            json.WriteString("id"u8, talk.Id);
            json.WriteString("object"u8, "response"u8);
            json.WriteBoolean("deleted"u8, true);
            json.WriteEndObject();
        }));
    });

    private Task ListInputAsync(HttpContext context) => door.GuardAsync(context, provider, () =>
    {
        var query = context.Request.Query;
        var limit = UsualLimit;
        if (query["limit"].ToString() is { Length: > 0 } text && !(int.TryParse(text, CultureInfo.InvariantCulture, out limit) && limit is >= 1 and <= MaxLimit))
        {
            throw OpenAIError.Invalid("limit", $"expected a number from 1 to {MaxLimit}.");
        }

        IEnumerable<JsonElement> items = Find(context).Input;
        items = query["order"] == "asc" ? items : items.Reverse();
        if (query["after"].ToString() is { Length: > 0 } after)
        {
            items = items.SkipWhile(item => Json.Text(item, "id"u8) != after).Skip(1);
        }

        var page = items.Take(limit + 1).ToList();
        var hasMore = page.Count > limit;
        return SendAsync(context, Json.Write(json => WriteList(json, hasMore ? page[..limit] : page, hasMore)));
    });

    private static void WriteList(Utf8JsonWriter json, List<JsonElement> page, bool hasMore)
    {
        json.WriteStartObject();
        json.WriteString("object"u8, "list"u8);
        json.WriteStartArray("data"u8);
        foreach (var item in page)
        {
            item.WriteTo(json);
        }

        json.WriteEndArray();
        json.WriteString("first_id"u8, page.Count > 0 ? Json.Text(page[0], "id"u8) : null);
        json.WriteString("last_id"u8, page.Count > 0 ? Json.Text(page[^1], "id"u8) : null);
        json.WriteBoolean("has_more"u8, hasMore);
        json.WriteEndObject();
    }

    private StoredTalk Find(HttpContext context)
    {
        var id = (string)context.Request.RouteValues["id"]!;
        return shelf.Find(id) ?? throw OpenAIError.NotFound($"Response with id '{id}' not found.", null);
    }

    private static Task SendAsync(HttpContext context, ReadOnlyMemory<byte> body)
    {
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = body.Length;
        return context.Response.Body.WriteAsync(body).AsTask();
    }
}
