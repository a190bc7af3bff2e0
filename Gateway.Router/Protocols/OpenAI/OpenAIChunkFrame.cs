using System.Buffers;
using System.Text;
using System.Text.Json;
using Gateway.Core.Errors;
using Gateway.Core.Money;
using Gateway.Core.Requests;

namespace Gateway.Router.Protocols.OpenAI;

/// <summary>
/// The frame of a stream's chunks: what is the same in each is written once and copied, so that a token costs its own bytes.
/// </summary>
/// <param name="isText">The chunks of an old completion.</param>
internal sealed class OpenAIChunkFrame(AnswerContext context, IBufferWriter<byte> output, bool isText) : IDisposable
{
    private readonly Utf8JsonWriter _json = new(output, OpenAIAnswerJson.Plain);
    private string _upstreamId = "";
    private byte[]? _head;

    /// <summary>The upstream's id, known before the first chunk.</summary>
    public void SetId(ReadOnlySpan<byte> id) => _upstreamId = id.IsEmpty ? _upstreamId : Encoding.UTF8.GetString(id);

    /// <summary>Begins a chunk; what is written until <see cref="End"/> is the value of its delta, or of its text.</summary>
    public Utf8JsonWriter Begin()
    {
        output.Write(_head ??= MakeHead());
        output.Write(isText ? "[{\"index\":0,\"text\":"u8 : "[{\"index\":0,\"delta\":"u8);
        _json.Reset(output);
        return _json;
    }

    /// <summary>Writes a whole chunk whose delta has one text between constant pieces; for old completions, the text alone.</summary>
    public void WriteText(ReadOnlySpan<byte> before, ReadOnlySpan<byte> text, ReadOnlySpan<byte> after)
    {
        Begin();
        output.Write(before);
        JsonBytes.Write(output, text);
        output.Write(after);
        End();
    }

    /// <param name="finishReason">Null but for the last chunk of the choice.</param>
    public void End(string? finishReason = null)
    {
        _json.Flush();
        output.Write(",\"logprobs\":null,\"finish_reason\":"u8);
        _json.Reset(output);
        _json.WriteStringValue(finishReason);
        _json.Flush();
        output.Write("}]"u8);
        if (context.IncludeUsage)
        {
            output.Write(",\"usage\":null"u8);
        }

        output.Write("}\n\n"u8);
    }

    /// <summary>The chunk of usage: clients tell it by its empty list of choices.</summary>
    public void WriteUsage(in TokenUsage usage)
    {
        output.Write(_head ??= MakeHead());
        output.Write("[],\"usage\":"u8);
        _json.Reset(output);
        OpenAIAnswerJson.WriteUsage(_json, in usage);
        _json.Flush();
        output.Write("}\n\n"u8);
    }

    public void WriteDone() => output.Write("data: [DONE]\n\n"u8);

    public void WriteError(in ErrorReply error) => ErrorWriters.WriteEvent(LlmProtocol.OpenAI, output, in error, context.RequestId.ToString("N"));

    public void WriteKeepAlive() => output.Write(": keep-alive\n\n"u8);

    public void Dispose() => _json.Dispose();

    private byte[] MakeHead()
    {
        var head = new ArrayBufferWriter<byte>(256);
        head.Write("data: "u8);
        using (var json = new Utf8JsonWriter(head, OpenAIAnswerJson.Plain))
        {
            json.WriteStartObject();
            json.WriteString("id"u8, OpenAIAnswerJson.IdFor(_upstreamId, context, isText));
            json.WriteString("object"u8, isText ? "text_completion"u8 : "chat.completion.chunk"u8);
            json.WriteNumber("created"u8, context.Created.ToUnixTimeSeconds());
            json.WriteString("model"u8, context.Model);
        }

        head.Write(",\"choices\":"u8);
        return head.WrittenSpan.ToArray();
    }
}
