using System.Text;
using System.Text.Json;

namespace Gateway.Router.Protocols.Gemini;

/// <summary>What a <c>GenerateContentResponse</c> says about itself, around its candidates.</summary>
internal static class GeminiHead
{
    private static readonly JsonReaderOptions Deep = new() { MaxDepth = 256 };

    /// <param name="id">As it stands between its quotes.</param>
    /// <param name="model">As <paramref name="id"/>.</param>
    /// <returns>Whether it may be an answer; an error is none.</returns>
    public static bool TryRead(ReadOnlySpan<byte> json, out ReadOnlySpan<byte> id, out ReadOnlySpan<byte> model)
    {
        id = default;
        model = default;
        var reader = new Utf8JsonReader(json, Deep);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return false;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isId = reader.ValueTextEquals("responseId"u8);
            var isModel = reader.ValueTextEquals("modelVersion"u8);
            var isError = reader.ValueTextEquals("error"u8);
            reader.Read();
            if (isError && reader.TokenType != JsonTokenType.Null)
            {
                return false;
            }

            if (reader.TokenType == JsonTokenType.String)
            {
                id = isId ? reader.ValueSpan : id;
                model = isModel ? reader.ValueSpan : model;
            }

            reader.Skip();
        }

        return true;
    }

    /// <summary>Reads <c>promptFeedback</c>.</summary>
    /// <param name="reader">At the member's name; left at the end of its value.</param>
    /// <returns>What the client is told when the prompt was blocked; null when it was not.</returns>
    public static string? ReadBlock(ref Utf8JsonReader reader, ref byte[] scratch)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            reader.Skip();
            return null;
        }

        string? reason = null;
        string? message = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isReason = reader.ValueTextEquals("blockReason"u8);
            var isMessage = reader.ValueTextEquals("blockReasonMessage"u8);
            reader.Read();
            if (reader.TokenType == JsonTokenType.String && (isReason || isMessage))
            {
                var text = Encoding.UTF8.GetString(JsonText.Read(ref reader, ref scratch));
                reason = isReason ? text : reason;
                message = isMessage ? text : message;
            }

            reader.Skip();
        }

        return reason is null ? null
            : message is null ? $"The provider of this model blocked the prompt ({reason})."
            : $"The provider of this model blocked the prompt ({reason}): {message}";
    }
}
