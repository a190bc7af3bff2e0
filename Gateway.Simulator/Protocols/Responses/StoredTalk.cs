using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Gateway.Simulator.Protocols.Responses;

/// <summary>A response that can be asked for and continued.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Response">The whole response object.</param>
/// <param name="Input">Every item before the answer, those of earlier responses first, each with an id.</param>
/// <param name="Output">The items of the answer.</param>
internal sealed record StoredTalk(string Id, ReadOnlyMemory<byte> Response, IReadOnlyList<JsonElement> Input, IReadOnlyList<JsonElement> Output)
{
    /// <summary>Counts what it shares with earlier talks too: those may be forgotten before it.</summary>
    public long Bytes => Response.Length + Input.Sum(static item => (long)JsonMarshal.GetRawUtf8Value(item).Length);

    /// <param name="id">Of the response.</param>
    /// <param name="number">Unique; ids of items that have none are made from it.</param>
    /// <param name="response">The whole response object.</param>
    /// <param name="earlier">As in <see cref="Input"/>.</param>
    /// <param name="input">The request's own items; copied.</param>
    public static StoredTalk Create(string id, string number, ReadOnlyMemory<byte> response, IReadOnlyList<JsonElement> earlier, IReadOnlyList<JsonElement> input)
    {
        var output = JsonElement.Parse(response.Span).GetProperty("output"u8);
        return new StoredTalk(id, response, [.. earlier, .. input.Select((item, index) => WithId(item, number, index))], [.. output.EnumerateArray()]);
    }

    private static JsonElement WithId(JsonElement item, string number, int index)
    {
        var type = Json.Text(item, "type"u8) ?? "message";
        var prefix = type switch { "message" => "msg", "function_call" => "fc", "custom_tool_call" => "ctc", "reasoning" => "rs", _ => "out" };
        return JsonElement.Parse(Json.Write(json =>
        {
            json.WriteStartObject();
            json.WriteString("id"u8, Json.Text(item, "id"u8) ?? string.Create(CultureInfo.InvariantCulture, $"{prefix}_{number}i{index}"));
            json.WriteString("type"u8, type);
            foreach (var member in item.EnumerateObject().Where(static member => member.Name is not ("id" or "type")))
            {
                member.WriteTo(json);
            }

            json.WriteEndObject();
        }).Span);
    }
}
