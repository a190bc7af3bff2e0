using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Gateway.Core.Configuration;
using Gateway.Router.Catalog;
using Gateway.Router.Pipeline;

namespace Gateway.Router.Processors;

/// <summary>What a processor's model is asked: a chat completion of the operator's instruction and the user's text.</summary>
internal static class ProcessorRequest
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="processor">Which one.</param>
    /// <param name="group">Where its model leads to; null for nowhere.</param>
    /// <param name="text">What the user said.</param>
    public static RequestBody Write(ProcessorConfig processor, ModelGroup? group, string text)
    {
        var output = new ArrayBufferWriter<byte>(processor.System.Length + text.Length + 256);
        using (var json = new Utf8JsonWriter(output, Plain))
        {
            json.WriteStartObject();
            json.WriteString("model"u8, processor.Model);
            json.WriteStartArray("messages"u8);
            WriteMessage(json, "system"u8, processor.System);
            WriteMessage(json, "user"u8, text);
            json.WriteEndArray();
            json.WriteNumber(WantsNewCap(group) ? "max_completion_tokens"u8 : "max_tokens"u8, processor.MaxTokens);
            json.WriteEndObject();
        }

        // Bodies stand in pooled buffers, which go back when the exchange is over.
        var buffer = ArrayPool<byte>.Shared.Rent(output.WrittenCount);
        output.WrittenSpan.CopyTo(buffer);
        return new RequestBody(buffer, output.WrittenCount);
    }

    private static void WriteMessage(Utf8JsonWriter json, ReadOnlySpan<byte> role, string content)
    {
        json.WriteStartObject();
        json.WriteString("role"u8, role);
        json.WriteString("content"u8, content);
        json.WriteEndObject();
    }

    /// <summary>OpenAI's thinking models refuse <c>max_tokens</c>; servers that only resemble OpenAI know nothing else. The bytes pass through to both.</summary>
    private static bool WantsNewCap(ModelGroup? group)
    {
        if (group is null)
        {
            return false;
        }

        foreach (var deployment in group.Deployments)
        {
            if (!deployment.Traits.MaxCompletionTokens)
            {
                return false;
            }
        }

        return true;
    }
}
