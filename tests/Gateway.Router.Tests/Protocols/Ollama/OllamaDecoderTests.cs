using System.Text;
using System.Text.Json;
using Gateway.Core.Money;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Neutral;
using Gateway.Router.Protocols.Ollama;
using Gateway.Router.Tests.Hosting;
using Gateway.Router.Tests.Translating;

namespace Gateway.Router.Tests.Protocols.Ollama;

public sealed class OllamaDecoderTests
{
    public static TheoryData<string> Streams => Some(static recording => recording.Streaming && recording.Status == 200);

    public static TheoryData<string> Plain => Some(static recording => !recording.Streaming && recording.Status == 200);

    [Theory]
    [MemberData(nameof(Streams))]
    public void Stream_Recorded_SaysWhatTheLinesSay(string id)
    {
        var recording = Recordings.Load(id);
        var log = Decode(recording.Response, out var end);
        var lines = Lines(recording.Response);
        Assert.Equal(string.Concat(lines.Select(static line => Message(line, "content"))), log.Text);
        Assert.Equal(string.Concat(lines.Select(static line => Message(line, "thinking"))), log.ReasoningText);
        Assert.Equal(lines[^1].TryGetProperty("error", out _) ? DecodedEnd.Error : DecodedEnd.Normal, end);
        if (end == DecodedEnd.Normal)
        {
            Assert.Equal(new TokenUsage(lines[^1].GetProperty("prompt_eval_count").GetInt64(), 0, 0, lines[^1].GetProperty("eval_count").GetInt64(), 0), log.LastUsage);
            Assert.Equal(FinishReason.Stop, log.Reason);
        }
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public void Stream_CutAnywhereAndRewrapped_GivesTheSameEvents(string id)
    {
        var recording = Recordings.Load(id);
        var expected = Decode(recording.Response, out var end);
        var text = Encoding.UTF8.GetString(recording.Response);
        string[] forms = [text, text.Replace("\n", "\r\n", StringComparison.Ordinal), text.Replace("\n", "\n\n \n", StringComparison.Ordinal), text.TrimEnd()];
        foreach (var form in forms)
        {
            var bytes = Encoding.UTF8.GetBytes(form);
            Assert.Equal(expected.Lines, Decode(bytes, out var whole).Lines);
            Assert.Equal(end, whole);
            Assert.Equal(expected.Lines, Decode(bytes, out var slow, Decoding.ByteByByte()).Lines);
            Assert.Equal(end, slow);
        }

        for (var cut = 1; cut < recording.Response.Length; cut++)
        {
            Assert.Equal(expected.Lines, Decode(recording.Response, out _, [cut]).Lines);
        }
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public void Pitfall10_StreamCutShort_IsNeverANormalEnd(string id)
    {
        var response = Recordings.Load(id).Response;
        foreach (var percent in new[] { 25, 50, 75 })
        {
            Decode(response[..(response.Length * percent / 100)], out var end);
            Assert.NotEqual(DecodedEnd.Normal, end);
        }
    }

    [Fact]
    public void Pitfall10_CleanEndWithoutDone_IsBroken()
    {
        Decode("""{"model":"m","message":{"role":"assistant","content":"Hi"},"done":false}"""u8.ToArray(), out var end);
        Assert.Equal(DecodedEnd.Broken, end);
    }

    [Theory]
    [MemberData(nameof(Plain))]
    public void Answer_Recorded_SaysWhatTheDocumentSays(string id)
    {
        var recording = Recordings.Load(id);
        var log = new EventLog();
        var decoder = new OllamaDecoder(null);
        Assert.Equal(EventKind.Done, decoder.DecodeAnswer(recording.Response, log));
        var document = JsonSerializer.Deserialize<JsonElement>(recording.Response);
        Assert.Equal(Message(document, "content"), log.Text);
        Assert.Equal(document.GetProperty("eval_count").GetInt64(), log.LastUsage!.Value.Output);
        Assert.Equal(document.GetProperty("prompt_eval_count").GetInt64(), log.LastUsage.Value.Input);
        Assert.Equal(FinishReason.Stop, log.Reason);
        Assert.Equal($"start  {document.GetProperty("model").GetString()}", log.Lines[0]);
    }

    [Fact]
    public void Pitfall08_ErrorLineInside200_IsTheUpstreamsError()
    {
        var recording = Recordings.Load("ollama-stream-error-in-200");
        var decoder = new OllamaDecoder(null);
        var log = new EventLog();
        Assert.Equal(DecodedEnd.Error, Decoding.Stream(OllamaCases.Upstream, decoder, recording.Response, log));
        Assert.Equal("Count", log.ReasoningText);
        var line = Encoding.UTF8.GetString(recording.Response).Split('\n')[1];
        var error = decoder.ReadError(Encoding.UTF8.GetBytes(line));
        Assert.Equal((500, "an error was encountered while running the model"), (error.Status, error.Message));
    }

    [Fact]
    public void Answer_ErrorObject_IsTheUpstreamsError()
    {
        var recording = Recordings.Load("ollama-error-404-model");
        var decoder = new OllamaDecoder(null);
        Assert.Equal(EventKind.Error, decoder.DecodeAnswer(recording.Response, new EventLog()));
        Assert.Equal("model 'missing' not found", decoder.ReadError(recording.Response).Message);
    }

    [Fact]
    public void Pitfall32_CallsAreObjectsWithoutIds_BecomeTextWithIdsOfTheirOwn()
    {
        var log = Decode("""
            {"model":"m","message":{"role":"assistant","content":"","tool_calls":[{"function":{"name":"weather","arguments":{"city": "Zürich", "days" : [1, 2],"note":"a b"}}},{"function":{"name":"time","arguments":{}}}]},"done":false}
            {"model":"m","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","eval_count":3}

            """u8.ToArray(), out var end);
        Assert.Equal(DecodedEnd.Normal, end);
        Assert.Matches("^tool\\[0\\] call_[0-9A-Za-z]{24} weather$", log.Lines[1]);
        Assert.Equal("""arguments[0] {"city":"Zürich","days":[1,2],"note":"a b"}""", log.Lines[2]);
        Assert.Equal("tool-end[0]", log.Lines[3]);
        Assert.Matches("^tool\\[1\\] call_[0-9A-Za-z]{24} time$", log.Lines[4]);
        Assert.Equal("arguments[1] {}", log.Lines[5]);
        Assert.NotEqual(log.Lines[1].Split(' ')[1], log.Lines[4].Split(' ')[1]);
    }

    [Fact]
    public void Pitfall21_StopAfterCalls_IsAFinishForTools()
    {
        const string Call = """{"message":{"content":"","tool_calls":[{"id":"c1","function":{"name":"f","arguments":{}}}]},"done":false}""" + "\n";
        Assert.Equal(FinishReason.Tool, Decode(Encoding.UTF8.GetBytes(Call + """{"message":{"content":""},"done":true,"done_reason":"stop"}"""), out _).Reason);
        Assert.Equal(FinishReason.Length, Decode(Encoding.UTF8.GetBytes(Call + """{"message":{"content":""},"done":true,"done_reason":"length"}"""), out _).Reason);
    }

    [Theory]
    [InlineData("", "Stop")]
    [InlineData("stop", "Stop")]
    [InlineData("load", "Stop")]
    [InlineData("length", "Length")]
    [InlineData("something", "Stop")]
    public void Finish_Reason_IsMapped(string raw, string expected) =>
        Assert.Equal(expected, Decode(Encoding.UTF8.GetBytes($$"""{"response":"x","done":true,"done_reason":"{{raw}}"}"""), out _).Reason.ToString());

    [Fact]
    public void Finish_UnknownReason_IsTold()
    {
        var notes = new TranslationNotes();
        var translation = new Translation(OllamaCases.Ask(), OllamaCases.Client, "m", UpstreamTraits.Default, notes);
        new OllamaDecoder(translation).DecodeAnswer("""{"response":"x","done":true,"done_reason":"odd"}"""u8, new EventLog());
        Assert.Equal("dropped=finish_reason=odd", notes.ToHeader());
    }

    [Theory]
    [InlineData("""{"response":"x","done":true,"eval_count":5}""", 0, 5)]
    [InlineData("""{"response":"x","done":true,"prompt_eval_count":7}""", 7, 0)]
    public void Usage_OneCountMissing_IsZero(string document, long input, long output)
    {
        var log = new EventLog();
        new OllamaDecoder(null).DecodeAnswer(Encoding.UTF8.GetBytes(document), log);
        Assert.Equal(new TokenUsage(input, 0, 0, output, 0), log.LastUsage);
    }

    [Fact]
    public void Usage_NoCounts_IsNone()
    {
        var log = new EventLog();
        new OllamaDecoder(null).DecodeAnswer("""{"response":"x","done":true,"eval_count":-1}"""u8, log);
        Assert.Null(log.LastUsage);
    }

    [Fact]
    public void Generate_Lines_AreTextAndThinking()
    {
        var log = Decode("""
            {"model":"m","response":"","thinking":"hm","done":false}
            {"model":"m","response":"a\nb","done":false}
            {"model":"m","response":"","done":true,"done_reason":"stop","context":[1,2,3]}
            """u8.ToArray(), out var end);
        Assert.Equal(DecodedEnd.Normal, end);
        Assert.Equal(["start  m", "reasoning hm", "text a\nb", "finish Stop"], log.Lines);
    }

    [Fact]
    public void Reasoning_ClientWantsItHidden_IsNotGivenOut()
    {
        var request = OllamaCases.Ask();
        request.Reasoning = new NeutralReasoning(ReasoningMode.Auto, null, null, Show: false, new SourcePath("thinking"));
        var log = new EventLog();
        new OllamaDecoder(new Translation(request, OllamaCases.Client, "m", UpstreamTraits.Default, new TranslationNotes()))
            .DecodeAnswer("""{"message":{"content":"x","thinking":"secret"},"done":true}"""u8, log);
        Assert.Equal("", log.ReasoningText);
        Assert.Equal("x", log.Text);
    }

    [Theory]
    [InlineData("""{"message":{"content":"a\ud83dz\udc00"},"done":false}""", "a\uFFFDz\uFFFD")]
    [InlineData("""{"message":{"content":"\ud83d\ude00 \u00e9\/\"\\"},"done":false}""", "😀 é/\"\\")]
    public void Text_Escapes_AreReadWithoutThrowing(string line, string expected)
    {
        var log = new EventLog();
        Assert.Equal(EventKind.Forward, new OllamaDecoder(null).Decode(Encoding.UTF8.GetBytes(line), log));
        Assert.Equal(expected, log.Text);
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("[]")]
    [InlineData("""{"message":{"content":"x"}""")]
    [InlineData("""{"other":1}""")]
    [InlineData("""{"message":"text"}""")]
    [InlineData("""{"\ud800":1,"response":"x"}""")]
    [InlineData("""{"message":{"content":"x","tool_calls":[{"\ud800":1,"function":{}}]}}""")]
    public void Line_NoEventOfTheProtocol_IsAnErrorAndGivesNothingOut(string line)
    {
        var log = new EventLog();
        var decoder = new OllamaDecoder(null);
        Assert.Equal(EventKind.Error, decoder.Decode(Encoding.UTF8.GetBytes(line), log));
        Assert.Empty(log.Lines);
        Assert.Equal(502, decoder.ReadError(Encoding.UTF8.GetBytes(line)).Status);
    }

    [Theory]
    [InlineData("<html>")]
    [InlineData("{}")]
    [InlineData("""{"message":{"content":"x"},"done":false}""")]
    public void Answer_NoneOfTheProtocol_IsInvalid(string document) =>
        Assert.Throws<InvalidDataException>(() => new OllamaDecoder(null).DecodeAnswer(Encoding.UTF8.GetBytes(document), new EventLog()));

    private static EventLog Decode(byte[] stream, out DecodedEnd end, params IEnumerable<int> cuts)
    {
        var log = new EventLog();
        end = Decoding.Stream(OllamaCases.Upstream, new OllamaDecoder(null), stream, log, cuts);
        return log;
    }

    private static List<JsonElement> Lines(byte[] stream) =>
        [.. Encoding.UTF8.GetString(stream).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => JsonSerializer.Deserialize<JsonElement>(line))];

    private static string Message(JsonElement line, string name) =>
        line.TryGetProperty("message", out var message) && message.TryGetProperty(name, out var text) ? text.GetString()! : "";

    private static TheoryData<string> Some(Func<Recording, bool> isMeant)
    {
        var ids = new TheoryData<string>();
        foreach (var id in Recordings.Ids("ollama"))
        {
            if (isMeant(Recordings.Load(id)))
            {
                ids.Add(id);
            }
        }

        return ids;
    }
}
