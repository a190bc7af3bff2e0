using System.Buffers;
using System.Text;
using System.Text.Json;
using Gateway.Simulator.Faults;
using Gateway.Simulator.Text;

namespace Gateway.Simulator.Protocols.Gemini;

/// <summary>
/// Chunks of a streamed answer: each a whole response with new parts only and the usage so far. As events they end with CRLF, as the
/// real ones do; without <c>alt=sse</c> they are the elements of one JSON array.
/// </summary>
internal sealed class GeminiFrames : IAnswerFrames
{
    private readonly ArrayBufferWriter<byte> _buffer = new(512);
    private readonly Utf8JsonWriter _json;
    private readonly GeminiWriter _writer;
    private readonly FaultScript _script;
    private readonly GeminiShow _show;
    private readonly string _number;
    private readonly Dictionary<int, Pending> _pending = [];
    private int _written;
    private int _thoughts;
    private bool _started;

    public GeminiFrames(ProviderCall call, GeminiWriter writer, FaultScript script, GeminiShow show)
    {
        _json = new Utf8JsonWriter(_buffer, new JsonWriterOptions { Encoder = Json.Encoder, SkipValidation = true });
        (_writer, _script, _show, _number) = (writer, script, show, call.Meter.Number);
    }

    /// <summary>A call of one choice that is not whole yet.</summary>
    private sealed record Pending(string Name, int Call, StringBuilder Arguments);

    public string ContentType => _show.AsEvents ? "text/event-stream" : "application/json; charset=UTF-8";

    public ReadOnlyMemory<byte> Open(int choice, AnswerToken? first) => default;

    public ReadOnlyMemory<byte> Token(int choice, AnswerToken token)
    {
        _buffer.ResetWrittenCount();
        if (token.Call == AnswerToken.Reasoning)
        {
            _thoughts++;
            return _show.Thoughts ? TextChunk(choice, token.Text, thought: true) : default;
        }

        _written++;
        if (token.Call == AnswerToken.Content)
        {
            return TextChunk(choice, token.Text, thought: false);
        }

        if (!token.StartsCall)
        {
            _pending[choice].Arguments.Append(token.Text);
            return default;
        }

        _pending.Remove(choice, out var before);
        _pending.Add(choice, new Pending(token.Text, token.Call, new StringBuilder()));
        if (before is null)
        {
            return default;
        }

        StartChunk();
        WriteCall(before);
        return EndChunk(choice, reason: null, hasCalls: false);
    }

    public ReadOnlyMemory<byte> Finish(int choice, AnswerEnd end)
    {
        _buffer.ResetWrittenCount();
        StartChunk();
        if (end == AnswerEnd.ToolCalls)
        {
            WriteCall(_pending[choice]);
        }
        else
        {
            GeminiWriter.TextPart(_json, "", signature: _show.SignsText ? ThoughtSignatures.OfText() : null);
        }

        return EndChunk(choice, _script.NoDone ? null : GeminiWriter.Reason(end), end == AnswerEnd.ToolCalls);
    }

    public ReadOnlyMemory<byte> End(Answer answer)
    {
        _buffer.ResetWrittenCount();
        if (!_show.AsEvents && !_script.NoDone)
        {
            _buffer.Write("]"u8);
        }

        return _buffer.WrittenMemory;
    }

    public ReadOnlyMemory<byte> Error(ProviderException error)
    {
        _buffer.ResetWrittenCount();
        StartFrame();
        error.WriteBody(_json, _number);
        EndFrame();
        if (!_show.AsEvents)
        {
            _buffer.Write("]"u8);
        }

        return _buffer.WrittenMemory;
    }

    public ReadOnlyMemory<byte> Garbage()
    {
        _buffer.ResetWrittenCount();
        StartFrame();
        _buffer.Write("{\"candidates\": [{\"content\": {"u8);
        EndFrame();
        return _buffer.WrittenMemory;
    }

    /// <summary>The one chunk of a stream whose prompt a filter stopped, with the end of the stream.</summary>
    public ReadOnlyMemory<byte> Blocked(string reason)
    {
        _buffer.ResetWrittenCount();
        StartFrame();
        _writer.Blocked(_json, reason);
        EndFrame();
        _buffer.Write(_show.AsEvents ? default : "]"u8);
        return _buffer.WrittenMemory;
    }

    public void Dispose() => _json.Dispose();

    private ReadOnlyMemory<byte> TextChunk(int choice, string text, bool thought)
    {
        StartChunk();
        GeminiWriter.TextPart(_json, text, thought);
        return EndChunk(choice, reason: null, hasCalls: false);
    }

    private void WriteCall(Pending call) => GeminiWriter.CallPart(_json, call.Name, call.Arguments.ToString(), _show.SignsCalls && call.Call == 0);

    private void StartChunk()
    {
        StartFrame();
        GeminiWriter.StartCandidates(_json);
        GeminiWriter.StartParts(_json);
    }

    private ReadOnlyMemory<byte> EndChunk(int choice, string? reason, bool hasCalls)
    {
        GeminiWriter.EndParts(_json, choice, reason, hasCalls);
        _writer.EndCandidates(_json, _written, _thoughts);
        EndFrame();
        return _buffer.WrittenMemory;
    }

    private void StartFrame()
    {
        if (_show.AsEvents)
        {
            _buffer.Write("data: "u8);
        }
        else
        {
            _buffer.Write(_started ? ","u8 : "["u8);
            _buffer.Write(_started ? LineEnd : default);
        }

        _started = true;
        _json.Reset();
    }

    private void EndFrame()
    {
        _json.Flush();
        _buffer.Write(_show.AsEvents ? "\r\n\r\n"u8 : LineEnd);
    }

    private ReadOnlySpan<byte> LineEnd => _script.Crlf ? "\r\n"u8 : "\n"u8;
}

/// <summary>How an answer is shown.</summary>
/// <param name="AsEvents">Server-sent events, not an array.</param>
/// <param name="Thoughts">Thoughts are shown, not only counted.</param>
/// <param name="SignsCalls">The first call carries a signature.</param>
/// <param name="SignsText">The text carries a signature at its end.</param>
internal readonly record struct GeminiShow(bool AsEvents, bool Thoughts, bool SignsCalls, bool SignsText);
