using System.Text.Json;

namespace Gateway.Router.Protocols.Ollama;

/// <summary>Where in the bytes a value stands: between the quotes of a string, or a whole array or object.</summary>
internal readonly record struct OllamaPiece(int Start, int Length)
{
    public bool IsSet => Length > 0;

    public ReadOnlySpan<byte> In(ReadOnlySpan<byte> line) => line.Slice(Start, Length);
}

/// <summary>What is in one line of a stream, or in a plain answer. What has another type than the protocol says is read as absent.</summary>
internal struct OllamaLine
{
    public OllamaPiece Model;
    public OllamaPiece Content;
    public OllamaPiece Thinking;

    /// <summary>The array.</summary>
    public OllamaPiece ToolCalls;
    public OllamaPiece Reason;

    /// <summary>The text of an error; for an error object the object.</summary>
    public OllamaPiece Error;
    public bool IsError;
    public bool HasAnswer;
    public bool Done;

    /// <summary>-1 when absent, as for all counts.</summary>
    public long PromptCount;
    public long OutputCount;

    /// <returns>False when the bytes are no whole JSON object.</returns>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out OllamaLine line)
    {
        line = new OllamaLine { PromptCount = -1, OutputCount = -1 };
        try
        {
            var reader = new Utf8JsonReader(bytes);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return false;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                line.ReadMember(ref reader);
            }

            return !reader.Read();
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private void ReadMember(ref Utf8JsonReader reader)
    {
        if (reader.ValueTextEquals("message"u8))
        {
            reader.Read();
            if (reader.TokenType == JsonTokenType.StartObject)
            {
                HasAnswer = true;
                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                {
                    ReadContent(ref reader);
                }
            }
            else
            {
                reader.Skip();
            }
        }
        else if (reader.ValueTextEquals("response"u8))
        {
            HasAnswer = true;
            Content = TakeString(ref reader);
        }
        else if (reader.ValueTextEquals("model"u8))
        {
            Model = TakeString(ref reader);
        }
        else if (reader.ValueTextEquals("done"u8))
        {
            reader.Read();
            Done = reader.TokenType == JsonTokenType.True;
            reader.Skip();
        }
        else if (reader.ValueTextEquals("done_reason"u8))
        {
            Reason = TakeString(ref reader);
        }
        else if (reader.ValueTextEquals("prompt_eval_count"u8))
        {
            PromptCount = TakeCount(ref reader);
        }
        else if (reader.ValueTextEquals("eval_count"u8))
        {
            OutputCount = TakeCount(ref reader);
        }
        else if (reader.ValueTextEquals("error"u8))
        {
            reader.Read();
            IsError |= reader.TokenType != JsonTokenType.Null;
            Error = reader.TokenType == JsonTokenType.String ? Take(ref reader) : TakeWhole(ref reader);
        }
        else
        {
            // The generate endpoint has thinking and tool calls beside its response.
            ReadContent(ref reader);
        }
    }

    private void ReadContent(ref Utf8JsonReader reader)
    {
        if (reader.ValueTextEquals("content"u8))
        {
            Content = TakeString(ref reader);
        }
        else if (reader.ValueTextEquals("thinking"u8))
        {
            Thinking = TakeString(ref reader);
        }
        else if (reader.ValueTextEquals("tool_calls"u8))
        {
            reader.Read();
            var isArray = reader.TokenType == JsonTokenType.StartArray;
            var calls = TakeWhole(ref reader);
            ToolCalls = isArray ? calls : default;
        }
        else
        {
            reader.Skip();
        }
    }

    private static OllamaPiece TakeString(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.String)
        {
            return Take(ref reader);
        }

        reader.Skip();
        return default;
    }

    private static OllamaPiece Take(ref Utf8JsonReader reader) => new((int)reader.TokenStartIndex + 1, reader.ValueSpan.Length);

    private static OllamaPiece TakeWhole(ref Utf8JsonReader reader)
    {
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return new OllamaPiece(start, (int)reader.BytesConsumed - start);
    }

    private static long TakeCount(ref Utf8JsonReader reader)
    {
        reader.Read();
        var count = reader.TokenType == JsonTokenType.Number && reader.TryGetInt64(out var value) && value >= 0 ? value : -1;
        reader.Skip();
        return count;
    }
}
