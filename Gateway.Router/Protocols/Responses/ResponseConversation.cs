using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using Gateway.Router.StoredResponses;

namespace Gateway.Router.Protocols.Responses;

/// <summary>What the gateway knows of the talk that one request continues, and where its answer is kept. One request.</summary>
/// <param name="previous">The response that is continued; null when none is named, or when it is not there.</param>
/// <param name="items">Items of earlier answers by their ids, as far as the request refers to them and they are there; null for none.</param>
/// <param name="keep">Begins to keep a response. Does not throw.</param>
internal sealed class ResponseConversation(StoredResponse? previous, IReadOnlyDictionary<string, JsonElement>? items, Func<StoredResponse, Task> keep)
{
    public StoredResponse? Previous { get; } = previous;

    /// <returns>False when there is no such item, or no longer.</returns>
    public bool TryFind(string itemId, out JsonElement item)
    {
        item = default;
        return items is not null && items.TryGetValue(itemId, out item);
    }

    /// <summary>Done when the answer is kept; at once when it is not to be.</summary>
    public Task Keeping { get; private set; } = Task.CompletedTask;

    public void Keep(StoredResponse response) => Keeping = keep(response);
}

/// <summary>Takes the answer to a request that the client wants kept.</summary>
/// <param name="conversation">Of the request.</param>
/// <param name="input">What the answer answers, as <see cref="StoredResponse.Input"/>.</param>
internal sealed class ResponseKeeper(ResponseConversation conversation, byte[] input)
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <param name="input">The request's own <c>input</c>; null when it has none.</param>
    public static ResponseKeeper Create(ResponseConversation conversation, JsonElement? input)
    {
        var output = new ArrayBufferWriter<byte>(512);
        using var json = new Utf8JsonWriter(output, Plain);
        var count = 0;
        json.WriteStartArray();
        if (conversation.Previous is { } previous)
        {
            using var earlier = JsonDocument.Parse(previous.Input);
            WriteItems(earlier.RootElement, conversation, json, ref count);
            using var response = JsonDocument.Parse(previous.Response);
            WriteItems(response.RootElement.GetProperty("output"), conversation, json, ref count);
        }

        if (input is { ValueKind: JsonValueKind.Array } items)
        {
            WriteItems(items, conversation, json, ref count);
        }
        else if (input is { ValueKind: JsonValueKind.String } text)
        {
            json.WriteStartObject();
            json.WriteString("id"u8, IdOf(count));
            json.WriteString("type"u8, "message"u8);
            json.WriteString("role"u8, "user"u8);
            json.WriteStartArray("content"u8);
            json.WriteStartObject();
            json.WriteString("type"u8, "input_text"u8);
            json.WriteString("text"u8, text.GetString());
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.Flush();
        return new ResponseKeeper(conversation, output.WrittenSpan.ToArray());
    }

    /// <param name="response">The whole response object; copied.</param>
    public void Keep(string id, ReadOnlySpan<byte> response) => conversation.Keep(new StoredResponse(id, response.ToArray(), input));

    private static void WriteItems(JsonElement items, ResponseConversation conversation, Utf8JsonWriter json, ref int count)
    {
        foreach (var given in items.EnumerateArray())
        {
            // A talk holds the items themselves: what it is continued with may outlive the response that they came from.
            var item = ResponsesItemReader.IsReference(given) && JsonWords.Word(given, "id") is { } id && conversation.TryFind(id, out var found) ? found : given;
            json.WriteStartObject();
            if (!ResponsesFields.TryGet(item, "id", out _))
            {
                // Lists of items are paged by id.
                json.WriteString("id"u8, IdOf(count));
            }

            foreach (var member in item.EnumerateObject())
            {
                if (member.Value.ValueKind != JsonValueKind.Null || !member.NameEquals("id"u8))
                {
                    member.WriteTo(json);
                }
            }

            json.WriteEndObject();
            count++;
        }
    }

    private static string IdOf(int place) => string.Create(CultureInfo.InvariantCulture, $"item_{place:D6}");
}
