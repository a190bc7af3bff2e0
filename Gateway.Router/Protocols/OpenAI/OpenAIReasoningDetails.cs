using System.Text.Json;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.OpenAI;

/// <summary>Reads content that is a list and not a string: OpenRouter's <c>reasoning_details</c>, Mistral's <c>content</c> with thinking in it.</summary>
internal static class OpenAIReasoningDetails
{
    /// <summary>Gives out texts, signatures and what is encrypted, in their order.</summary>
    /// <returns>Whether there was text: then the plain <c>reasoning</c> beside it says the same once more.</returns>
    public static bool Read(ReadOnlySpan<byte> list, ref byte[] buffer, IAnswerSink sink)
    {
        var reader = new Utf8JsonReader(list);
        reader.Read();
        var hadText = false;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                continue;
            }

            var (text, signature, data) = (default(JsonSlice), default(JsonSlice), default(JsonSlice));
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isText = reader.ValueTextEquals("text"u8) || reader.ValueTextEquals("summary"u8);
                var isSignature = reader.ValueTextEquals("signature"u8);
                var isData = reader.ValueTextEquals("data"u8);
                reader.Read();
                var value = JsonSlice.Take(ref reader);
                text = isText && value.HasText ? value : text;
                signature = isSignature ? value : signature;
                data = isData ? value : data;
            }

            if (text.HasText)
            {
                hadText = true;
                sink.Reasoning(text.Text(list, ref buffer));
            }

            if (signature.HasText)
            {
                sink.ReasoningSignature(signature.Text(list, ref buffer));
            }

            if (data.HasText)
            {
                sink.RedactedReasoning(data.Text(list, ref buffer));
            }
        }

        return hadText;
    }

    /// <summary>Gives out the texts of a <c>content</c> list; what stands in a part <c>thinking</c> is reasoning.</summary>
    public static void ReadContent(ReadOnlySpan<byte> list, ref byte[] buffer, IAnswerSink sink, bool isThinking = false)
    {
        var reader = new Utf8JsonReader(list);
        reader.Read();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                reader.Skip();
                continue;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var isText = reader.ValueTextEquals("text"u8);
                var isInner = reader.ValueTextEquals("thinking"u8);
                reader.Read();
                var value = JsonSlice.Take(ref reader);
                if (isInner && value.IsArray && !isThinking)
                {
                    ReadContent(value.Raw(list), ref buffer, sink, isThinking: true);
                }
                else if (isText && value.HasText && !isThinking)
                {
                    sink.Text(value.Text(list, ref buffer));
                }
                else if ((isInner || isText) && value.HasText)
                {
                    sink.Reasoning(value.Text(list, ref buffer));
                }
            }
        }
    }
}
