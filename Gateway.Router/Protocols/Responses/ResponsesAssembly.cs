using System.Buffers;
using System.Globalization;
using System.Text;

namespace Gateway.Router.Protocols.Responses;

/// <summary>
/// Builds the items of one answer out of neutral events, and tells of each step where it is streamed. Reasoning, messages and calls follow
/// each other as they came; only calls may be open beside each other.
/// </summary>
/// <param name="events">Null for a plain answer.</param>
internal sealed class ResponsesAssembly(Guid requestId, ResponsesState state, ResponsesEvents? events)
{
    private readonly Dictionary<int, OutputItem> _calls = [];
    private Dictionary<int, string>? _callSignatures;
    private readonly Dictionary<int, string> _callIds = [];
    private OutputItem? _open;

    public List<OutputItem> Items { get; } = [];

    public bool HasRefusal { get; private set; }

    public bool HasCalls { get; private set; }

    public void Text(ReadOnlySpan<byte> text, MessagePartKind part = MessagePartKind.Text)
    {
        HasRefusal |= part == MessagePartKind.Refusal;
        var item = Open(OutputItemKind.Message);
        if (item.OpenPart is not null && item.OpenPart != part)
        {
            EndPart(item);
        }

        Append(item, part, text);
    }

    public void Reasoning(ReadOnlySpan<byte> text)
    {
        if (_open is { Kind: OutputItemKind.Reasoning, HasSignature: true })
        {
            // A signature closes what it proves.
            Close(isWhole: true);
        }

        Append(Open(OutputItemKind.Reasoning), MessagePartKind.Text, text);
    }

    public void ReasoningSignature(ReadOnlySpan<byte> signature) => Open(OutputItemKind.Reasoning).AddSignature(signature);

    public void RedactedReasoning(ReadOnlySpan<byte> data) => AddPacked(PackedReasoning.Redacted(Encoding.UTF8.GetString(data)));

    public void ToolStart(int index, ReadOnlySpan<byte> id, ReadOnlySpan<byte> name)
    {
        Close(isWhole: true);
        HasCalls = true;
        var isCustom = state.CustomTools?.Contains(Encoding.UTF8.GetString(name)) == true;
        _callIds[index] = Encoding.UTF8.GetString(id);
        var kind = isCustom ? OutputItemKind.CustomCall : OutputItemKind.FunctionCall;
        _calls[index] = Add(new OutputItem(kind, Items.Count, NewId(kind)) { CallId = Escaped(id), Name = Escaped(name) });
    }

    public void ToolArguments(int index, ReadOnlySpan<byte> json)
    {
        if (json.IsEmpty || !_calls.TryGetValue(index, out var item))
        {
            return;
        }

        var added = item.Append(json);
        if (item.Kind == OutputItemKind.FunctionCall)
        {
            events?.CallDelta(item, added);
        }
    }

    public void ToolSignature(int index, ReadOnlySpan<byte> signature) => (_callSignatures ??= [])[index] = Encoding.UTF8.GetString(signature);

    public void ToolEnd(int index)
    {
        if (!_calls.Remove(index, out var item))
        {
            return;
        }

        CompleteCall(item);
        if (_callSignatures is not null && _callSignatures.Remove(index, out var signature))
        {
            Close(isWhole: true);
            AddPacked(PackedReasoning.Call(_callIds[index], signature));
        }
    }

    /// <summary>Closes what is open.</summary>
    /// <param name="isWhole">False when the answer was cut: its last item then says so.</param>
    /// <param name="isRefused">The model refused; without a text of its own an empty refusal tells it.</param>
    public void Complete(bool isWhole, bool isRefused)
    {
        while (_calls.Count > 0)
        {
            ToolEnd(FirstCall());
        }

        if (isRefused && !HasRefusal)
        {
            Text(default, MessagePartKind.Refusal);
        }

        Close(isWhole);
    }

    public void WriteItems(IBufferWriter<byte> output)
    {
        var isFirst = true;
        foreach (var item in Items)
        {
            if (item.Json.IsEmpty)
            {
                // Cut by an error.
                continue;
            }

            output.Write(isFirst ? default : ","u8);
            output.Write(item.Json.Span);
            isFirst = false;
        }
    }

    private void Append(OutputItem item, MessagePartKind part, ReadOnlySpan<byte> text)
    {
        if (item.OpenPart is null)
        {
            item.BeginPart(part);
            events?.PartAdded(item);
        }

        if (!text.IsEmpty)
        {
            var added = item.Append(text);
            events?.PartDelta(item, added);
        }
    }

    private OutputItem Open(OutputItemKind kind)
    {
        if (_open is not null && _open.Kind != kind)
        {
            Close(isWhole: true);
        }

        return _open ??= Add(new OutputItem(kind, Items.Count, NewId(kind)));
    }

    private void Close(bool isWhole)
    {
        if (_open is not { } item)
        {
            return;
        }

        _open = null;
        if (item.OpenPart is not null)
        {
            EndPart(item);
        }

        item.Complete(isWhole);
        events?.ItemDone(item);
    }

    private void EndPart(OutputItem item)
    {
        events?.PartDone(item);
        item.EndPart();
    }

    private void CompleteCall(OutputItem item)
    {
        if (item.Kind == OutputItemKind.CustomCall)
        {
            item.UnwrapInput();
            events?.CallDelta(item, item.Text.WrittenSpan);
        }
        else if (item.Text.WrittenCount == 0)
        {
            // No arguments are the empty object: clients parse what stands there.
            var added = item.Append("{}"u8);
            events?.CallDelta(item, added);
        }

        events?.CallDone(item);
        item.Complete(isWhole: true);
        events?.ItemDone(item);
    }

    private void AddPacked(string packed)
    {
        Close(isWhole: true);
        var item = Add(new OutputItem(OutputItemKind.Reasoning, Items.Count, NewId(OutputItemKind.Reasoning)) { Packed = packed });
        item.Complete(isWhole: true);
        events?.ItemDone(item);
    }

    private OutputItem Add(OutputItem item)
    {
        Items.Add(item);
        events?.ItemAdded(item);
        return item;
    }

    private int FirstCall()
    {
        var first = int.MaxValue;
        foreach (var index in _calls.Keys)
        {
            first = Math.Min(first, index);
        }

        return first;
    }

    private byte[] NewId(OutputItemKind kind) => Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Prefix(kind)}{requestId:N}{Items.Count:x4}"));

    private static string Prefix(OutputItemKind kind) => kind switch
    {
        OutputItemKind.Message => "msg_",
        OutputItemKind.Reasoning => "rs_",
        OutputItemKind.FunctionCall => "fc_",
        OutputItemKind.CustomCall => "ctc_",
    };

    private static byte[] Escaped(ReadOnlySpan<byte> text)
    {
        var output = new ArrayBufferWriter<byte>(Math.Max(text.Length, 1));
        JsonPieces.Escape(output, text);
        return output.WrittenSpan.ToArray();
    }
}
