using System.Text.Json;

namespace Gateway.Router.Protocols.Ollama;

/// <summary>What is in one line of a stream, or in a plain answer. What has another type than the protocol says is read as absent.</summary>
internal struct OllamaLine
{
    public JsonPiece Model;
    public JsonPiece Content;
    public JsonPiece Thinking;

    /// <summary>The array.</summary>
    public JsonPiece ToolCalls;
    public JsonPiece Reason;

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
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // The second for a name with a lone surrogate, which cannot be compared with ours.
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
            Content = JsonPiece.TakeString(ref reader);
        }
        else if (reader.ValueTextEquals("model"u8))
        {
            Model = JsonPiece.TakeString(ref reader);
        }
        else if (reader.ValueTextEquals("done"u8))
        {
            reader.Read();
            Done = reader.TokenType == JsonTokenType.True;
            reader.Skip();
        }
        else if (reader.ValueTextEquals("done_reason"u8))
        {
            Reason = JsonPiece.TakeString(ref reader);
        }
        else if (reader.ValueTextEquals("prompt_eval_count"u8))
        {
            PromptCount = JsonPiece.TakeCount(ref reader);
        }
        else if (reader.ValueTextEquals("eval_count"u8))
        {
            OutputCount = JsonPiece.TakeCount(ref reader);
        }
        else if (reader.ValueTextEquals("error"u8))
        {
            reader.Read();
            IsError |= reader.TokenType != JsonTokenType.Null;
            reader.Skip();
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
            Content = JsonPiece.TakeString(ref reader);
        }
        else if (reader.ValueTextEquals("thinking"u8))
        {
            Thinking = JsonPiece.TakeString(ref reader);
        }
        else if (reader.ValueTextEquals("tool_calls"u8))
        {
            reader.Read();
            var isArray = reader.TokenType == JsonTokenType.StartArray;
            var calls = JsonPiece.TakeWhole(ref reader);
            ToolCalls = isArray ? calls : default;
        }
        else
        {
            reader.Skip();
        }
    }
}
