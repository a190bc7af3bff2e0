using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Gateway.Router.Protocols.Responses;

namespace Gateway.Router.StoredResponses;

/// <summary>Writes one page of the items that a response answers, the newest first unless asked otherwise.</summary>
internal static class InputItemPage
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="input">As <see cref="StoredResponse.Input"/>.</param>
    /// <param name="after">Id of the item before the page; null begins at the start. An unknown one gives an empty page.</param>
    public static void Write(ReadOnlyMemory<byte> input, int limit, bool oldestFirst, string? after, IBufferWriter<byte> output)
    {
        using var document = JsonDocument.Parse(input);
        var items = document.RootElement;
        var count = items.GetArrayLength();
        var start = after is null ? 0 : count;
        for (var place = 0; after is not null && place < count; place++)
        {
            if (JsonWords.Word(At(place), "id") == after)
            {
                start = place + 1;
                break;
            }
        }

        var end = Math.Min(count, start + limit);
        using var json = new Utf8JsonWriter(output, Plain);
        json.WriteStartObject();
        json.WriteString("object"u8, "list"u8);
        json.WriteStartArray("data"u8);
        for (var place = start; place < end; place++)
        {
            At(place).WriteTo(json);
        }

        json.WriteEndArray();
        json.WriteString("first_id"u8, start < end ? JsonWords.Word(At(start), "id") : null);
        json.WriteString("last_id"u8, start < end ? JsonWords.Word(At(end - 1), "id") : null);
        json.WriteBoolean("has_more"u8, end < count);
        json.WriteEndObject();

        JsonElement At(int place) => items[oldestFirst ? place : count - 1 - place];
    }
}
