using System.Text;
using System.Text.Json;
using Gateway.Bench.Load;
using Gateway.Bench.Mock;

namespace Gateway.Bench.Selftest;

/// <summary>
/// The mock's Anthropic frames are what the service would send, with the texts of its OpenAI frames; and the parser takes what a translator makes of
/// them, whole, and nothing less.
/// </summary>
internal static class AnthropicChecks
{
    private const int Tokens = 3;
    private const string Id = "answer-000000000042";

    private static readonly string[] _order =
    [
        "message_start", "content_block_start", .. Enumerable.Repeat("content_block_delta", Tokens), "content_block_stop", "message_delta", "message_stop",
    ];

    public static async Task RunAsync(Check check, int mockPort, CancellationToken cancellationToken)
    {
        var anthropic = new AnthropicFrames();
        Answer(check, Encoding.ASCII.GetString(anthropic.Answer(42)));
        var texts = Texts(check, Events(Dechunked(Whole(anthropic))));
        var others = Events(Dechunked(Whole(new OpenAIFrames()))).Take(Tokens).Select(static e => e.Data.GetProperty("choices")[0].GetProperty("delta").GetProperty("content").GetString()).ToList();
        check.That("an Anthropic stream has OpenAI's texts behind the answer's id", texts.Count == Tokens && texts[0] == $"{Id} {others[0]}" && texts.Skip(1).SequenceEqual(others.Skip(1)), texts[0]);
        Translated(check, texts);
        await ServedAsync(check, mockPort, cancellationToken);
    }

    private static void Answer(Check check, string answer)
    {
        var body = answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
        var message = JsonDocument.Parse(body).RootElement;
        check.That("an Anthropic answer's body has 1,015 bytes", body.Length == MockFrames.AnswerBytes, body.Length);
        check.That("an Anthropic answer is a message with its id in the text", message.GetProperty("type").GetString() == "message"
            && message.GetProperty("content")[0].GetProperty("text").GetString()!.StartsWith($"{Id} ", StringComparison.Ordinal)
            && message.GetProperty("stop_reason").GetString() == "end_turn" && Output(message) == 160);
    }

    private static List<string> Texts(Check check, List<(string Name, JsonElement Data)> events)
    {
        check.That("an Anthropic stream has its events in order", events.Select(static e => e.Name).SequenceEqual(_order), string.Join(' ', events.Select(static e => e.Name)));
        check.That("each Anthropic event's type is its name", events.TrueForAll(static e => e.Data.GetProperty("type").GetString() == e.Name));
        var message = events[0].Data.GetProperty("message");
        check.That("an Anthropic stream opens with an empty message", message.GetProperty("id").GetString() == $"msg_{Id}" && message.GetProperty("content").GetArrayLength() == 0);
        var last = events[^2].Data;
        check.That("an Anthropic stream ends with stop reason and usage", last.GetProperty("delta").GetProperty("stop_reason").GetString() == "end_turn" && Output(last) == Tokens);
        return [.. events.Where(static e => e.Name == "content_block_delta").Select(static e => e.Data.GetProperty("delta").GetProperty("text").GetString()!)];
    }

    // Another order of members, more of them, a role of its own frame and an id of its own: all of that a translator may do.
    private static void Translated(Check check, List<string> texts)
    {
        const string Finish = """{"index":0,"finish_reason":"stop","delta":{}}""";
        string[] frames =
        [
            Frame("""{"index":0,"delta":{"role":"assistant","content":"","refusal":null},"logprobs":null,"finish_reason":null}"""),
            .. texts.Select(static text => Frame($$$"""{"index":0,"delta":{"content":"{{{text}}}"},"logprobs":null,"finish_reason":null}""")),
            Frame(Finish),
            Frame("", $$$"""{"prompt_tokens":230,"completion_tokens":{{{Tokens}}},"total_tokens":233,"completion_tokens_details":{"reasoning_tokens":0}}"""),
            "data: [DONE]\n\n",
        ];
        check.That("a translated stream is whole", Verdict(frames) is null, Verdict(frames));
        Refuses("a translated stream without its first text", 1, "tokens missing or repeated");
        Refuses("a translated stream without finish reason", Tokens + 1, "no finish reason");
        Refuses("a translated stream without usage", Tokens + 2, "usage missing or wrong");
        Refuses("a translated stream without [DONE]", Tokens + 3, "stream not ended");
        var other = frames.Select(static frame => frame.Replace(Id, "answer-000000000043", StringComparison.Ordinal)).ToArray();
        check.That("a translated stream of another answer is told apart", Verdict(other) == "id 43", Verdict(other));

        void Refuses(string what, int without, string reason)
        {
            var verdict = Verdict([.. frames.Where((_, at) => at != without)]);
            check.That($"{what} is refused", verdict == reason, verdict);
        }
    }

    // What the server answers, over its socket: the path decides, the wishes in the prompt are heard.
    private static async Task ServedAsync(Check check, int port, CancellationToken cancellationToken)
    {
        using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false });
        check.That("/v1/messages is answered as Anthropic, plain", (await PostAsync("messages", "")).StartsWith("{\"id\":\"msg_answer-", StringComparison.Ordinal));
        var stream = Events(await PostAsync("messages", "\"stream\":true,"));
        check.That("/v1/messages is answered as Anthropic, streamed", stream.Select(static e => e.Name).SequenceEqual(_order));
        check.That("/v1/chat/completions is answered as OpenAI", (await PostAsync("chat/completions", "")).StartsWith("{\"id\":\"chatcmpl-", StringComparison.Ordinal));

        async Task<string> PostAsync(string path, string options)
        {
            using var content = new StringContent($$$"""{{{{options}}}"messages":[{"role":"user","content":"tokens={{{Tokens}}} gap=0 "}]}""");
            using var response = await client.PostAsync(new Uri($"http://127.0.0.1:{port}/v1/{path}"), content, cancellationToken);
            return await response.Content.ReadAsStringAsync(cancellationToken);
        }
    }

    private static string Frame(string choice, string usage = "null") =>
        $$"""data: {"object":"chat.completion.chunk","id":"chatcmpl-7c2f0e00000000000000000000000099","created":1750000000,"model":"bench-model","choices":[{{choice}}],"usage":{{usage}}}""" + "\n\n";

    private static string? Verdict(string[] frames)
    {
        var body = string.Concat(frames);
        var bytes = Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{body.Length:x}\r\n{body}\r\n0\r\n\r\n");
        var parser = new ResponseParser(stream: true, Tokens);
        parser.Reset();
        parser.Read(bytes, now: 2000, transit: null);
        return parser.Failure ?? (parser.State != ResponseState.Complete ? "unfinished" : parser.AnswerId == 42 ? null : $"id {parser.AnswerId}");
    }

    private static string Whole(MockFrames frames)
    {
        var stream = new StringBuilder();
        for (var token = 0; token < Tokens; token++)
        {
            stream.Append(Encoding.ASCII.GetString(frames.Token(42, stamp: 1000 + token, first: token == 0)));
        }

        return stream.Append(Encoding.ASCII.GetString(frames.End(42, Tokens))).ToString();
    }

    // Throws where a chunk is longer or shorter than its size says.
    private static string Dechunked(string response)
    {
        var body = new StringBuilder();
        for (var at = response.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4; ;)
        {
            var line = response.IndexOf("\r\n", at, StringComparison.Ordinal);
            var size = Convert.ToInt32(response[at..line], 16);
            if (size == 0)
            {
                return response[line..] == "\r\n\r\n" ? body.ToString() : throw new BenchException("Bytes behind the last chunk.");
            }

            body.Append(response, line + 2, size);
            at = line + 2 + size + 2;
            if (response[(at - 2)..at] != "\r\n")
            {
                throw new BenchException("A chunk of the mock is not as long as it says.");
            }
        }
    }

    private static List<(string Name, JsonElement Data)> Events(string body) =>
        [.. body.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Where(static frame => frame != "data: [DONE]").Select(static frame =>
        {
            var data = frame.IndexOf("data: ", StringComparison.Ordinal);
            var name = data > 0 ? frame["event: ".Length..].Split('\n')[0] : "";
            return (name, JsonDocument.Parse(frame[(data + "data: ".Length)..]).RootElement);
        })];

    private static long Output(JsonElement message) => message.GetProperty("usage").GetProperty("output_tokens").GetInt64();
}
