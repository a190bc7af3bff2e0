using System.Buffers;

namespace Gateway.Router.Protocols.Responses;

/// <summary>Writes the events of one stream: the name in front and inside, and a number on each without gaps.</summary>
internal sealed class ResponsesEvents(IBufferWriter<byte> output)
{
    private long _sequence;

    public IBufferWriter<byte> Output => output;

    /// <summary>Begins an event; members follow, each with a comma before it, then <see cref="End"/>.</summary>
    public void Begin(ReadOnlySpan<byte> type)
    {
        output.Write("event: "u8);
        output.Write(type);
        output.Write("\ndata: {\"type\":\""u8);
        output.Write(type);
        output.Write("\",\"sequence_number\":"u8);
        JsonPieces.Number(output, _sequence++);
    }

    public void End() => output.Write("}\n\n"u8);

    public void ItemAdded(OutputItem item)
    {
        Begin("response.output_item.added"u8);
        Number(",\"output_index\":"u8, item.Index);
        output.Write(",\"item\":"u8);
        item.WriteAdded(output);
        End();
    }

    public void ItemDone(OutputItem item)
    {
        Begin("response.output_item.done"u8);
        Number(",\"output_index\":"u8, item.Index);
        output.Write(",\"item\":"u8);
        output.Write(item.Json.Span);
        End();
    }

    public void PartAdded(OutputItem item)
    {
        Begin(item.Kind == OutputItemKind.Reasoning ? "response.reasoning_summary_part.added"u8 : "response.content_part.added"u8);
        Place(item);
        output.Write(",\"part\":"u8);
        OutputItem.WritePart(output, item.Kind, item.OpenPart!.Value, default);
        End();
    }

    public void PartDelta(OutputItem item, ReadOnlySpan<byte> escaped)
    {
        Begin(item.Kind == OutputItemKind.Reasoning ? "response.reasoning_summary_text.delta"u8
            : item.OpenPart == MessagePartKind.Refusal ? "response.refusal.delta"u8 : "response.output_text.delta"u8);
        Place(item);
        Text(",\"delta\":\""u8, escaped);
        Logprobs(item);
        End();
    }

    public void PartDone(OutputItem item)
    {
        var isRefusal = item.OpenPart == MessagePartKind.Refusal;
        Begin(item.Kind == OutputItemKind.Reasoning ? "response.reasoning_summary_text.done"u8 : isRefusal ? "response.refusal.done"u8 : "response.output_text.done"u8);
        Place(item);
        Text(isRefusal ? ",\"refusal\":\""u8 : ",\"text\":\""u8, item.Text.WrittenSpan);
        Logprobs(item);
        End();

        Begin(item.Kind == OutputItemKind.Reasoning ? "response.reasoning_summary_part.done"u8 : "response.content_part.done"u8);
        Place(item);
        output.Write(",\"part\":"u8);
        OutputItem.WritePart(output, item.Kind, item.OpenPart!.Value, item.Text.WrittenSpan);
        End();
    }

    public void CallDelta(OutputItem item, ReadOnlySpan<byte> escaped)
    {
        Begin(item.Kind == OutputItemKind.CustomCall ? "response.custom_tool_call_input.delta"u8 : "response.function_call_arguments.delta"u8);
        ItemPlace(item);
        Text(",\"delta\":\""u8, escaped);
        End();
    }

    public void CallDone(OutputItem item)
    {
        if (item.Kind == OutputItemKind.CustomCall)
        {
            Begin("response.custom_tool_call_input.done"u8);
            ItemPlace(item);
            Text(",\"input\":\""u8, item.Text.WrittenSpan);
        }
        else
        {
            Begin("response.function_call_arguments.done"u8);
            ItemPlace(item);
            Text(",\"name\":\""u8, item.Name);
            Text(",\"arguments\":\""u8, item.Text.WrittenSpan);
        }

        End();
    }

    private void Place(OutputItem item)
    {
        ItemPlace(item);
        Number(item.Kind == OutputItemKind.Reasoning ? ",\"summary_index\":"u8 : ",\"content_index\":"u8, item.PartCount - 1);
    }

    private void ItemPlace(OutputItem item)
    {
        Text(",\"item_id\":\""u8, item.Id);
        Number(",\"output_index\":"u8, item.Index);
    }

    /// <summary>Clients read the list unchecked.</summary>
    private void Logprobs(OutputItem item)
    {
        if (item.Kind == OutputItemKind.Message && item.OpenPart == MessagePartKind.Text)
        {
            output.Write(",\"logprobs\":[]"u8);
        }
    }

    private void Text(ReadOnlySpan<byte> name, ReadOnlySpan<byte> escaped)
    {
        output.Write(name);
        output.Write(escaped);
        output.Write("\""u8);
    }

    private void Number(ReadOnlySpan<byte> name, long value)
    {
        output.Write(name);
        JsonPieces.Number(output, value);
    }
}
