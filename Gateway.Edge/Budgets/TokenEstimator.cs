namespace Gateway.Edge.Budgets;

/// <summary>
/// What the Edge has learned of tokens from the Router's reports: how many bytes one is, by model, and how long answers are, by key and model. Thread-safe. Bounded: what was
/// not used for long is forgotten when something new needs the room.
/// </summary>
internal sealed class TokenEstimator
{
    private const int MostModels = 1_024;
    private const int MostOutputs = 8_192;

    private readonly GenerationTable<string, InputRatio> _inputs = new(MostModels);
    private readonly GenerationTable<(string Key, string Model), OutputLengths> _outputs = new(MostOutputs);

    public InputRatio InputOf(string model) => _inputs.GetOrAdd(model, static _ => new InputRatio());

    public OutputLengths OutputOf(string key, string model) => _outputs.GetOrAdd((key, model), static _ => new OutputLengths());
}

/// <summary>How many bytes of text are a token of one model: a moving average. Thread-safe, without locks.</summary>
internal sealed class InputRatio
{
    /// <summary>Thousandths of a byte for a token before anything is known: four bytes.</summary>
    public const int StandardText = 4_000;

    /// <summary>The same for files in forms: sound is the densest of them.</summary>
    public const int StandardFile = 32_000;

    // Reports of tiny inputs say more about what a provider adds than about the text.
    private const int LeastTokens = 16;
    private const int Least = 1_000;
    private const int Most = 256_000;
    private const int Weight = 8;

    private int _learned;

    /// <summary>Rounded up.</summary>
    /// <param name="standard">Thousandths of a byte for a token while nothing is known.</param>
    public long TokensOf(long bytes, int standard)
    {
        var learned = Volatile.Read(ref _learned);
        var ratio = learned == 0 ? standard : learned;
        return ((bytes * 1000) + ratio - 1) / ratio;
    }

    public void Learn(long bytes, long tokens)
    {
        if (tokens < LeastTokens || bytes <= 0)
        {
            return;
        }

        var seen = (int)Math.Clamp(bytes * 1000 / tokens, Least, Most);
        var known = Volatile.Read(ref _learned);
        while (true)
        {
            var next = known == 0 ? seen : known + ((seen - known) / Weight);
            var found = Interlocked.CompareExchange(ref _learned, next, known);
            if (found == known)
            {
                return;
            }

            known = found;
        }
    }
}

/// <summary>How long the latest answers were, and what nine of ten stay below. Thread-safe by a short lock.</summary>
internal sealed class OutputLengths
{
    /// <summary>Tokens before anything is known.</summary>
    public const int Standard = 500;

    private const int Kept = 32;

    private readonly Lock _lock = new();
    private readonly int[] _latest = new int[Kept];
    private int _count;
    private int _high = Standard;

    /// <summary>The 90th percentile of the latest answers in tokens.</summary>
    public int High => Volatile.Read(ref _high);

    public void Learn(long tokens)
    {
        Span<int> sorted = stackalloc int[Kept];
        lock (_lock)
        {
            _latest[_count++ % Kept] = (int)Math.Clamp(tokens, 0, int.MaxValue);
            sorted = sorted[..Math.Min(_count, Kept)];
            _latest.AsSpan(0, sorted.Length).CopyTo(sorted);
            sorted.Sort();
            Volatile.Write(ref _high, sorted[((sorted.Length * 9) + 9) / 10 - 1]);

            // The count goes on within one turn of the ring, so that it never runs over.
            if (_count == 2 * Kept)
            {
                _count = Kept;
            }
        }
    }
}
