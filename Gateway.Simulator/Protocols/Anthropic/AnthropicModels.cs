using System.Globalization;
using Gateway.Simulator.Faults;
using Gateway.Simulator.Hosting;
using Gateway.Simulator.Recordings;

namespace Gateway.Simulator.Protocols.Anthropic;

/// <summary><c>GET /v1/models</c> and <c>GET /v1/models/{id}</c>, which OpenAI has too: the version header tells whose list is wanted.</summary>
internal sealed class AnthropicModels(SimulatorOptions options, RecordingLibrary recordings, ProviderDoor door, AnthropicProvider provider)
{
    private const int UsualLimit = 20;
    private const int MaxLimit = 1000;

    private static readonly string[] Usual = ["claude-3-5-haiku-20241022", "claude-haiku-4-5-20251001", "claude-opus-4-1-20250805", "claude-sonnet-4-5-20250929", "claude-sonnet-4-6"];

    private readonly string[] _ids = [.. options.Models.Count > 0 ? options.Models : Usual, .. recordings.Ids.Select(id => $"recording/{id}")];

    public static bool Asks(HttpContext context) => context.Request.Headers.ContainsKey("anthropic-version");

    public Task ListAsync(HttpContext context) => door.GuardAsync(context, provider, () =>
    {
        var limit = Number(context, "limit");
        var after = Place(context, "after_id");
        var before = Place(context, "before_id");
        var start = after is { } id ? id + 1 : before is { } end ? Math.Max(0, end - limit) : 0;
        var page = _ids[start..Math.Min(before ?? _ids.Length, start + limit)];
        var more = before is null ? start + page.Length < _ids.Length : start > 0;
        return WriteAsync(context, Json.Write(json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("data"u8);
            foreach (var model in page)
            {
                Describe(json, model);
            }

            json.WriteEndArray();
            json.WriteBoolean("has_more"u8, more);
            json.WriteString("first_id"u8, page.FirstOrDefault());
            json.WriteString("last_id"u8, page.LastOrDefault());
            json.WriteEndObject();
        }));
    });

    public Task GetAsync(HttpContext context) => door.GuardAsync(context, provider, () =>
    {
        var id = (string)context.Request.RouteValues["id"]!;
        return _ids.Contains(FaultDirectives.ModelName(id), StringComparer.Ordinal)
            ? WriteAsync(context, Json.Write(json => Describe(json, id))) : throw provider.NoModel(id);
    });

    private static void Describe(System.Text.Json.Utf8JsonWriter json, string id)
    {
        json.WriteStartObject();
        json.WriteString("type"u8, "model"u8);
        json.WriteString("id"u8, id);
        json.WriteString("display_name"u8, id);

        // A fixed day: a list that changes with the clock would make every answer look new.
        json.WriteString("created_at"u8, "2025-01-01T00:00:00Z"u8);
        json.WriteEndObject();
    }

    private static Task WriteAsync(HttpContext context, ReadOnlyMemory<byte> body)
    {
        context.Response.ContentType = "application/json";
        return context.Response.Body.WriteAsync(body).AsTask();
    }

    private static int Number(HttpContext context, string name)
    {
        var text = context.Request.Query[name].ToString();
        return text.Length == 0 ? UsualLimit
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit is >= 1 and <= MaxLimit ? limit
            : throw AnthropicError.Invalid(name, $"Input should be between 1 and {MaxLimit}");
    }

    private int? Place(HttpContext context, string name)
    {
        var id = context.Request.Query[name].ToString();
        return id.Length == 0 ? null : Array.IndexOf(_ids, id) is var place and >= 0 ? place : throw AnthropicError.Invalid(name, "Invalid id");
    }
}
