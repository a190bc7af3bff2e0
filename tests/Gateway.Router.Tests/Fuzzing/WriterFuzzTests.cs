using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Gateway.Core.Money;
using Gateway.Core.Requests;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Gemini;
using Gateway.Router.Protocols.Neutral;
using Gateway.Router.Tests.Translating;

namespace Gateway.Router.Tests.Fuzzing;

/// <summary>Any legal answer, written in each client protocol and read again by independent means: the same text, calls, finish and usage.</summary>
public sealed class WriterFuzzTests
{
    private static readonly string[] Texts = ["hi", " ", "Grüße 😀", "a \"quote\" \\", "\n\ndata: [DONE]\n\n", "\u2028\u0085", "\0\u0001\u007f", "</script>", "日本語", "{\"done\":true}"];
    private static readonly string[] Arguments = ["{}", "", """{"city":"Köln \"am\" Rhein 😀"}""", """{"a":[1,2.50,-0,1e3],"b":{"c":null}}""", """ {"spaced" : true} """, """{"n":12345678901234567890}"""];

    [Theory]
    [InlineData(0, 91_000_000)]
    [InlineData(1, 92_000_000)]
    [InlineData(2, 93_000_000)]
    [InlineData(3, 94_000_000)]
    [InlineData(4, 95_000_000)]
    [InlineData(5, 96_000_000)]
    public Task Answer_Made_IsReadAsMeant(int which, int seed) => Fuzz.RunAsync(seed, 3_000, random =>
    {
        var client = FuzzedClient.All[which];
        var stream = !random.OneIn(4);
        var made = new MadeAnswer(random);
        var output = new ArrayBufferWriter<byte>();
        var context = Context(client, stream);
        if (stream)
        {
            var writer = client.Protocol.WriteStream(context, output);
            foreach (var play in made.Events)
            {
                play(writer);
                if (random.OneIn(20))
                {
                    writer.KeepAlive();
                }
            }

            writer.End();
        }
        else
        {
            var answer = new NeutralAnswer();
            made.Events.ForEach(play => play(answer));
            client.Protocol.WriteAnswer(answer, context, output);
        }

        SeenAnswer seen;
        try
        {
            seen = client.Read(stream, output.WrittenSpan);
        }
        catch (Exception exception)
        {
            throw new FuzzException($"{client.Operation}: unreadable: {exception.GetType().Name}", $"{exception}\n{made}\n->\n{Encoding.UTF8.GetString(output.WrittenSpan)}");
        }

        foreach (var (name, meant, got) in made.Compare(seen, client.Reading, stream))
        {
            if (meant != got)
            {
                throw new FuzzException($"{client.Operation}{(stream ? " stream" : "")}: {name} is not what was meant", $"{meant}\n{got}\n{made}\n->\n{Encoding.UTF8.GetString(output.WrittenSpan)}");
            }
        }
    });

    private static AnswerContext Context(FuzzedClient client, bool stream) => new()
    {
        Call = client.Call(stream),
        Model = "asked",
        RequestId = Guid.Parse("01234567-89ab-cdef-0123-456789abcdef"),
        Created = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000),
        IncludeUsage = true,
        ClientState = client.Operation == LlmOperation.GenerateContent ? new GeminiClientState(ShowsThoughts: true) : null,
        Notes = new TranslationNotes(),
        Elapsed = static () => TimeSpan.FromSeconds(1),
    };

    /// <summary>Events that a decoder may give out: reasoning, text, refusals, overlapping calls; everything in pieces.</summary>
    private sealed class MadeAnswer
    {
        private readonly StringBuilder _text = new();
        private readonly StringBuilder _reasoning = new();
        private readonly List<string> _calls = [];
        private readonly List<string> _endedCalls = [];
        private readonly StringBuilder _log = new();
        private readonly FinishReason _reason;
        private readonly TokenUsage _usage;
        private bool _refused;

        public MadeAnswer(Random random)
        {
            if (!random.OneIn(8))
            {
                Add("start", static sink => sink.Start("upstream-1"u8, "model-1"u8));
            }

            for (var parts = random.Next(6); parts > 0; parts--)
            {
                switch (random.Next(7))
                {
                    case 0 when _text.Length == 0 && _calls.Count == 0: Pieces(random, _reasoning, "reasoning", static (sink, piece) => sink.Reasoning(piece)); break;
                    case 1 when _text.Length == 0 && _calls.Count == 0 && _reasoning.Length > 0: Add("signature", static sink => sink.ReasoningSignature("c2ln"u8)); break;
                    case 2 or 3: AddCalls(random); break;
                    case 4 when parts == 1 && _calls.Count == 0:
                        _refused = true;
                        Pieces(random, _text, "refusal", static (sink, piece) => sink.Refusal(piece));
                        break;
                    default: Pieces(random, _text, "text", static (sink, piece) => sink.Text(piece)); break;
                }
            }

            _reason = _calls.Count > 0 ? random.Pick([FinishReason.Tool, FinishReason.Tool, FinishReason.Length]) : _refused ? FinishReason.Stop : random.Pick([FinishReason.Stop, FinishReason.Length, FinishReason.Filtered]);
            var input = random.Next(2, 1000);
            var cached = random.Next(input);
            var written = random.Next(input - cached);
            var output = random.Next(1, 1000);
            _usage = new TokenUsage(input, cached, written, output, random.Next(output));
            var usage = _usage;
            var reason = _reason;
            var early = random.OneIn(2);
            if (early)
            {
                Add("usage", sink => sink.Usage(in usage));
            }

            Add($"finish {reason}", sink => sink.Finish(reason, default));
            if (!early)
            {
                Add("usage", sink => sink.Usage(in usage));
            }
        }

        public List<Action<IAnswerSink>> Events { get; } = [];

        public IEnumerable<(string Name, string Meant, string Got)> Compare(SeenAnswer seen, string protocol, bool stream)
        {
            yield return ("text", _text.ToString(), seen.Text);
            yield return ("reasoning", _reasoning.ToString(), seen.Reasoning);

            // Where a call stands in one piece, it comes when it is whole.
            yield return ("calls", string.Join(' ', stream && (protocol is "responses" or "gemini" or "ollama") ? _endedCalls : _calls), seen.Calls);
            yield return ("finish", Finish(protocol), protocol is "anthropic" or "gemini" && seen.Finish == "refusal" ? "filtered" : seen.Finish);
            yield return ("usage", string.Create(CultureInfo.InvariantCulture, $"{_usage.Input} {(protocol == "ollama" ? 0 : _usage.CachedInput)} {_usage.Output}"), string.Create(CultureInfo.InvariantCulture, $"{seen.Input} {seen.Cached} {seen.Output}"));
        }

        public override string ToString() => _log.ToString();

        /// <summary>In the words that the protocol has.</summary>
        private string Finish(string protocol) => (_refused, _reason) switch
        {
            (true, _) => protocol switch { "ollama" => "stop", "anthropic" or "gemini" => "filtered", _ => "refusal" },
            (_, FinishReason.Tool) => "tool",
            (_, FinishReason.Length) => "length",
            (_, FinishReason.Filtered) => protocol == "ollama" ? "stop" : "filtered",
            _ => "stop",
        };

        private void AddCalls(Random random)
        {
            // Several at once: their pieces come in any order.
            var open = new List<(int Index, Queue<byte[]> Pieces)>();
            for (var more = random.Next(1, 4); more > 0; more--)
            {
                var index = _calls.Count;
                var name = random.Pick(["get_weather", "f"]);
                var arguments = random.Pick(Arguments);
                _calls.Add($"{name}({(arguments.Length == 0 ? "{}" : JsonNode.Parse(arguments)!.ToJsonString())})");
                open.Add((index, new Queue<byte[]>(Cut(random, arguments))));
                Add($"tool {index} {name} {arguments}", sink => sink.ToolStart(index, Encoding.UTF8.GetBytes($"call_{index}"), Encoding.UTF8.GetBytes(name)));
                if (random.OneIn(2))
                {
                    Close(random, open);
                }
            }

            while (open.Count > 0)
            {
                Close(random, open);
            }
        }

        private void Close(Random random, List<(int Index, Queue<byte[]> Pieces)> open)
        {
            var (index, pieces) = random.Pick(open);
            if (pieces.TryDequeue(out var piece))
            {
                Add($"arguments {index} {Encoding.UTF8.GetString(piece)}", sink => sink.ToolArguments(index, piece));
                return;
            }

            _endedCalls.Add(_calls[index]);
            Add($"end {index}", sink => sink.ToolEnd(index));
            open.RemoveAll(call => call.Index == index);
        }

        private void Pieces(Random random, StringBuilder all, string kind, Action<IAnswerSink, byte[]> play)
        {
            for (var pieces = random.Next(1, 4); pieces > 0; pieces--)
            {
                var text = random.Pick(Texts);
                all.Append(text);
                Add($"{kind} {text}", sink => play(sink, Encoding.UTF8.GetBytes(text)));
            }
        }

        /// <summary>Between characters: what a decoder gives out is UTF-8.</summary>
        private static IEnumerable<byte[]> Cut(Random random, string text)
        {
            for (var at = 0; at < text.Length;)
            {
                var length = Math.Min(random.Next(1, 12), text.Length - at);
                length += at + length < text.Length && char.IsLowSurrogate(text[at + length]) ? 1 : 0;
                yield return Encoding.UTF8.GetBytes(text.Substring(at, length));
                at += length;
            }
        }

        private void Add(string log, Action<IAnswerSink> play)
        {
            _log.AppendLine(log);
            Events.Add(play);
        }
    }
}
