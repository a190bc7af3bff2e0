namespace Gateway.Simulator.Faults;

/// <summary>How the answer of one request misbehaves. Counts are of tokens written over all choices.</summary>
internal sealed record FaultScript
{
    public static readonly FaultScript None = new();

    /// <summary>How pieces of the body are cut: not at all, at random sizes, or at a fixed size.</summary>
    public const int RandomPieces = -1;

    /// <summary>How the value of <c>retry_after</c> begins that is a date, so long from the answer on.</summary>
    public const string DateFromNow = "date:";

    /// <summary>The directives that made this script, in their order, for the meter's rows.</summary>
    public string Said { get; init; } = "";

    /// <summary>Answers this error status instead.</summary>
    public int? Status { get; init; }

    /// <summary>The error's <c>code</c>; null for the usual one of the status.</summary>
    public string? Code { get; init; }

    /// <summary>Header <c>retry-after</c> of the error, as written in the directive.</summary>
    public string? RetryAfter { get; init; }

    /// <summary>Header <c>retry-after</c> of the error as an HTTP date, so long after the answer, rounded up to the second.</summary>
    public TimeSpan? RetryAfterDate { get; init; }

    /// <summary>Header <c>retry-after-ms</c> of the error.</summary>
    public string? RetryAfterMs { get; init; }

    /// <summary>Time before the response head.</summary>
    public TimeSpan SlowHeaders { get; init; }

    /// <summary>Time from the response head to the first token; for a whole answer, before it.</summary>
    public TimeSpan Ttft { get; init; }

    /// <summary>Time between two tokens.</summary>
    public TimeSpan Gap { get; init; }

    /// <summary>Exact length of the answer in tokens.</summary>
    public int? Tokens { get; init; }

    /// <summary>Tokens of reasoning before the answer; null lets the request decide.</summary>
    public int? Think { get; init; }

    /// <summary>How many tools are called at once, from those that the text names or, when it names none, from all; null: as the text says.</summary>
    public int? Calls { get; init; }

    public int? CutAfter { get; init; }

    public int? EndAfter { get; init; }

    public int? StallAfter { get; init; }

    public int? ErrorAfter { get; init; }

    public int? GarbageAfter { get; init; }

    public bool NoDone { get; init; }

    public bool NoUsage { get; init; }

    /// <summary>A filter stops the prompt, with this reason; only Gemini says so inside a 200.</summary>
    public string? Block { get; init; }

    public bool Hang { get; init; }

    /// <summary>The head is sent before any fault, so that one after 0 tokens comes after it.</summary>
    public bool HeadFirst { get; init; }

    /// <summary>So is what opens a stream: a role, the start of a message.</summary>
    public bool OpenFirst { get; init; }

    public bool Crlf { get; init; }

    /// <summary>Answers with the text of the last user message, so that a test sees what arrived.</summary>
    public bool Echo { get; init; }

    /// <summary>Bytes for each write and flush; 0 for no cutting, <see cref="RandomPieces"/> for seeded random sizes.</summary>
    public int PieceBytes { get; init; }

    /// <summary>Blanks before the JSON of each event with a token: giant lines that mean the same.</summary>
    public int PadBytes { get; init; }

    /// <summary>Added to the request's seed: another value, another answer and other pieces.</summary>
    public ulong Seed { get; init; }
}
