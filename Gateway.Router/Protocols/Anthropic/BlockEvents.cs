using System.Buffers;
using System.Buffers.Text;
using System.Text.Encodings.Web;

namespace Gateway.Router.Protocols.Anthropic;

/// <summary>Writes the events of content blocks, one block after another. Raw pieces around escaped texts: it runs for every token.</summary>
internal sealed class BlockEvents(IBufferWriter<byte> output)
{
    private int _index = -1;

    public void StartText() => Start("{\"type\":\"text\",\"text\":\"\"}"u8);

    public void StartThinking() => Start("{\"type\":\"thinking\",\"thinking\":\"\",\"signature\":\"\"}"u8);

    public void StartRedacted(ReadOnlySpan<byte> data)
    {
        StartHead();
        output.Write("{\"type\":\"redacted_thinking\",\"data\":"u8);
        WriteText(data);
        output.Write("}}\n\n"u8);
    }

    public void StartTool(ReadOnlySpan<byte> id, ReadOnlySpan<byte> name)
    {
        StartHead();
        output.Write("{\"type\":\"tool_use\",\"id\":"u8);
        WriteText(id);
        output.Write(",\"name\":"u8);
        WriteText(name);
        output.Write(",\"input\":{}}}\n\n"u8);
    }

    public void TextDelta(ReadOnlySpan<byte> text) => Delta("{\"type\":\"text_delta\",\"text\":"u8, text);

    public void ThinkingDelta(ReadOnlySpan<byte> text) => Delta("{\"type\":\"thinking_delta\",\"thinking\":"u8, text);

    public void SignatureDelta(ReadOnlySpan<byte> signature) => Delta("{\"type\":\"signature_delta\",\"signature\":"u8, signature);

    public void ArgumentsDelta(ReadOnlySpan<byte> json) => Delta("{\"type\":\"input_json_delta\",\"partial_json\":"u8, json);

    public void Stop()
    {
        output.Write("event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":"u8);
        WriteNumber(_index);
        output.Write("}\n\n"u8);
    }

    private void Start(ReadOnlySpan<byte> block)
    {
        StartHead();
        output.Write(block);
        output.Write("}\n\n"u8);
    }

    private void StartHead()
    {
        output.Write("event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":"u8);
        WriteNumber(++_index);
        output.Write(",\"content_block\":"u8);
    }

    private void Delta(ReadOnlySpan<byte> head, ReadOnlySpan<byte> text)
    {
        output.Write("event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":"u8);
        WriteNumber(_index);
        output.Write(",\"delta\":"u8);
        output.Write(head);
        WriteText(text);
        output.Write("}}\n\n"u8);
    }

    /// <summary>A JSON string. The longest escape of one byte takes six.</summary>
    private void WriteText(ReadOnlySpan<byte> text)
    {
        const int Room = 256;
        output.Write("\""u8);
        var status = OperationStatus.DestinationTooSmall;
        while (status == OperationStatus.DestinationTooSmall)
        {
            status = JavaScriptEncoder.UnsafeRelaxedJsonEscaping.EncodeUtf8(text, output.GetSpan(text.Length + Room), out var taken, out var written);
            output.Advance(written);
            text = text[taken..];
        }

        output.Write("\""u8);
    }

    private void WriteNumber(int number)
    {
        var span = output.GetSpan(11);
        Utf8Formatter.TryFormat(number, span, out var length);
        output.Advance(length);
    }
}
