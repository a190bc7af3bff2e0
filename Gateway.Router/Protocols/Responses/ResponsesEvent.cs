using System.Text.Json;

namespace Gateway.Router.Protocols.Responses;

/// <summary>The members of one event that a decoder looks for, found in one pass whatever their order is. Points into the event.</summary>
internal ref struct ResponsesEvent
{
    public ReadOnlySpan<byte> Type;

    /// <summary>Of texts and arguments, between its quotes.</summary>
    public ReadOnlySpan<byte> Delta;

    /// <summary>The whole text of a <c>.done</c> event, whatever its member is called; between its quotes.</summary>
    public ReadOnlySpan<byte> Whole;

    public ReadOnlySpan<byte> Item;
    public ReadOnlySpan<byte> Part;
    public ReadOnlySpan<byte> Response;
    public int OutputIndex;
    public int PartIndex;

    /// <param name="data">One JSON document.</param>
    /// <returns>False when it is no JSON object.</returns>
    public static bool TryRead(ReadOnlySpan<byte> data, out ResponsesEvent found)
    {
        found = default;
        try
        {
            var read = default(ResponsesEvent);
            var reader = new Utf8JsonReader(data);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return false;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                read.ReadMember(ref reader, data);
            }

            found = read;

            // Anything behind the object makes it no document.
            return reader.TokenType == JsonTokenType.EndObject && !reader.Read();
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private void ReadMember(scoped ref Utf8JsonReader reader, ReadOnlySpan<byte> data)
    {
        if (reader.ValueTextEquals("type"u8))
        {
            ReadString(ref reader, ref Type);
        }
        else if (reader.ValueTextEquals("delta"u8))
        {
            ReadString(ref reader, ref Delta);
        }
        else if (reader.ValueTextEquals("text"u8) || reader.ValueTextEquals("arguments"u8) || reader.ValueTextEquals("refusal"u8) || reader.ValueTextEquals("input"u8))
        {
            ReadString(ref reader, ref Whole);
        }
        else if (reader.ValueTextEquals("item"u8))
        {
            ReadObject(ref reader, data, ref Item);
        }
        else if (reader.ValueTextEquals("part"u8))
        {
            ReadObject(ref reader, data, ref Part);
        }
        else if (reader.ValueTextEquals("response"u8))
        {
            ReadObject(ref reader, data, ref Response);
        }
        else if (reader.ValueTextEquals("output_index"u8))
        {
            ReadNumber(ref reader, ref OutputIndex);
        }
        else if (reader.ValueTextEquals("content_index"u8) || reader.ValueTextEquals("summary_index"u8))
        {
            ReadNumber(ref reader, ref PartIndex);
        }
        else
        {
            reader.Skip();
        }
    }

    private static void ReadString(scoped ref Utf8JsonReader reader, ref ReadOnlySpan<byte> value)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.String)
        {
            value = reader.ValueSpan;
        }
        else
        {
            reader.Skip();
        }
    }

    private static void ReadObject(scoped ref Utf8JsonReader reader, ReadOnlySpan<byte> data, ref ReadOnlySpan<byte> value)
    {
        reader.Read();
        var start = (int)reader.TokenStartIndex;
        var isObject = reader.TokenType == JsonTokenType.StartObject;
        reader.Skip();
        if (isObject)
        {
            value = data[start..(int)reader.BytesConsumed];
        }
    }

    private static void ReadNumber(ref Utf8JsonReader reader, ref int value)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var number))
        {
            value = number;
        }
        else
        {
            reader.Skip();
        }
    }
}
