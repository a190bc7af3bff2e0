using System.Text;
using System.Text.Json;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Gemini;

/// <summary>The calls of one answer: whole in one part, or begun in one and continued in others.</summary>
internal sealed class GeminiCalls(Translation? translation, ThoughtSignatures signatures)
{
    private byte[] _scratch = [];

    // The call that is open; its index is Count - 1.
    private PartialArguments? _pieces;
    private byte[] _id = [];
    private byte[] _name = [];
    private byte[] _signature = [];

    /// <summary>Calls so far.</summary>
    public int Count { get; private set; }

    public void Tell(in GeminiPart part, IAnswerSink sink)
    {
        if (!part.CallName.IsEmpty)
        {
            Close(sink);
            Open(in part, sink);
        }
        else if (_pieces is null)
        {
            // The end of a call that is closed already.
            return;
        }

        if (!part.Signature.IsEmpty)
        {
            _signature = JsonText.Unescape(part.Signature, ref _scratch).ToArray();
            sink.ToolSignature(Count - 1, _signature);
        }

        if (!part.CallArguments.IsEmpty)
        {
            End(CanonicalJson.Of(part.CallArguments), sink);
            return;
        }

        Collect(part.PartialArguments);
        if (!part.WillContinue)
        {
            Close(sink);
        }
    }

    /// <summary>Ends the call that is still open, if one is.</summary>
    public void Close(IAnswerSink sink)
    {
        if (_pieces is { } pieces)
        {
            End(pieces.ToJson(), sink);
        }
    }

    private void Open(in GeminiPart part, IAnswerSink sink)
    {
        _id = part.CallId.IsEmpty ? Encoding.UTF8.GetBytes(ToolIds.New()) : JsonText.Unescape(part.CallId, ref _scratch).ToArray();
        _name = JsonText.Unescape(part.CallName, ref _scratch).ToArray();
        if (translation is not null)
        {
            _name = Encoding.UTF8.GetBytes(translation.ToolNames.ToClient(Encoding.UTF8.GetString(_name)));
        }

        _signature = [];
        _pieces = new PartialArguments();
        sink.ToolStart(Count++, _id, _name);
    }

    private void End(ReadOnlySpan<byte> arguments, IAnswerSink sink)
    {
        _pieces = null;
        arguments = arguments.IsEmpty ? "{}"u8 : arguments;
        sink.ToolArguments(Count - 1, arguments);
        sink.ToolEnd(Count - 1);
        if (_signature.Length > 0 && translation is not null)
        {
            signatures.Remember(_id, _name, arguments, _signature);
        }
    }

    private void Collect(ReadOnlySpan<byte> list)
    {
        if (list.IsEmpty)
        {
            return;
        }

        var reader = new Utf8JsonReader(list);
        using var document = JsonDocument.ParseValue(ref reader);
        foreach (var piece in document.RootElement.EnumerateArray())
        {
            if (piece.ValueKind != JsonValueKind.Object || !piece.TryGetProperty("jsonPath", out var path) || path.ValueKind != JsonValueKind.String)
            {
                continue;
            }

            foreach (var member in piece.EnumerateObject())
            {
                switch (member.Name, member.Value.ValueKind)
                {
                    case ("stringValue", JsonValueKind.String):
                        _pieces!.Append(path.GetString()!, Encoding.UTF8.GetString(JsonText.Unescape(Raw(member.Value), ref _scratch)));
                        break;
                    case ("numberValue", JsonValueKind.Number):
                    case ("boolValue", JsonValueKind.True or JsonValueKind.False):
                        _pieces!.Set(path.GetString()!, member.Value.GetRawText());
                        break;
                    case ("nullValue", _):
                        _pieces!.Set(path.GetString()!, "null");
                        break;
                    default:
                        break;
                }
            }
        }
    }

    private static ReadOnlySpan<byte> Raw(JsonElement text) => Encoding.UTF8.GetBytes(text.GetRawText()).AsSpan(1..^1);
}
