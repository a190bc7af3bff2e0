using System.Globalization;
using System.Text.Json;
using Gateway.Simulator.Faults;
using Gateway.Simulator.Hosting;
using Gateway.Simulator.Recordings;

namespace Gateway.Simulator.Protocols.Gemini;

/// <summary><c>GET /v1beta/models</c> and <c>GET /v1beta/models/{model}</c></summary>
internal sealed class GeminiCatalog(SimulatorOptions options, RecordingLibrary recordings, ProviderDoor door, GeminiProvider provider)
{
    private const int UsualPage = 50;
    private const int MaxPage = 1000;
    private const string Prefix = "models/";

    private static readonly string[] Usual =
        ["gemini-2.0-flash", "gemini-2.5-flash", "gemini-2.5-pro", "gemini-3-flash-preview", "gemini-3-pro-preview", "gemini-embedding-001"];

    private readonly string[] _ids =
        [.. options.Models.Count > 0 ? options.Models : Usual, .. recordings.Ids.Select(id => $"recording/{id}")];

    public Task ListAsync(HttpContext context) => door.GuardAsync(context, provider, () =>
    {
        var size = context.Request.Query["pageSize"].ToString();
        var token = context.Request.Query["pageToken"].ToString();
        var start = 0;
        var count = UsualPage;
        if (size.Length > 0 && !int.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out count))
        {
            throw GoogleError.Invalid($"Invalid value at 'page_size' (TYPE_INT32), \"{size}\"");
        }

        if (token.Length > 0 && (!int.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out start) || start > _ids.Length))
        {
            throw GoogleError.Invalid("Page token is invalid.");
        }

        var end = Math.Min(_ids.Length, start + Math.Clamp(count, 1, MaxPage));
        return WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("models"u8);
            foreach (var id in _ids.AsSpan(start..end))
            {
                Describe(json, id);
            }

            json.WriteEndArray();
            if (end < _ids.Length)
            {
                json.WriteString("nextPageToken"u8, end.ToString(CultureInfo.InvariantCulture));
            }

            json.WriteEndObject();
        });
    });

    public Task GetAsync(HttpContext context) => door.GuardAsync(context, provider, () =>
    {
        var id = (string)context.Request.RouteValues["id"]!;
        return _ids.Contains(FaultDirectives.ModelName(id), StringComparer.Ordinal) ? WriteAsync(context, json => Describe(json, id)) : throw GoogleError.NoModel(id);
    });

    private static void Describe(Utf8JsonWriter json, string id)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, Prefix + id);
        json.WriteString("version"u8, "001"u8);
        json.WriteString("displayName"u8, id);
        json.WriteNumber("inputTokenLimit"u8, 1_048_576);
        json.WriteNumber("outputTokenLimit"u8, 65_536);
        json.WriteStartArray("supportedGenerationMethods"u8);
        foreach (var method in id.Contains("embedding", StringComparison.Ordinal) ? (string[])["embedContent", "countTokens"] : ["generateContent", "countTokens"])
        {
            json.WriteStringValue(method);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static Task WriteAsync(HttpContext context, Action<Utf8JsonWriter> write)
    {
        context.Response.ContentType = "application/json; charset=UTF-8";
        return context.Response.Body.WriteAsync(Json.Write(write)).AsTask();
    }
}
