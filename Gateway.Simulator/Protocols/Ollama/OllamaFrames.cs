using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Gateway.Simulator.Faults;
using Gateway.Simulator.Text;

namespace Gateway.Simulator.Protocols.Ollama;

/// <summary>
/// The answer of chat and generate: one JSON for each line of a stream, or one for all. Calls are whole and have no ids, and the last
/// line carries the counts and times.
/// </summary>
/// <param name="call">The request.</param>
/// <param name="script">What the answer leaves out.</param>
/// <param name="promptTokens">For the counts.</param>
/// <param name="isChat">A message, not a bare response.</param>
internal sealed class OllamaFrames(ProviderCall call, FaultScript script, int promptTokens, bool isChat) : IAnswerFrames
{
    // Made up, but steady: a real server's depend on its machine.
    private const long LoadTime = 1_000_000;
    private const long TokenTime = 10_000_000;

    private readonly ArrayBufferWriter<byte> _buffer = new(512);
    private readonly long _started = call.Time.GetTimestamp();
    private readonly StringBuilder _arguments = new();
    private string? _name;
    private int _tokens;

    public string ContentType => "application/x-ndjson";

    public ReadOnlyMemory<byte> Open(int choice, AnswerToken? first) => default;

    public ReadOnlyMemory<byte> Token(int choice, AnswerToken token)
    {
        _buffer.ResetWrittenCount();
        _tokens++;
        switch (token)
        {
            case { Call: AnswerToken.Reasoning }:
                return Delta("", thinking: token.Text);
            case { Call: AnswerToken.Content }:
                return Delta(token.Text);
            case { StartsCall: false }:
                _arguments.Append(token.Text);
                return default;
            default:
                var before = TakeCall();
                _name = token.Text;
                return before is { } whole ? Delta("", calls: [whole]) : default;
        }
    }

    /// <summary>The last call, if the cap let it come to its end, and the line that says so.</summary>
    public ReadOnlyMemory<byte> Finish(int choice, AnswerEnd end)
    {
        _buffer.ResetWrittenCount();
        if (TakeCall() is { } last && end == AnswerEnd.ToolCalls)
        {
            Delta("", calls: [last]);
        }

        return script.NoDone ? _buffer.WrittenMemory : Line(json =>
        {
            WriteContent(json, "");
            WriteDone(json, end, _tokens);
        });
    }

    public ReadOnlyMemory<byte> End(Answer answer) => default;

    public ReadOnlyMemory<byte> Error(ProviderException error)
    {
        var body = error.ToBytes(call.Meter.Number);
        _buffer.ResetWrittenCount();
        _buffer.Write(body.Span);
        EndLine();
        return _buffer.WrittenMemory;
    }

    public ReadOnlyMemory<byte> Garbage()
    {
        _buffer.ResetWrittenCount();
        _buffer.Write("{\"model\":\"x\",\"message\":{\"role\":"u8);
        EndLine();
        return _buffer.WrittenMemory;
    }

    public void Dispose()
    {
    }

    /// <summary>The whole answer as one JSON.</summary>
    public ReadOnlyMemory<byte> Whole(AnswerChoice choice)
    {
        var starts = choice.CallStarts.ToList();
        var calls = starts.Where(start => choice.End == AnswerEnd.ToolCalls || start.Call < starts.Count - 1)
            .Select(start => KeyValuePair.Create(start.Text, choice.Join(start.Call))).ToList();
        return Json.Write(json =>
        {
            StartLine(json);
            WriteContent(json, choice.Join(AnswerToken.Content), choice.ReasoningTokens > 0 ? choice.Join(AnswerToken.Reasoning) : null, calls);
            WriteDone(json, choice.End, choice.Tokens.Count);
            json.WriteEndObject();
        });
    }

    /// <summary>The answer to a request that says nothing: the model is in memory now, or no longer.</summary>
    public ReadOnlyMemory<byte> Loaded(bool unloads, bool stream)
    {
        var answer = Json.Write(json =>
        {
            StartLine(json);
            WriteContent(json, "");
            json.WriteBoolean("done"u8, true);
            json.WriteString("done_reason"u8, unloads ? "unload"u8 : "load"u8);
            json.WriteEndObject();
        });
        return stream ? (byte[])[.. answer.Span, (byte)'\n'] : answer;
    }

    private KeyValuePair<string, string>? TakeCall()
    {
        var whole = _name is { } name ? KeyValuePair.Create(name, _arguments.ToString()) : default(KeyValuePair<string, string>?);
        _arguments.Clear();
        _name = null;
        return whole;
    }

    private ReadOnlyMemory<byte> Delta(string text, string? thinking = null, IReadOnlyList<KeyValuePair<string, string>>? calls = null) => Line(json =>
    {
        WriteContent(json, text, thinking, calls);
        json.WriteBoolean("done"u8, false);
    });

    /// <summary>Adds a line to those that are sent together.</summary>
    private ReadOnlyMemory<byte> Line(Action<Utf8JsonWriter> write)
    {
        using (var json = new Utf8JsonWriter(_buffer, new JsonWriterOptions { Encoder = Json.Encoder }))
        {
            StartLine(json);
            write(json);
            json.WriteEndObject();
        }

        EndLine();
        return _buffer.WrittenMemory;
    }

    private void StartLine(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("model"u8, FaultDirectives.ModelName(call.Model));
        json.WriteString("created_at"u8, call.Time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture));
    }

    private void EndLine() => _buffer.Write(script.Crlf ? "\r\n"u8 : "\n"u8);

    private void WriteContent(Utf8JsonWriter json, string text, string? thinking = null, IReadOnlyList<KeyValuePair<string, string>>? calls = null)
    {
        if (isChat)
        {
            json.WriteStartObject("message"u8);
            json.WriteString("role"u8, "assistant"u8);
        }

        json.WriteString(isChat ? "content"u8 : "response"u8, text);
        if (thinking is not null)
        {
            json.WriteString("thinking"u8, thinking);
        }

        if (calls is { Count: > 0 })
        {
            WriteCalls(json, calls);
        }

        if (isChat)
        {
            json.WriteEndObject();
        }
    }

    private static void WriteCalls(Utf8JsonWriter json, IReadOnlyList<KeyValuePair<string, string>> calls)
    {
        json.WriteStartArray("tool_calls"u8);
        foreach (var (name, arguments) in calls)
        {
            json.WriteStartObject();
            json.WriteStartObject("function"u8);
            json.WriteString("name"u8, name);
            json.WritePropertyName("arguments"u8);
            json.WriteRawValue(arguments);
            json.WriteEndObject();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void WriteDone(Utf8JsonWriter json, AnswerEnd end, int tokens)
    {
        json.WriteBoolean("done"u8, true);
        json.WriteString("done_reason"u8, end == AnswerEnd.Length ? "length"u8 : "stop"u8);
        if (!isChat)
        {
            WriteContext(json, promptTokens + tokens);
        }

        if (script.NoUsage)
        {
            return;
        }

        json.WriteNumber("total_duration"u8, (long)call.Time.GetElapsedTime(_started).TotalNanoseconds);
        json.WriteNumber("load_duration"u8, LoadTime);
        json.WriteNumber("prompt_eval_count"u8, promptTokens);
        json.WriteNumber("prompt_eval_duration"u8, promptTokens * TokenTime);
        json.WriteNumber("eval_count"u8, tokens);
        json.WriteNumber("eval_duration"u8, tokens * TokenTime);
    }

    /// <summary>Ids for the next request of the same talk. Nothing reads them here; a client only hands them back.</summary>
    private static void WriteContext(Utf8JsonWriter json, int tokens)
    {
        const int MaxIds = 16;
        json.WriteStartArray("context"u8);
        for (var id = 1; id <= Math.Min(tokens, MaxIds); id++)
        {
            json.WriteNumberValue(id);
        }

        json.WriteEndArray();
    }
}
