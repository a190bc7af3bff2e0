using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Text;

namespace Gateway.Bench.Mock;

/// <summary>
/// The upstream's answers, written once into native memory; per answer only the id and the time stamp are patched in place.
/// For one thread: a frame is valid until the next call.
/// </summary>
internal sealed unsafe class MockFrames
{
    public const int AnswerBytes = 1015;
    public const int IdDigits = 12;
    public const int StampDigits = 19;

    /// <summary>Stands before the answer's id in every answer and frame.</summary>
    public const string IdMark = "chatcmpl-";

    /// <summary>Stands before a token's time stamp and nowhere else.</summary>
    public const char StampMark = '@';

    private const string Head = "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n";

    private readonly Template _answer = new(BuildAnswer());
    private readonly Template _firstToken = new(StreamHead + Chunk(TokenFrame));
    private readonly Template _token = new(Chunk(TokenFrame));
    private readonly Template _models = new(Json("""{"object":"list","data":[{"id":"bench-upstream","object":"model","created":1750000000,"owned_by":"bench"}]}"""));
    private readonly Dictionary<int, Template> _ends = [];

    private static string Id => IdMark + new string('0', IdDigits);

    private static string StreamHead => Head + "Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

    private static string TokenFrame => Frame($$$""","choices":[{"index":0,"delta":{"content":"{{{StampMark}}}{{{new string('0', StampDigits)}}} "},"logprobs":null,"finish_reason":null}]}""");

    /// <summary>A whole non-streaming answer with its head.</summary>
    public ReadOnlySpan<byte> Answer(long id) => _answer.With(id, stamp: 0);

    /// <summary>One token. The first carries the response head too.</summary>
    public ReadOnlySpan<byte> Token(long id, long stamp, bool first) => (first ? _firstToken : _token).With(id, stamp);

    /// <summary>Finish reason, usage, [DONE] and the end of the body.</summary>
    public ReadOnlySpan<byte> End(long id, int tokens)
    {
        if (!_ends.TryGetValue(tokens, out var end))
        {
            _ends[tokens] = end = new Template(Chunk(
                Frame(""","choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}]}""")
                + Frame($$$""","choices":[],"usage":{"prompt_tokens":230,"completion_tokens":{{{tokens}}},"total_tokens":{{{230 + tokens}}}}}""")
                + "data: [DONE]\n\n") + "0\r\n\r\n");
        }

        return end.With(id, stamp: 0);
    }

    /// <summary>The model list, for gateways that ask their providers for it.</summary>
    public ReadOnlySpan<byte> Models => _models.With(0, 0);

    public static string Json(string body) => $"{Head}Content-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}";

    private static string Frame(string rest) =>
        $$"""data: {"id":"{{Id}}","object":"chat.completion.chunk","created":1750000000,"model":"bench-upstream","system_fingerprint":"fp_bench"{{rest}}""" + "\n\n";

    private static string Chunk(string text) => $"{text.Length:x}\r\n{text}\r\n";

    private static string BuildAnswer()
    {
        var start = $$"""{"id":"{{Id}}","object":"chat.completion","created":1750000000,"model":"bench-upstream","choices":[{"index":0,"message":{"role":"assistant","content":" """;
        const string End = """ ","refusal":null},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":230,"completion_tokens":160,"total_tokens":390},"system_fingerprint":"fp_bench"}""";
        return Json(start + Padding.Text(AnswerBytes - start.Length - End.Length) + End);
    }

    private sealed class Template
    {
        private readonly byte* _bytes;
        private readonly int _length;
        private readonly List<int> _ids = [];
        private readonly int _stamp;

        public Template(string text)
        {
            _length = text.Length;
            _bytes = (byte*)NativeMemory.Alloc((nuint)_length);
            Encoding.ASCII.GetBytes(text, new Span<byte>(_bytes, _length));
            for (var at = text.IndexOf(IdMark, StringComparison.Ordinal); at >= 0; at = text.IndexOf(IdMark, at + 1, StringComparison.Ordinal))
            {
                _ids.Add(at + IdMark.Length);
            }

            _stamp = text.IndexOf(StampMark, StringComparison.Ordinal) + 1;
        }

        public ReadOnlySpan<byte> With(long id, long stamp)
        {
            foreach (var at in _ids)
            {
                Utf8Formatter.TryFormat(id, new Span<byte>(_bytes + at, IdDigits), out _, new('D', IdDigits));
            }

            if (_stamp > 0)
            {
                Utf8Formatter.TryFormat(stamp, new Span<byte>(_bytes + _stamp, StampDigits), out _, new('D', StampDigits));
            }

            return new ReadOnlySpan<byte>(_bytes, _length);
        }
    }
}
