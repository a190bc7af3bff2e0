using System.Text;
using Gateway.Bench.Load;
using Gateway.Bench.Mock;

namespace Gateway.Bench.Selftest;

/// <summary>The parser accepts what the mock sends however it is cut, and refuses what a broken proxy would make of it.</summary>
internal static class ParserChecks
{
    private const int Tokens = 3;

    public static void Run(Check check)
    {
        var frames = new OpenAIFrames();
        var answer = Encoding.ASCII.GetString(frames.Answer(42));
        check.That("an answer's body has 1,015 bytes", answer.Length - answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) - 4 == MockFrames.AnswerBytes);
        check.That("a request's body has 1,024 bytes", new[] { false, true }.All(static stream =>
        {
            var request = Encoding.ASCII.GetString(new LoadPlan { Port = 1, Duration = default, Stream = stream }.BuildRequest());
            return request.Length - request.IndexOf("\r\n\r\n", StringComparison.Ordinal) - 4 == LoadPlan.RequestBytes;
        }));
        var stream = new StringBuilder();
        for (var token = 0; token < Tokens; token++)
        {
            stream.Append(Encoding.ASCII.GetString(frames.Token(42, stamp: 1000 + token, first: token == 0)));
        }

        var whole = stream.Append(Encoding.ASCII.GetString(frames.End(42, Tokens))).ToString();
        foreach (var size in new[] { 1, 2, 3, 7, 100, 100_000 })
        {
            check.That($"an answer in pieces of {size} is whole", Verdict(false, answer, size) is null, Verdict(false, answer, size));
            check.That($"a stream in pieces of {size} is whole", Verdict(true, whole, size) is null, Verdict(true, whole, size));
        }

        var cuts = Enumerable.Range(1, whole.Length - 1).Where(cut => Verdict(true, whole, cut, firstOnly: false) is not null).ToList();
        check.That("a stream cut once at any byte is whole", cuts.Count == 0, cuts.Count == 0 ? null : cuts[0]);
        check.That("a stream that stops early is not over", Verdict(true, whole[..^40], 50) == "unfinished");
        Refuses("a lost token", whole.Replace(OneToken(frames, 1001), "", StringComparison.Ordinal), "tokens missing or repeated");
        Refuses("a repeated token", whole.Replace(OneToken(frames, 1001), OneToken(frames, 1001) + OneToken(frames, 1001), StringComparison.Ordinal), "tokens missing or repeated");
        Refuses("a stream without [DONE]", whole.Replace("data: [DONE]\n\n", ": no more en\n\n", StringComparison.Ordinal), "stream not ended");
        Refuses("a stream without finish reason", whole.Replace("\"finish_reason\":\"stop\"", "\"finish_reason\":null  ", StringComparison.Ordinal), "no finish reason");
        Refuses("a wrong usage", whole.Replace("\"completion_tokens\":3", "\"completion_tokens\":4", StringComparison.Ordinal), "usage missing or wrong");
        Refuses("an error status", whole.Replace("200 OK", "502 Bad", StringComparison.Ordinal), "status 502");
        Refuses("broken chunk framing", whole.Replace("\r\n0\r\n\r\n", "\r\nzz\r\n\r\n", StringComparison.Ordinal), "chunk framing");
        Refuses("bytes behind the end", whole + "x", "bytes after the answer");
        check.That("a plain answer without usage is refused", Verdict(false, answer.Replace("\"usage\"", "\"xsage\"", StringComparison.Ordinal), 100_000) == "answer not whole");

        void Refuses(string what, string bytes, string reason)
        {
            var verdict = Verdict(true, bytes, 100_000);
            check.That($"{what} is refused", verdict == reason, verdict);
        }
    }

    private static string OneToken(MockFrames frames, long stamp) => Encoding.ASCII.GetString(frames.Token(42, stamp, first: false));

    // Null when the answer is accepted with the right id.
    private static string? Verdict(bool stream, string text, int size, bool firstOnly = true)
    {
        var bytes = Encoding.ASCII.GetBytes(text);
        var parser = new ResponseParser(stream, Tokens);
        parser.Reset();
        for (var at = 0; at < bytes.Length;)
        {
            var take = Math.Min(firstOnly || at == 0 ? size : bytes.Length, bytes.Length - at);
            parser.Read(bytes.AsSpan(at, take), now: 2000, transit: null);
            at += take;
        }

        return parser.Failure ?? (parser.State != ResponseState.Complete ? "unfinished" : parser.AnswerId == 42 ? null : $"id {parser.AnswerId}");
    }
}
