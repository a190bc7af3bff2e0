using System.Globalization;

namespace Gateway.Router.Protocols.Gemini;

internal enum ThinkingDialect
{
    /// <summary>Does not think.</summary>
    None,

    /// <summary><c>thinkingBudget</c> (2.5).</summary>
    Budget,

    /// <summary><c>thinkingLevel</c> (3 and later).</summary>
    Level,
}

/// <summary>What follows from the name of a model. Names without a version (<c>gemini-flash-latest</c>, tuned models) count as current ones.</summary>
internal readonly record struct GeminiModel
{
    private const int Current = 3;

    private GeminiModel(int major, int minor, bool isPro, bool isLite)
    {
        Major = major;
        Minor = minor;
        IsPro = isPro;
        IsLite = isLite;
    }

    public int Major { get; }

    public int Minor { get; }

    public bool IsPro { get; }

    public bool IsLite { get; }

    /// <summary>Takes JSON schemas as they are, in fields of their own; older ones know only a subset of OpenAPI.</summary>
    public bool HasJsonSchema => Major >= 2;

    /// <summary>Takes a schema for the answer and function tools in one request.</summary>
    public bool HasSchemaWithTools => Major >= 3;

    /// <summary>Takes media inside function responses.</summary>
    public bool HasMediaInResults => Major >= 3;

    /// <summary>Refuses its own calls without their signature.</summary>
    public bool WantsSignatures => Major >= 3;

    public ThinkingDialect Thinking => Major >= 3 ? ThinkingDialect.Level : Major == 2 && Minor >= 5 ? ThinkingDialect.Budget : ThinkingDialect.None;

    /// <summary>Smallest budget that is not off; pro models cannot be turned off.</summary>
    public int LeastBudget => IsPro ? 128 : IsLite ? 512 : 1;

    public int MostBudget => IsPro ? 32768 : 24576;

    public static GeminiModel Parse(string name)
    {
        var isPro = name.Contains("pro", StringComparison.Ordinal);
        var isLite = name.Contains("lite", StringComparison.Ordinal);
        const string Family = "gemini-";
        var at = name.LastIndexOf(Family, StringComparison.Ordinal);
        if (at < 0)
        {
            return new GeminiModel(Current, 0, isPro, isLite);
        }

        var rest = name.AsSpan(at + Family.Length);
        if (rest.StartsWith("pro") || rest.StartsWith("1."))
        {
            // gemini-pro without a version was the first; gemini-pro-latest is the newest.
            return rest.EndsWith("latest") && !rest.StartsWith("1.") ? new GeminiModel(Current, 0, isPro, isLite) : new GeminiModel(1, 0, isPro, isLite);
        }

        var end = rest.IndexOf('-');
        var version = end < 0 ? rest : rest[..end];
        var dot = version.IndexOf('.');
        var minor = 0;
        return int.TryParse(dot < 0 ? version : version[..dot], NumberStyles.None, CultureInfo.InvariantCulture, out var major)
            && (dot < 0 || int.TryParse(version[(dot + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out minor))
                ? new GeminiModel(major, minor, isPro, isLite) : new GeminiModel(Current, 0, isPro, isLite);
    }
}
