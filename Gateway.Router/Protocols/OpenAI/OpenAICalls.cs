using System.Text;
using System.Text.Json;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.OpenAI;

/// <summary>
/// The tool calls of one answer. Servers number them from 0, from 1, with gaps, all alike or not at all; send them whole or in pieces;
/// repeat the id or leave it out. Out of it come calls 0, 1, 2 ... in the order of their appearance.
/// </summary>
internal sealed class OpenAICalls(ToolNames? names)
{
    private readonly List<OpenAICall> _calls = [];
    private byte[] _buffer = [];
    private int _started;

    public bool Any => _calls.Count > 0;

    /// <param name="data">The chunk.</param>
    /// <param name="list">Its <c>tool_calls</c>.</param>
    public void Take(ReadOnlySpan<byte> data, JsonSlice list, IAnswerSink sink)
    {
        var raw = list.Raw(data);
        var reader = new Utf8JsonReader(raw);
        reader.Read();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType == JsonTokenType.StartObject)
            {
                Apply(raw, OpenAICallFields.Read(ref reader), sink);
            }
            else
            {
                reader.Skip();
            }
        }
    }

    /// <summary>The one call of servers that speak of functions, as was done before tools.</summary>
    public void TakeFunction(ReadOnlySpan<byte> data, JsonSlice call, IAnswerSink sink)
    {
        var raw = call.Raw(data);
        var reader = new Utf8JsonReader(raw);
        reader.Read();
        var fields = new OpenAICallFields { Index = 0 };
        fields.ReadFunction(ref reader);
        Apply(raw, fields, sink);
    }

    /// <summary>Ends what is open: no more will come.</summary>
    public void End(IAnswerSink sink)
    {
        foreach (var call in _calls)
        {
            End(call, sink);
        }
    }

    private void Apply(ReadOnlySpan<byte> data, OpenAICallFields fields, IAnswerSink sink)
    {
        var id = fields.Id.Text(data, ref _buffer);
        var call = Find(fields.Index, id, fields.Name.HasText);
        if (call is null)
        {
            if (id.IsEmpty && !fields.Name.HasText && !fields.Arguments.HasValue)
            {
                // Says nothing: no call begins with it.
                return;
            }

            EndComplete(sink);
            call = new OpenAICall { Index = fields.Index };
            _calls.Add(call);
        }

        if (call.Id is null && !id.IsEmpty)
        {
            call.Id = id.ToArray();
        }

        if (!call.IsStarted && fields.Name.HasText)
        {
            Start(call, fields.Name.Text(data, ref _buffer), sink);
        }

        var arguments = fields.Arguments.IsObject ? fields.Arguments.Raw(data) : fields.Arguments.Text(data, ref _buffer);
        if (!arguments.IsEmpty && !call.IsEnded)
        {
            call.Follow(arguments);
            if (call.IsStarted)
            {
                sink.ToolArguments(call.Place, arguments);
            }
            else
            {
                call.Hold(arguments);
            }
        }

        if (fields.Signature.HasText && call.IsStarted)
        {
            sink.ToolSignature(call.Place, fields.Signature.Text(data, ref _buffer));
        }
    }

    /// <summary>By number, and a new id at an old number is a new call; without a number by id; without both a name begins a call.</summary>
    private OpenAICall? Find(int index, ReadOnlySpan<byte> id, bool hasName)
    {
        for (var i = _calls.Count - 1; i >= 0; i--)
        {
            var call = _calls[i];
            if (index >= 0 ? call.Index == index : !id.IsEmpty ? id.SequenceEqual(call.Id) : true)
            {
                return index >= 0 ? IsOther(call, id) ? null : call : id.IsEmpty && hasName ? null : call;
            }
        }

        return null;
    }

    private static bool IsOther(OpenAICall call, ReadOnlySpan<byte> id) => !id.IsEmpty && call.Id is not null && !id.SequenceEqual(call.Id);

    private void Start(OpenAICall call, ReadOnlySpan<byte> name, IAnswerSink sink)
    {
        call.Place = _started++;
        call.Id ??= Encoding.UTF8.GetBytes(ToolIds.New());
        if (names is not null)
        {
            name = Encoding.UTF8.GetBytes(names.ToClient(Encoding.UTF8.GetString(name)));
        }

        sink.ToolStart(call.Place, call.Id, name);
        if (!call.Held.IsEmpty)
        {
            sink.ToolArguments(call.Place, call.Held);
        }
    }

    /// <summary>Another call begins: one whose arguments are whole has ended, which lets protocols without overlap go on.</summary>
    private void EndComplete(IAnswerSink sink)
    {
        foreach (var call in _calls)
        {
            if (call.IsComplete)
            {
                End(call, sink);
            }
        }
    }

    private void End(OpenAICall call, IAnswerSink sink)
    {
        if (call.IsEnded)
        {
            return;
        }

        if (!call.IsStarted && (call.Id is not null || !call.Held.IsEmpty))
        {
            // It never got a name. The client sees what there is instead of a call that vanished.
            Start(call, default, sink);
        }

        call.IsEnded = true;
        if (call.IsStarted)
        {
            sink.ToolEnd(call.Place);
        }
    }
}
