using System.Text;
using System.Text.Json;
using Gateway.Core.Requests;
using Gateway.Router.Pipeline;

namespace Gateway.Router.Protocols.Gemini;

/// <summary>
/// The model stands in the path, but some bodies repeat it (<c>model</c>, <c>generateContentRequest.model</c>, <c>requests[i].model</c>), and
/// Google refuses a body that names another one than the path. All other bytes stay as they came.
/// </summary>
internal static class ModelMembers
{
    private static readonly JsonReaderOptions Deep = new() { MaxDepth = 256 };

    /// <returns>The client's own body where it names no model, which is the rule.</returns>
    public static RequestBody Rewrite(RequestBody body, LlmOperation operation, string model)
    {
        var bytes = body.Span;
        if (bytes.IndexOf("\"model\""u8) < 0)
        {
            return body;
        }

        var name = Encoding.UTF8.GetBytes($"\"models/{JsonEncodedText.Encode(model)}\"");
        var output = new List<byte>(bytes.Length + name.Length);
        var copied = 0;
        var reader = new Utf8JsonReader(bytes, Deep);
        while (reader.Read())
        {
            if (reader.TokenType != JsonTokenType.PropertyName || !reader.ValueTextEquals("model"u8))
            {
                // Only the outermost objects can hold one; what is deeper is content.
                if (reader.TokenType == JsonTokenType.PropertyName && !MayHold(ref reader, operation))
                {
                    reader.Read();
                    reader.Skip();
                }

                continue;
            }

            reader.Read();
            if (reader.TokenType == JsonTokenType.String)
            {
                output.AddRange(bytes[copied..(int)reader.TokenStartIndex]);
                output.AddRange(name);
                copied = (int)reader.BytesConsumed;
            }

            reader.Skip();
        }

        if (copied == 0)
        {
            return body;
        }

        output.AddRange(bytes[copied..]);
        byte[] rewritten = [.. output];
        return new RequestBody(rewritten, rewritten.Length);
    }

    private static bool MayHold(ref Utf8JsonReader reader, LlmOperation operation) =>
        reader.CurrentDepth == 1 && operation switch
        {
            LlmOperation.GeminiCountTokens => reader.ValueTextEquals("generateContentRequest"u8) || reader.ValueTextEquals("generate_content_request"u8),
            LlmOperation.BatchEmbedContents => reader.ValueTextEquals("requests"u8),
            _ => false,
        };
}
