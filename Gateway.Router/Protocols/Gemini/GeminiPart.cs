using System.Text.Json;

namespace Gateway.Router.Protocols.Gemini;

/// <summary>
/// One part of an answer, as slices of the frame: a part says only behind its text whether that was a thought, so nothing can be told
/// before the part is read.
/// </summary>
internal ref struct GeminiPart
{
    public ReadOnlySpan<byte> Text;
    public bool HasText;
    public bool IsThought;
    public ReadOnlySpan<byte> Signature;

    public bool HasCall;
    public ReadOnlySpan<byte> CallName;
    public ReadOnlySpan<byte> CallId;

    /// <summary>The arguments' JSON text; empty when they come in pieces, or there are none.</summary>
    public ReadOnlySpan<byte> CallArguments;

    /// <summary>The list of pieces, as JSON text.</summary>
    public ReadOnlySpan<byte> PartialArguments;
    public bool WillContinue;

    /// <summary>Name of the member that holds what only Gemini has (code, files), or empty.</summary>
    public ReadOnlySpan<byte> Other;

    /// <param name="reader">At the start of the part; left at its end.</param>
    /// <param name="json">What the reader reads.</param>
    public static GeminiPart Read(ref Utf8JsonReader reader, ReadOnlySpan<byte> json)
    {
        var part = default(GeminiPart);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("text"u8))
            {
                part.HasText = TryText(ref reader, ref part.Text);
            }
            else if (reader.ValueTextEquals("thought"u8))
            {
                part.IsThought = TryTrue(ref reader);
            }
            else if (reader.ValueTextEquals("thoughtSignature"u8))
            {
                TryText(ref reader, ref part.Signature);
            }
            else if (reader.ValueTextEquals("functionCall"u8))
            {
                reader.Read();
                part.HasCall = reader.TokenType == JsonTokenType.StartObject;
                if (part.HasCall)
                {
                    part.ReadCall(ref reader, json);
                }
                else
                {
                    reader.Skip();
                }
            }
            else
            {
                var name = reader.ValueSpan;
                reader.Read();
                if (reader.TokenType == JsonTokenType.StartObject && !name.SequenceEqual("partMetadata"u8) && !name.SequenceEqual("videoMetadata"u8))
                {
                    part.Other = name;
                }

                reader.Skip();
            }
        }

        return part;
    }

    private void ReadCall(ref Utf8JsonReader reader, ReadOnlySpan<byte> json)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals("name"u8))
            {
                TryText(ref reader, ref CallName);
            }
            else if (reader.ValueTextEquals("id"u8))
            {
                TryText(ref reader, ref CallId);
            }
            else if (reader.ValueTextEquals("args"u8))
            {
                CallArguments = Slice(ref reader, json, JsonTokenType.StartObject);
            }
            else if (reader.ValueTextEquals("partialArgs"u8))
            {
                PartialArguments = Slice(ref reader, json, JsonTokenType.StartArray);
            }
            else if (reader.ValueTextEquals("willContinue"u8))
            {
                WillContinue = TryTrue(ref reader);
            }
            else
            {
                reader.Read();
                reader.Skip();
            }
        }
    }

    private static bool TryText(ref Utf8JsonReader reader, ref ReadOnlySpan<byte> text)
    {
        reader.Read();
        if (reader.TokenType == JsonTokenType.String)
        {
            text = reader.ValueSpan;
            return true;
        }

        reader.Skip();
        return false;
    }

    private static bool TryTrue(ref Utf8JsonReader reader)
    {
        reader.Read();
        reader.Skip();
        return reader.TokenType == JsonTokenType.True;
    }

    private static ReadOnlySpan<byte> Slice(scoped ref Utf8JsonReader reader, ReadOnlySpan<byte> json, JsonTokenType wanted)
    {
        reader.Read();
        var start = (int)reader.TokenStartIndex;
        var isWanted = reader.TokenType == wanted;
        reader.Skip();
        return isWanted ? json[start..(int)reader.BytesConsumed] : default;
    }
}
