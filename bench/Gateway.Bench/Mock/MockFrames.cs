namespace Gateway.Bench.Mock;

/// <summary>The upstream's answers in one protocol. For one thread: a frame is valid until the next call.</summary>
internal abstract class MockFrames
{
    public const int AnswerBytes = 1015;
    public const int IdDigits = 12;
    public const int StampDigits = 19;

    /// <summary>Stands before a token's time stamp and nowhere else.</summary>
    public const char StampMark = '@';

    protected const int PromptTokens = 230;
    protected const int AnswerTokens = 160;

    private const string Head = "HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n";

    private readonly string _idMark;
    private readonly FrameTemplate _answer;
    private readonly FrameTemplate _firstToken;
    private readonly FrameTemplate _token;
    private readonly Dictionary<int, FrameTemplate> _ends = [];

    /// <param name="idMark">Stands before the answer's id.</param>
    /// <param name="answer">What stands around the text of a plain answer.</param>
    /// <param name="firstToken">The first frame with a text, and frames before it if the protocol has them.</param>
    /// <param name="token">The frame of every further text.</param>
    protected MockFrames(string idMark, (string Start, string End) answer, string firstToken, string token)
    {
        _idMark = idMark;
        _answer = new(Json(answer.Start + Padding.Text(AnswerBytes - answer.Start.Length - answer.End.Length) + answer.End), idMark);
        _firstToken = new(StreamHead + Chunk(firstToken), idMark);
        _token = new(Chunk(token), idMark);
    }

    /// <summary>A text as long as a token of an upstream: the bench's whole token, as every protocol here carries it.</summary>
    protected static string TokenText => $"{StampMark}{new string('0', StampDigits)} ";

    private static string StreamHead => Head + "Content-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

    /// <summary>A whole non-streaming answer with its head.</summary>
    public ReadOnlySpan<byte> Answer(long id) => _answer.With(id, stamp: 0);

    /// <summary>One token. The first carries the response head too.</summary>
    public ReadOnlySpan<byte> Token(long id, long stamp, bool first) => (first ? _firstToken : _token).With(id, stamp);

    /// <summary>What follows the last token, to the end of the body.</summary>
    public ReadOnlySpan<byte> End(long id, int tokens)
    {
        if (!_ends.TryGetValue(tokens, out var end))
        {
            _ends[tokens] = end = new FrameTemplate(Chunk(LastFrames(tokens)) + "0\r\n\r\n", _idMark);
        }

        return end.With(id, stamp: 0);
    }

    public static string Json(string body) => $"{Head}Content-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}";

    /// <summary>Finish reason, usage and whatever ends a stream.</summary>
    protected abstract string LastFrames(int tokens);

    protected static string Zeros(string idMark) => idMark + new string('0', IdDigits);

    private static string Chunk(string text) => $"{text.Length:x}\r\n{text}\r\n";
}
