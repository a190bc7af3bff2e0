using System.Collections.Frozen;
using System.Globalization;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using Gateway.Router.Attempts;

namespace Gateway.Router.Credentials;

/// <summary>
/// What the head of an answer says about the provider's own limits, as OpenAI, Azure, Groq and their likes (<c>x-ratelimit-remaining-tokens</c>),
/// Anthropic (<c>anthropic-ratelimit-tokens-remaining</c>) and everybody else (<c>ratelimit-remaining</c>) say it.
/// </summary>
internal struct QuotaHeaders
{
    public const int Dimensions = 11;

    private const int Limit = 0;
    private const int Remaining = 1;
    private const int Reset = 2;

    private static readonly FrozenDictionary<string, int> Slots = Names().ToFrozenDictionary(static name => name.Name, static name => name.Slot, StringComparer.OrdinalIgnoreCase);

    private Values _values;

    /// <summary>Whether the answer says anything at all.</summary>
    public bool IsEmpty { get; private set; } = true;

    public QuotaHeaders() => ((Span<QuotaDimension>)_values).Fill(QuotaDimension.Unknown);

    public readonly QuotaDimension this[int dimension] => _values[dimension];

    /// <summary>Reads a whole head, in one pass and without an allocation.</summary>
    public static QuotaHeaders Read(HttpResponseHeaders headers, DateTimeOffset utcNow)
    {
        var quota = new QuotaHeaders();
        foreach (var header in headers.NonValidated)
        {
            if (header.Key.Length is >= 14 and < 48 && header.Key.Contains("ratelimit", StringComparison.OrdinalIgnoreCase))
            {
                quota.Note(header.Key, header.Value.ToString(), utcNow);
            }
        }

        return quota;
    }

    /// <summary>Takes one header.</summary>
    public void Note(string name, string value, DateTimeOffset utcNow)
    {
        if (!Slots.TryGetValue(name, out var slot))
        {
            return;
        }

        ref var dimension = ref ((Span<QuotaDimension>)_values)[slot / 3];
        switch (slot % 3)
        {
            case Limit when Number(value) is > 0 and var limit:
                dimension.Limit = limit;
                break;
            case Remaining when Number(value) is >= 0 and var remaining:
                dimension.Remaining = remaining;
                break;
            case Reset when RetryAfter.ResetIn(value, utcNow) is { } reset:
                dimension.Reset = reset;
                break;
            default:
                return;
        }

        IsEmpty = false;
    }

    /// <summary>When everything that is used up is whole again.</summary>
    /// <returns>Null when nothing is used up, or nothing says when.</returns>
    public readonly TimeSpan? ExhaustedFor()
    {
        TimeSpan? wait = null;
        foreach (var dimension in (ReadOnlySpan<QuotaDimension>)_values)
        {
            if (dimension.Remaining <= 0 && dimension.HasReset && (wait is null || dimension.Reset > wait))
            {
                wait = dimension.Reset;
            }
        }

        return wait;
    }

    private static double Number(string value) => double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) ? number : double.NaN;

    private static IEnumerable<(string Name, int Slot)> Names()
    {
        (string Before, string After)[] families =
        [
            ("x-ratelimit-", "-requests"), ("x-ratelimit-", "-tokens"), ("x-ratelimit-", "-requests-day"), ("x-ratelimit-", "-tokens-minute"),
            ("anthropic-ratelimit-requests-", ""), ("anthropic-ratelimit-tokens-", ""), ("anthropic-ratelimit-input-tokens-", ""), ("anthropic-ratelimit-output-tokens-", ""),
            ("x-ratelimit-", ""), ("ratelimit-", ""), ("ratelimitbysize-", ""),
        ];
        string[] words = ["limit", "remaining", "reset"];
        return families.SelectMany((family, dimension) => words.Select((word, what) => (family.Before + word + family.After, (dimension * 3) + what)));
    }

    [InlineArray(Dimensions)]
    private struct Values
    {
        private QuotaDimension _first;
    }
}
