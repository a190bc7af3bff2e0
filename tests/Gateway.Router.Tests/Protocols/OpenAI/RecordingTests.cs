using System.Text;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Neutral;
using Gateway.Router.Protocols.OpenAI;
using Gateway.Router.Tests.Hosting;
using Gateway.Router.Tests.Translating;

namespace Gateway.Router.Tests.Protocols.OpenAI;

/// <summary>Every recording of the protocol, decoded: whole, cut anywhere, with other line ends, and broken.</summary>
public sealed class RecordingTests
{
    private static readonly string[] ErrorsIn200 = ["openai-chat-azure-error-in-200", "openai-chat-groq-stream-error-in-200-thinking-2"];

    public static TheoryData<string> Plain => Select(static recording => recording is { Streaming: false, Status: 200 } && !ErrorsIn200.Contains(recording.Id));

    public static TheoryData<string> Streams => Select(static recording => recording.Streaming && !ErrorsIn200.Contains(recording.Id));

    public static TheoryData<string, int, string> Errors => new()
    {
        { "openai-chat-azure-error-429", 429, "Your requests to" },
        { "openai-chat-azure-error-in-200", 400, "The response was filtered" },
        { "openai-chat-deepseek-error-401", 401, "Authentication Fails" },
        { "openai-chat-error-429-insufficient-quota", 429, "You exceeded" },
        { "openai-chat-error-500", 500, "The server had an error" },
        { "openai-chat-error-503-overloaded", 503, "That model is currently overloaded" },
        { "openai-chat-ollama-error-400", 400, "prompt too long" },
        { "openai-chat-openrouter-error-400", 400, "This endpoint's maximum context length" },
        { "openai-chat-openrouter-error-401", 401, "Missing Authentication" },
    };

    [Theory]
    [MemberData(nameof(Plain))]
    public void PlainRecording_Decoded_SaysWhatItSaid(string id)
    {
        var recording = Recordings.Load(id);
        var log = new EventLog();
        var decoder = new OpenAIDecoder(null);
        Assert.Equal(EventKind.Done, decoder.DecodeAnswer(recording.Response, log));
        Assert.True(decoder.IsFinished);
        Check(ExpectedAnswer.Of(recording), log);
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public void StreamRecording_Decoded_SaysWhatItSaid(string id)
    {
        var recording = Recordings.Load(id);
        var log = new EventLog();
        Assert.Equal(DecodedEnd.Normal, Run(recording.Response, log));
        Check(ExpectedAnswer.Of(recording), log);
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public void StreamRecording_CutAndDressedDifferently_SaysTheSame(string id)
    {
        var recording = Recordings.Load(id);
        var text = Encoding.UTF8.GetString(recording.Response).ReplaceLineEndings("\n");
        var expected = Lines(text);
        Assert.Equal(expected, Lines(text, Decoding.ByteByByte()));
        Assert.Equal(expected, Lines(text.Replace("\n", "\r\n", StringComparison.Ordinal)));
        Assert.Equal(expected, Lines(text.Replace("\n", "\r", StringComparison.Ordinal), Decoding.ByteByByte()));
        Assert.Equal(expected, Lines(text.Replace("\n\n", "\n\n: ping\n\n", StringComparison.Ordinal)));
        Assert.Equal(expected, Lines("\uFEFF" + text));
        Assert.Equal(expected, Lines(text.TrimEnd('\n')));
        Assert.Equal(expected, Lines(text.Replace("data: [DONE]", "", StringComparison.Ordinal)));
        Assert.Equal(expected, Lines(text.Replace("data: ", "data:", StringComparison.Ordinal)));

        for (var border = text.IndexOf("\n\n", StringComparison.Ordinal); border >= 0; border = text.IndexOf("\n\n", border + 1, StringComparison.Ordinal))
        {
            Assert.Equal(expected, Lines(text, [Encoding.UTF8.GetByteCount(text.AsSpan(0, border + 1))]));
            Assert.Equal(expected, Lines(text, [Encoding.UTF8.GetByteCount(text.AsSpan(0, border + 2))]));
        }
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public void StreamRecording_Truncated_NeverEndsNormally(string id)
    {
        // Up to the first finish reason: behind it the answer is whole, whatever follows.
        var recording = Recordings.Load(id);
        var text = Encoding.UTF8.GetString(recording.Response);
        var whole = text.LastIndexOf("\"finish_reason\":\"", StringComparison.Ordinal);
        whole = text.LastIndexOf("data:", whole, StringComparison.Ordinal);
        foreach (var percent in new[] { 25, 50, 75 })
        {
            var end = Math.Min(whole, text.Length * percent / 100);
            var log = new EventLog();
            Assert.NotEqual(DecodedEnd.Normal, Run(Encoding.UTF8.GetBytes(text[..end]), log));
            Assert.Null(log.Reason);
        }
    }

    [Theory]
    [MemberData(nameof(Errors))]
    public void ErrorRecording_Read_HasStatusAndText(string id, int status, string message)
    {
        var recording = Recordings.Load(id);
        var decoder = new OpenAIDecoder(null);
        Assert.Equal(EventKind.Error, decoder.DecodeAnswer(recording.Response, new NeutralAnswer()));

        // As an answer of its own the HTTP status tells; inside a 200 the body must.
        var error = recording.Status == 200 ? decoder.ReadError(recording.Response) : UpstreamErrors.Read(recording.Status, recording.Response);
        Assert.Equal(status, error.Status);
        Assert.StartsWith(message, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void StreamRecording_WithErrorInside_EndsAsThatError()
    {
        var recording = Recordings.Load("openai-chat-groq-stream-error-in-200-thinking-2");
        var log = new EventLog();
        Assert.Equal(DecodedEnd.Error, Run(recording.Response, log));
        Assert.Null(log.Reason);
        Assert.StartsWith("We need", log.ReasoningText, StringComparison.Ordinal);

        var text = Encoding.UTF8.GetString(recording.Response);
        var error = new OpenAIDecoder(null).ReadError(Encoding.UTF8.GetBytes(text[text.IndexOf("event: error", StringComparison.Ordinal)..]));
        Assert.Equal(400, error.Status);
        Assert.StartsWith("Tool call validation failed", error.Message, StringComparison.Ordinal);
    }

    private static TheoryData<string> Select(Func<Recording, bool> predicate)
    {
        var ids = new TheoryData<string>();
        foreach (string id in Recordings.Ids("openai-chat"))
        {
            if (predicate(Recordings.Load(id)))
            {
                ids.Add(id);
            }
        }

        return ids;
    }

    private static DecodedEnd Run(byte[] stream, EventLog log, params IEnumerable<int> cuts) => Decoding.Stream(OpenAIChat.Upstream, new OpenAIDecoder(null), stream, log, cuts);

    private static List<string> Lines(string text, params IEnumerable<int> cuts)
    {
        var log = new EventLog();
        Assert.Equal(DecodedEnd.Normal, Run(Encoding.UTF8.GetBytes(text), log, cuts));
        return [.. log.Lines, $"usage {log.LastUsage}"];
    }

    private static void Check(ExpectedAnswer expected, EventLog log)
    {
        Assert.Equal($"start {expected.Id} {expected.Model}", log.Lines[0]);
        Assert.Equal(expected.Text.ToString(), log.Text);
        Assert.Equal(expected.Reasoning.ToString(), log.ReasoningText);
        Assert.Equal(log.Lines.Any(static line => line.StartsWith("refusal", StringComparison.Ordinal)) ? FinishReason.Refusal : expected.Reason, log.Reason);
        Assert.Equal(expected.Calls, Calls(log));
        Assert.Equal(expected.Usage, log.LastUsage is { } usage ? (usage.Input, usage.Output, usage.CachedInput, usage.Reasoning) : null);
        Assert.Single(log.Lines, static line => line.StartsWith("finish", StringComparison.Ordinal));
    }

    private static List<string> Calls(EventLog log)
    {
        var calls = new List<string>();
        for (var i = 0; log.Lines.SingleOrDefault(line => line.StartsWith($"tool[{i}] ", StringComparison.Ordinal)) is { } start; i++)
        {
            var arguments = log.Lines.Single(line => line.StartsWith($"arguments[{i}] ", StringComparison.Ordinal));
            Assert.Single(log.Lines, line => line == $"tool-end[{i}]");
            var words = start.Split(' ', 3);

            // Functions of old have no ids; ours is made anew each time.
            calls.Add($"{(words[1].Length == 29 && words[2] == "Joke" ? "*" : words[1])} {words[2]} {arguments[$"arguments[{i}] ".Length..]}");
        }

        return calls;
    }
}
