using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Gateway.Core.Money;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Bedrock;

/// <summary>A plain answer of Converse.</summary>
internal sealed class BedrockAnswer : IDisposable
{
    private readonly JsonDocument _document;
    private readonly JsonElement _content;

    private BedrockAnswer(JsonDocument document, JsonElement content, bool isError)
    {
        _document = document;
        _content = content;
        IsError = isError;
    }

    public bool IsError { get; }

    public JsonElement.ArrayEnumerator Content => _content.EnumerateArray();

    public TokenUsage? Usage { get; private set; }

    public ReadOnlySpan<byte> StopReason => Inner(_document.RootElement, "stopReason"u8);

    public ReadOnlySpan<byte> StopSequence =>
        Member(_document.RootElement, "additionalModelResponseFields"u8) is { ValueKind: JsonValueKind.Object } fields ? Inner(fields, "stop_sequence"u8) : default;

    /// <returns>False when the document is no answer and no error of Converse.</returns>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out BedrockAnswer answer)
    {
        answer = null!;
        if (!BedrockEvent.TryRead(bytes, out var read))
        {
            return false;
        }

        // TryRead has seen all of it: it is one whole object.
        var reader = new Utf8JsonReader(bytes);
        var document = JsonDocument.ParseValue(ref reader);
        var content = Member(Member(Member(document.RootElement, "output"u8), "message"u8), "content"u8);
        var isError = BedrockErrors.IsMalformed(read.StopReason.In(bytes)) || (content.ValueKind != JsonValueKind.Array && read.Message.IsSet);
        if (content.ValueKind != JsonValueKind.Array && !isError)
        {
            document.Dispose();
            return false;
        }

        answer = new BedrockAnswer(document, content, isError) { Usage = read.Usage };
        return true;
    }

    /// <summary>Gives one block of the content out.</summary>
    public static void Emit(JsonElement block, BedrockDecoder decoder, Translation? translation, bool hidesReasoning, IAnswerSink sink)
    {
        byte[] scratch = [];
        if (block.ValueKind != JsonValueKind.Object)
        {
            return;
        }

        foreach (var member in block.EnumerateObject())
        {
            switch (member.Name)
            {
                case "text":
                    sink.Text(JsonText.Unescape(Inner(block, "text"u8), ref scratch));
                    break;
                case "toolUse":
                    var input = Member(member.Value, "input"u8);
                    decoder.WholeTool(
                        Text(member.Value, "toolUseId"u8, ref scratch), Text(member.Value, "name"u8, ref scratch),
                        input.ValueKind == JsonValueKind.Undefined ? "{}"u8 : CompactJson.Strip(JsonMarshal.GetRawUtf8Value(input)), sink);
                    break;
                case "reasoningContent":
                    EmitReasoning(member.Value, hidesReasoning, sink);
                    break;
                case "citationsContent":
                    EmitCited(member.Value, sink);
                    translation?.Notes.DropFromAnswer("citations");
                    break;
                default:
                    translation?.Notes.DropFromAnswer(member.Name);
                    break;
            }
        }
    }

    public void Dispose() => _document.Dispose();

    private static void EmitReasoning(JsonElement reasoning, bool hidesReasoning, IAnswerSink sink)
    {
        byte[] scratch = [];
        var text = Member(reasoning, "reasoningText"u8);
        if (!hidesReasoning && Inner(text, "text"u8) is { IsEmpty: false } plain)
        {
            sink.Reasoning(JsonText.Unescape(plain, ref scratch));
        }

        if (Inner(text, "signature"u8) is { IsEmpty: false } signature)
        {
            sink.ReasoningSignature(JsonText.Unescape(signature, ref scratch));
        }

        if (Inner(reasoning, "redactedContent"u8) is { IsEmpty: false } redacted)
        {
            sink.RedactedReasoning(JsonText.Unescape(redacted, ref scratch));
        }
    }

    private static void EmitCited(JsonElement cited, IAnswerSink sink)
    {
        byte[] scratch = [];
        if (Member(cited, "content"u8) is { ValueKind: JsonValueKind.Array } parts)
        {
            foreach (var part in parts.EnumerateArray())
            {
                sink.Text(JsonText.Unescape(Inner(part, "text"u8), ref scratch));
            }
        }
    }

    private static string Text(JsonElement parent, ReadOnlySpan<byte> name, ref byte[] scratch) => Encoding.UTF8.GetString(JsonText.Unescape(Inner(parent, name), ref scratch));

    private static JsonElement Member(JsonElement parent, ReadOnlySpan<byte> name) =>
        parent.ValueKind == JsonValueKind.Object && parent.TryGetProperty(name, out var value) ? value : default;

    /// <summary>What stands between the quotes of a string member; empty when it is none.</summary>
    private static ReadOnlySpan<byte> Inner(JsonElement parent, ReadOnlySpan<byte> name) =>
        Member(parent, name) is { ValueKind: JsonValueKind.String } text ? JsonMarshal.GetRawUtf8Value(text)[1..^1] : default;
}
