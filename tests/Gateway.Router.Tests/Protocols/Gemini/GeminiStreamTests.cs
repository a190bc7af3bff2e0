using System.Text;
using Gateway.Core.Money;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Gemini;
using Gateway.Router.Protocols.Neutral;
using Gateway.Router.Tests.Hosting;
using Gateway.Router.Tests.Translating;

namespace Gateway.Router.Tests.Protocols.Gemini;

/// <summary>Every recorded stream, whole and in pieces.</summary>
public sealed class GeminiStreamTests
{
    public static TheoryData<string> Streams() =>
    [
        "gemini-stream-thinking-system",
        "gemini-stream-tool-call-tool-result-1",
        "gemini-stream-tool-call-tool-result-2",
        "gemini-stream-partial-tool-call-arguments",
        "gemini-vertex-stream-tool-call-tool-result",
    ];

    [Fact]
    public void Stream_Thinking_GivesThoughtsTextSignatureAndUsage()
    {
        var (log, end) = Run(Recordings.Load("gemini-stream-thinking-system").Response);

        Assert.Equal(DecodedEnd.Normal, end);
        Assert.Equal("start beHBaJfEMIi-qtsP3769-Q8 gemini-2.5-pro", log.Lines[0]);
        Assert.StartsWith("reasoning **Clarifying User Goals**", log.Lines[1], StringComparison.Ordinal);

        // The signature proves the thoughts before it, so it is told before the text that it stands on.
        Assert.StartsWith("signature CiIB0e2Kb6Syj1a961EfbWv4W5C8RgAA", log.Lines[2], StringComparison.Ordinal);
        Assert.StartsWith("text This is a great question!", log.Lines[3], StringComparison.Ordinal);
        Assert.Equal("finish Stop", log.Lines[4]);
        Assert.Equal(5, log.Lines.Count);
        Assert.Equal(new TokenUsage(34, 0, 0, 469 + 787, 787), log.LastUsage);
    }

    [Theory]
    [InlineData("gemini-stream-tool-call-tool-result-1", "best_language_to_learn", "{}", 120, 56, 42)]
    [InlineData("gemini-stream-tool-call-tool-result-2", "get_temperature", """{"city":"Paris"}""", 64, 5, 0)]
    [InlineData("gemini-vertex-stream-tool-call-tool-result", "best_language_to_learn", "{}", 76, 64, 57)]
    public void Pitfall21_StopWithACall_EndsForATool(string id, string name, string arguments, long input, long output, long reasoning)
    {
        var (log, end) = Run(Recordings.Load(id).Response);

        Assert.Equal(DecodedEnd.Normal, end);
        Assert.Equal(FinishReason.Tool, log.Reason);
        Assert.Single(log.Lines, line => line.StartsWith("tool[0] call_", StringComparison.Ordinal) && line.EndsWith(" " + name, StringComparison.Ordinal));
        Assert.Contains("arguments[0] " + arguments, log.Lines);
        Assert.Contains("tool-end[0]", log.Lines);
        Assert.Equal(new TokenUsage(input, 0, 0, output, reasoning), log.LastUsage);
    }

    [Fact]
    public void Pitfall21_ReasonInALaterChunkThanTheCall_EndsForATool()
    {
        const string Stream = """
            data: {"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{}}}],"role":"model"},"index":0}]}

            data: {"candidates":[{"content":{},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":1,"totalTokenCount":1}}


            """;
        var (log, end) = Run(Encoding.UTF8.GetBytes(Stream));

        Assert.Equal((DecodedEnd.Normal, FinishReason.Tool), (end, log.Reason));
    }

    [Fact]
    public void Stream_CallCutAtTheLimit_EndsForLength()
    {
        var (log, _) = Run("data: {\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":{\"name\":\"f\"}}]},\"finishReason\":\"MAX_TOKENS\"}]}\n\n"u8);

        Assert.Equal(FinishReason.Length, log.Reason);
    }

    [Fact]
    public void Stream_ArgumentsInPieces_AreOneObjectPerCall()
    {
        var (log, end) = Run(Recordings.Load("gemini-stream-partial-tool-call-arguments").Response);

        Assert.Equal((DecodedEnd.Normal, FinishReason.Tool), (end, log.Reason));
        Assert.Contains("""arguments[0] {"location":"Boston"}""", log.Lines);
        Assert.Contains("""arguments[1] {"location":"San Francisco"}""", log.Lines);
        Assert.Single(log.Lines, line => line.StartsWith("tool-signature[0] CiMBjz1r", StringComparison.Ordinal));
        Assert.Equal(2, log.Lines.Count(static line => line.StartsWith("tool-end", StringComparison.Ordinal)));
        Assert.Equal(new TokenUsage(26, 0, 0, 23 + 132, 132), log.LastUsage);
    }

    [Fact]
    public void Stream_NestedArgumentsInPieces_StandAtTheirPaths()
    {
        const string Stream = """
            data: {"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","id":"own","partialArgs":[{"jsonPath":"$.a.b[0]","stringValue":"x\"","willContinue":true}],"willContinue":true}}]}}]}

            data: {"candidates":[{"content":{"parts":[{"functionCall":{"partialArgs":[{"jsonPath":"$.a.b[0]","stringValue":"y"},{"jsonPath":"$.a.b[1]","numberValue":2.5},{"jsonPath":"$['c d']","boolValue":false},{"jsonPath":"$.n","nullValue":"NULL_VALUE"}]}}]},"finishReason":"STOP"}]}


            """;
        var (log, _) = Run(Encoding.UTF8.GetBytes(Stream));

        Assert.Contains("tool[0] own f", log.Lines);
        Assert.Contains("""arguments[0] {"a":{"b":["x\"y",2.5]},"c d":false,"n":null}""", log.Lines);
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public void Stream_CutAnywhere_SaysTheSame(string id)
    {
        var bytes = Recordings.Load(id).Response;
        var whole = Stable(Run(bytes).Log);

        var (byteByByte, end) = Run(bytes, Decoding.ByteByByte());
        Assert.Equal(DecodedEnd.Normal, end);
        Assert.Equal(whole, Stable(byteByByte));
        for (var cut = 1; cut < bytes.Length; cut += Math.Max(1, bytes.Length / 97))
        {
            var (log, cutEnd) = Run(bytes, [cut]);
            Assert.Equal(DecodedEnd.Normal, cutEnd);
            Assert.Equal(whole, Stable(log));
        }
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public void Pitfall05_OtherLineEndsAndComments_SayTheSame(string id)
    {
        var text = Encoding.UTF8.GetString(Recordings.Load(id).Response).Replace("\r\n", "\n", StringComparison.Ordinal);
        var whole = Stable(Run(Encoding.UTF8.GetBytes(text)).Log);
        string[] variants =
        [
            text.Replace("\n", "\r\n", StringComparison.Ordinal),
            text.Replace("\n\n", "\n\n: keep-alive\n\n", StringComparison.Ordinal),
            text.TrimEnd(),
        ];
        foreach (var variant in variants)
        {
            var (log, end) = Run(Encoding.UTF8.GetBytes(variant));
            Assert.Equal(DecodedEnd.Normal, end);
            Assert.Equal(whole, Stable(log));
        }
    }

    [Theory]
    [MemberData(nameof(Streams))]
    public void Pitfall10_CleanEndWithoutAReason_IsNoNormalEnd(string id)
    {
        var bytes = Recordings.Load(id).Response;
        foreach (var percent in new[] { 25, 50, 75 })
        {
            Assert.NotEqual(DecodedEnd.Normal, Run(bytes.AsSpan(0, bytes.Length * percent / 100)).End);
        }

        // And at a border between events, where nothing is cut.
        var borders = Encoding.UTF8.GetString(bytes).Replace("\r\n", "\n", StringComparison.Ordinal).TrimEnd().Split("\n\n");
        Assert.Equal(DecodedEnd.Broken, Run(Encoding.UTF8.GetBytes(string.Concat(borders[..^1].Select(static frame => frame + "\n\n")))).End);
    }

    [Fact]
    public void Stream_ErrorEvent_IsReadWithItsStatus()
    {
        var frame = "data: {\"error\":{\"code\":503,\"message\":\"The model is overloaded.\",\"status\":\"UNAVAILABLE\"}}\r\n\r\n"u8;
        var decoder = Decoder();

        Assert.Equal(EventKind.Error, decoder.Decode(frame, new EventLog()));
        var error = decoder.ReadError(frame);
        Assert.Equal((503, "The model is overloaded."), (error.Status, error.Message));
    }

    [Fact]
    public void Stream_BlockedPrompt_IsARefusal()
    {
        var (log, end) = Run("data: {\"promptFeedback\":{\"blockReason\":\"SAFETY\"},\"usageMetadata\":{\"promptTokenCount\":4,\"totalTokenCount\":4}}\n\n"u8);

        Assert.Equal((DecodedEnd.Normal, FinishReason.Filtered), (end, log.Reason));
        Assert.Contains("refusal The provider of this model blocked the prompt (SAFETY).", log.Lines);
        Assert.Equal(4, log.LastUsage!.Value.Input);
    }

    [Theory]
    [InlineData("MALFORMED_FUNCTION_CALL")]
    [InlineData("UNEXPECTED_TOOL_CALL")]
    [InlineData("TOO_MANY_TOOL_CALLS")]
    public void Stream_BrokenCall_IsAnError(string reason)
    {
        var frame = Encoding.UTF8.GetBytes($"data: {{\"candidates\":[{{\"content\":{{}},\"finishReason\":\"{reason}\"}}]}}\n\n");
        var decoder = Decoder();
        var log = new EventLog();

        Assert.Equal(EventKind.Error, decoder.Decode(frame, log));
        Assert.Null(log.Reason);
        var error = decoder.ReadError(frame);
        Assert.Equal((502, "upstream_malformed_tool_call"), (error.Status, error.Code));
        Assert.Contains(reason, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void PassThrough_BrokenCall_GoesOnAsItIs()
    {
        var decoder = new GeminiDecoder(null, new ThoughtSignatures());

        Assert.Equal(EventKind.Forward, decoder.Decode("data: {\"candidates\":[{\"content\":{},\"finishReason\":\"MALFORMED_FUNCTION_CALL\"}]}\n\n"u8, new EventLog()));
        Assert.True(decoder.IsFinished);
    }

    [Fact]
    public void PassThrough_TwoCandidates_EndOnlyWhenBothDid()
    {
        var decoder = new GeminiDecoder(null, new ThoughtSignatures());
        decoder.Decode("data: {\"candidates\":[{\"content\":{},\"index\":0},{\"content\":{},\"index\":1}]}\n\n"u8, new EventLog());
        decoder.Decode("data: {\"candidates\":[{\"finishReason\":\"STOP\",\"index\":0}]}\n\n"u8, new EventLog());
        Assert.False(decoder.IsFinished);

        decoder.Decode("data: {\"candidates\":[{\"finishReason\":\"STOP\",\"index\":1}]}\n\n"u8, new EventLog());
        Assert.True(decoder.IsFinished);
    }

    [Fact]
    public void Stream_EscapesAndBrokenSurrogates_BecomeText()
    {
        var (log, _) = Run("""data: {"candidates":[{"content":{"parts":[{"text":"a\n\u00e4\ud83d\ude00\ud83dz\\\/\udc00"}]},"finishReason":"STOP"}]}"""u8);

        Assert.Equal("a\nä😀\uFFFDz\\/\uFFFD", log.Text);
    }

    [Theory]
    [InlineData("data: nonsense\n\n")]
    [InlineData("data: [1]\n\n")]
    [InlineData("data: \"text\"\n\n")]
    [InlineData("data: {\"candidates\":[{\"content\":\n\n")]
    public void Stream_NoEventOfTheProtocol_IsAnError(string frame) => Assert.Equal(EventKind.Error, Decoder().Decode(Encoding.UTF8.GetBytes(frame), new EventLog()));

    [Theory]
    [InlineData("data: {\"candidates\":null}\n\n")]
    [InlineData("data: {\"candidates\":[null,3]}\n\n")]
    [InlineData("data: {\"candidates\":[{\"content\":{\"parts\":[null,\"x\",{\"text\":5},{\"functionCall\":7},{\"functionCall\":{}}]}}],\"usageMetadata\":null,\"promptFeedback\":null}\n\n")]
    public void Stream_OddMembers_AreSkipped(string frame)
    {
        var log = new EventLog();

        Assert.Equal(EventKind.Forward, Decoder().Decode(Encoding.UTF8.GetBytes(frame), log));
        Assert.Single(log.Lines);
    }

    [Fact]
    public void Stream_UnknownReason_StopsAndIsNamed()
    {
        var notes = new TranslationNotes();
        var decoder = new GeminiDecoder(Ge.Translation(Ge.Chat(), notes: notes), new ThoughtSignatures());
        var log = new EventLog();
        decoder.Decode("data: {\"candidates\":[{\"content\":{\"parts\":[{\"executableCode\":{\"code\":\"1\"}}]},\"finishReason\":\"NEW_ONE\"}]}\n\n"u8, log);

        Assert.Equal(FinishReason.Stop, log.Reason);
        Assert.Equal(["candidates[0].content.parts.executableCode", "finish_reason=NEW_ONE"], notes.Dropped);
    }

    private static GeminiDecoder Decoder() => new(Ge.Translation(Ge.Chat()), new ThoughtSignatures());

    private static (EventLog Log, DecodedEnd End) Run(ReadOnlySpan<byte> stream, IEnumerable<int>? cuts = null)
    {
        var log = new EventLog();
        return (log, Decoding.Stream(new GeminiUpstream(), Decoder(), stream, log, cuts ?? []));
    }

    /// <summary>Without the ids that are made anew each time.</summary>
    private static IEnumerable<string> Stable(EventLog log) =>
        log.Lines.Select(static line => line.StartsWith("tool[", StringComparison.Ordinal) ? string.Concat(line.Split(' ')[0], " ", line.Split(' ')[2]) : line).Append(log.LastUsage.ToString()!);
}
