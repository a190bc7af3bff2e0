using System.Text.Json;

namespace Gateway.Router.Protocols.OpenAI;

/// <summary>One choice of a chunk or of a plain answer, as places in its bytes.</summary>
internal struct OpenAIChoiceFields
{
    /// <summary>The choice was there.</summary>
    public bool IsPresent;

    public int Index;
    public JsonSlice FinishReason;
    public JsonSlice Usage;
    public JsonSlice Error;

    public JsonSlice Content;
    public JsonSlice ReasoningContent;
    public JsonSlice Reasoning;
    public JsonSlice ReasoningDetails;
    public JsonSlice Refusal;
    public JsonSlice ToolCalls;
    public JsonSlice FunctionCall;
    public JsonSlice Annotations;
    public JsonSlice Audio;
    public JsonSlice Images;

    /// <param name="reader">Stands on the start of the choice.</param>
    /// <param name="content"><c>delta</c> or <c>message</c>.</param>
    /// <param name="place">In the list; the number of a choice that has none.</param>
    public static OpenAIChoiceFields Read(ref Utf8JsonReader reader, ReadOnlySpan<byte> content, int place)
    {
        var fields = new OpenAIChoiceFields { IsPresent = true, Index = place };
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals(content))
            {
                reader.Read();
                fields.ReadContent(ref reader);
            }
            else if (reader.ValueTextEquals("finish_reason"u8))
            {
                reader.Read();
                fields.FinishReason = JsonSlice.Take(ref reader);
            }
            else if (reader.ValueTextEquals("index"u8))
            {
                reader.Read();
                fields.Index = reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var index) ? index : place;
                reader.Skip();
            }
            else if (reader.ValueTextEquals("usage"u8))
            {
                reader.Read();
                fields.Usage = JsonSlice.Take(ref reader);
            }
            else if (reader.ValueTextEquals("error"u8))
            {
                reader.Read();
                fields.Error = JsonSlice.Take(ref reader);
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }

        return fields;
    }

    private void ReadContent(ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("content"u8))
            {
                Content = Next(ref reader);
            }
            else if (reader.ValueTextEquals("tool_calls"u8))
            {
                ToolCalls = Next(ref reader);
            }
            else if (reader.ValueTextEquals("reasoning_content"u8))
            {
                ReasoningContent = Next(ref reader);
            }
            else if (reader.ValueTextEquals("reasoning"u8))
            {
                Reasoning = Next(ref reader);
            }
            else if (reader.ValueTextEquals("reasoning_details"u8))
            {
                ReasoningDetails = Next(ref reader);
            }
            else if (reader.ValueTextEquals("refusal"u8))
            {
                Refusal = Next(ref reader);
            }
            else if (reader.ValueTextEquals("function_call"u8))
            {
                FunctionCall = Next(ref reader);
            }
            else if (reader.ValueTextEquals("annotations"u8))
            {
                Annotations = Next(ref reader);
            }
            else if (reader.ValueTextEquals("audio"u8))
            {
                Audio = Next(ref reader);
            }
            else if (reader.ValueTextEquals("images"u8))
            {
                Images = Next(ref reader);
            }
            else
            {
                _ = Next(ref reader);
            }
        }
    }

    private static JsonSlice Next(ref Utf8JsonReader reader)
    {
        reader.Read();
        return JsonSlice.Take(ref reader);
    }
}
