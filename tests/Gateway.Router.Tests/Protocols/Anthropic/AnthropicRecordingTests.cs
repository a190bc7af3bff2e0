using System.Text;
using System.Text.Json;
using Gateway.Core.Money;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Anthropic;
using Gateway.Router.Protocols.Neutral;
using Gateway.Router.Tests.Hosting;
using Gateway.Router.Tests.Translating;

namespace Gateway.Router.Tests.Protocols.Anthropic;

public sealed class AnthropicRecordingTests
{
    private const string Spliced = "anthropic-stream-spliced-message-start";

    public static TheoryData<string> All => Recordings.Ids("anthropic");

    [Theory]
    [MemberData(nameof(All))]
    public void Recording_Decoded_SaysWhatAParserFinds(string id)
    {
        var recording = Recordings.Load(id);
        if (recording.Status != 200 || id == Spliced)
        {
            return;
        }

        var expected = Expected.Of(recording);
        var log = new EventLog();
        Assert.Equal(DecodedEnd.Normal, Decode(recording, recording.Response, log, []));
        Assert.Equal(expected.Text, log.Text);
        Assert.Equal(expected.Thinking, log.ReasoningText);
        Assert.Equal(expected.Reason, log.Reason);
        Assert.Equal(expected.Usage, log.LastUsage);
        Assert.Equal(expected.Calls, log.Lines.Where(static line => line.StartsWith("tool[", StringComparison.Ordinal) || line.StartsWith("arguments[", StringComparison.Ordinal)));
        Assert.Single(log.Lines, static line => line.StartsWith("finish ", StringComparison.Ordinal));
        Assert.Equal($"start {expected.Id} {expected.Model}", log.Lines[0]);
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Stream_HoweverItIsCutAndFramed_SaysTheSame(string id)
    {
        var recording = Recordings.Load(id);
        if (!recording.Streaming || recording.Status != 200)
        {
            return;
        }

        var bytes = recording.Response;
        var (end, lines) = Run(recording, bytes, []);
        var text = Encoding.UTF8.GetString(bytes);
        Assert.Equal((end, lines), Run(recording, bytes, Decoding.ByteByByte()));
        Assert.Equal((end, lines), Run(recording, Encoding.UTF8.GetBytes(text.ReplaceLineEndings("\r\n")), Decoding.ByteByByte()));
        Assert.Equal((end, lines), Run(recording, Encoding.UTF8.GetBytes(text.ReplaceLineEndings("\r")), []));
        Assert.Equal((end, lines), Run(recording, Encoding.UTF8.GetBytes(text.Replace("\n\n", "\n\n: comment\n\n", StringComparison.Ordinal)), []));
        Assert.Equal((end, lines), Run(recording, Encoding.UTF8.GetBytes(text.TrimEnd('\n')), []));

        // No event line, and a byte order mark in front.
        var bare = string.Join('\n', text.Split('\n').Where(static line => !line.StartsWith("event:", StringComparison.Ordinal)));
        Assert.Equal((end, lines), Run(recording, Encoding.UTF8.GetBytes("\uFEFF" + bare), []));
        for (var border = text.IndexOf("\n\n", StringComparison.Ordinal); border >= 0; border = text.IndexOf("\n\n", border + 1, StringComparison.Ordinal))
        {
            Assert.Equal((end, lines), Run(recording, bytes, [Encoding.UTF8.GetByteCount(text.AsSpan(0, border + 2))]));
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Stream_AnyCutIntoTwo_SaysTheSame(string id)
    {
        var recording = Recordings.Load(id);
        if (!recording.Streaming || recording.Response.Length > 8_000)
        {
            return;
        }

        var whole = Run(recording, recording.Response, []);
        for (var cut = 1; cut < recording.Response.Length; cut++)
        {
            Assert.Equal(whole, Run(recording, recording.Response, [cut]));
        }
    }

    [Theory]
    [MemberData(nameof(All))]
    public void Pitfall10_StreamTruncated_IsNeverANormalEnd(string id)
    {
        var recording = Recordings.Load(id);
        if (!recording.Streaming)
        {
            return;
        }

        foreach (var percent in (int[])[25, 50, 75])
        {
            var log = new EventLog();
            var end = Decode(recording, recording.Response.AsSpan(0, recording.Response.Length * percent / 100), log, []);
            Assert.NotEqual(DecodedEnd.Normal, end);
            Assert.Null(log.Reason);
        }
    }

    [Fact]
    public void Pitfall11_StopReasonSeenAndMarkerMissing_IsANormalEnd()
    {
        var recording = Recordings.Load("anthropic-stream-plain-1");
        var text = Encoding.UTF8.GetString(recording.Response);
        var log = new EventLog();
        Assert.Equal(DecodedEnd.Normal, Decode(recording, Encoding.UTF8.GetBytes(text[..text.IndexOf("event: message_stop", StringComparison.Ordinal)]), log, []));
        Assert.Equal(FinishReason.Stop, log.Reason);
    }

    [Fact]
    public void Recording_SecondMessageSplicedIn_IsAnErrorBeforeItsText()
    {
        var recording = Recordings.Load(Spliced);
        var log = new EventLog();
        Assert.Equal(DecodedEnd.Error, Decode(recording, recording.Response, log, []));
        Assert.Equal("I will call the tool.", log.ReasoningText);
        Assert.Null(log.Reason);
        Assert.Contains("arguments[0] {\"value\":\"Spark", log.Lines);
        Assert.DoesNotContain(log.Lines, static line => line.Contains("msg_second", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("anthropic-error-401", 401, "authentication_error", "invalid x-api-key")]
    [InlineData("anthropic-error-429-rate-limit", 429, "rate_limit_error", "This request would exceed the rate limit of your organization")]
    [InlineData("anthropic-error-500", 500, "api_error", "Internal server error")]
    public void Pitfall8_ErrorDocumentInside200_BecomesAnError(string id, int status, string type, string message)
    {
        var recording = Recordings.Load(id);
        var decoder = new AnthropicDecoder(null);
        Assert.Equal(EventKind.Error, decoder.DecodeAnswer(recording.Response, new EventLog()));
        Assert.Equal(new UpstreamError(status, type, null, message, null), decoder.ReadError(recording.Response));
        var frame = Encoding.UTF8.GetBytes($"event: error\ndata: {Encoding.UTF8.GetString(recording.Response)}\n\n");
        Assert.Equal(EventKind.Error, decoder.Decode(frame, new EventLog()));
        Assert.Equal(new UpstreamError(status, type, null, message, null), decoder.ReadError(frame));
    }

    [Theory]
    [MemberData(nameof(All))]
    public void PassThrough_AnyRecording_CountsWhatDecodingCounts(string id)
    {
        var recording = Recordings.Load(id);
        if (!recording.Streaming || id == Spliced)
        {
            return;
        }

        var cheap = new AnthropicEventReader();
        var whole = new DecodedEventReader(new AnthropicDecoder(null), FrameFormat.Sse);
        foreach (var frame in Encoding.UTF8.GetString(recording.Response).Split("\n\n", StringSplitOptions.RemoveEmptyEntries))
        {
            var bytes = Encoding.UTF8.GetBytes(frame + "\n\n");
            Assert.Equal(whole.Observe(bytes), cheap.Observe(bytes));
            Assert.Equal((whole.Usage, whole.Model, whole.IsFinished), (cheap.Usage, cheap.Model, cheap.IsFinished));
        }

        Assert.InRange(cheap.ContentEvents, whole.ContentEvents - 1, whole.ContentEvents);
        Assert.InRange(cheap.OutputEstimate, whole.OutputEstimate * 8 / 10, (whole.OutputEstimate * 12 / 10) + 2);
    }

    private static (DecodedEnd End, string Lines) Run(Recording recording, byte[] bytes, IEnumerable<int> cuts)
    {
        var log = new EventLog();
        var end = Decode(recording, bytes, log, cuts);
        return (end, string.Join('\n', log.Lines) + log.LastUsage);
    }

    private static DecodedEnd Decode(Recording recording, ReadOnlySpan<byte> bytes, EventLog log, IEnumerable<int> cuts)
    {
        var decoder = new AnthropicDecoder(null);
        return recording.Streaming ? Decoding.Stream(Samples.Upstream, decoder, bytes, log, cuts)
            : decoder.DecodeAnswer(bytes, log) == EventKind.Done ? DecodedEnd.Normal : DecodedEnd.Error;
    }

    /// <summary>What the recording says, read with a full parser.</summary>
    private sealed record Expected(string Id, string Model, string Text, string Thinking, FinishReason Reason, TokenUsage Usage, List<string> Calls)
    {
        public static Expected Of(Recording recording)
        {
            var blocks = new SortedDictionary<int, (string Type, string Head, StringBuilder Text)>();
            JsonElement message = default;
            JsonElement ending = default;
            var counts = new Dictionary<string, long>();
            foreach (var root in Documents(recording))
            {
                switch (root.GetProperty("type").GetString())
                {
                    case "message_start":
                        message = root.GetProperty("message");
                        Count(message, counts);
                        break;
                    case "content_block_start":
                        Add(blocks, root.GetProperty("index").GetInt32(), root.GetProperty("content_block"));
                        break;
                    case "content_block_delta":
                        var delta = root.GetProperty("delta");
                        foreach (var name in (string[])["text", "thinking", "partial_json"])
                        {
                            blocks[root.GetProperty("index").GetInt32()].Text.Append(delta.TryGetProperty(name, out var piece) ? piece.GetString() : "");
                        }

                        break;
                    case "message_delta":
                        ending = root.GetProperty("delta");
                        Count(root, counts);
                        break;
                    case "message":
                        message = ending = root;
                        Count(root, counts);
                        foreach (var block in root.GetProperty("content").EnumerateArray())
                        {
                            Add(blocks, blocks.Count, block);
                        }

                        break;
                    default:
                        break;
                }
            }

            var calls = new List<string>();
            foreach (var (_, head, text) in blocks.Values.Where(static block => block.Type == "tool_use"))
            {
                var index = calls.Count / 2;
                calls.Add($"tool[{index}] {head}");
                calls.Add($"arguments[{index}] {(text.Length == 0 ? "{}" : text)}");
            }

            var (read, write) = (counts.GetValueOrDefault("cache_read_input_tokens"), counts.GetValueOrDefault("cache_creation_input_tokens"));
            return new Expected(
                message.GetProperty("id").GetString()!, message.GetProperty("model").GetString()!,
                Join(blocks.Values, "text"), Join(blocks.Values, "thinking"),
                ending.GetProperty("stop_reason").GetString() switch { "end_turn" => FinishReason.Stop, "tool_use" => FinishReason.Tool, "refusal" => FinishReason.Refusal, "stop_sequence" => FinishReason.StopSequence, var other => throw new InvalidOperationException(other) },
                new TokenUsage(counts["input_tokens"] + read + write, read, write, counts["output_tokens"], 0), calls);
        }

        private static IEnumerable<JsonElement> Documents(Recording recording) => recording.Streaming
            ? Encoding.UTF8.GetString(recording.Response).Split('\n').Where(static line => line.StartsWith("data: ", StringComparison.Ordinal)).Select(static line => Samples.Json(line[6..]))
            : [Samples.Json(Encoding.UTF8.GetString(recording.Response))];

        private static string Join(IEnumerable<(string Type, string Head, StringBuilder Text)> blocks, string type) => string.Concat(blocks.Where(block => block.Type == type).Select(static block => block.Text));

        private static void Add(SortedDictionary<int, (string Type, string Head, StringBuilder Text)> blocks, int index, JsonElement block)
        {
            var type = block.GetProperty("type").GetString()!;
            blocks[index] = type switch
            {
                "tool_use" => (type, $"{block.GetProperty("id").GetString()} {block.GetProperty("name").GetString()}", new StringBuilder(block.GetProperty("input").GetRawText() is var input && input == "{}" ? "" : input)),
                _ => (type, "", new StringBuilder(block.GetProperty(type).GetString())),
            };
        }

        private static void Count(JsonElement owner, Dictionary<string, long> counts)
        {
            foreach (var count in owner.GetProperty("usage").EnumerateObject().Where(static count => count.Value.ValueKind == JsonValueKind.Number))
            {
                counts[count.Name] = count.Value.GetInt64();
            }
        }
    }
}
