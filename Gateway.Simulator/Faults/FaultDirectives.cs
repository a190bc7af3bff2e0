using System.Collections.Frozen;
using System.Globalization;

namespace Gateway.Simulator.Faults;

/// <summary>
/// Reads directives: <c>[sim name=value name ...]</c> anywhere in the text, and <c>+name=value</c> after the model name, which
/// survives gateways that rewrite the text. The text wins over the model name.
/// </summary>
internal static class FaultDirectives
{
    public const string Opening = "[sim";
    private const int MaxTokens = 100_000;
    private const int MaxCalls = 128;
    private static readonly TimeSpan MaxDelay = TimeSpan.FromHours(1);

    private sealed record Directive(string Usage, Func<FaultScript, string, FaultScript?> Apply);

    private static readonly FrozenDictionary<string, Directive> Known = new Dictionary<string, Directive>
    {
        ["status"] = new("status=400..599", static (script, value) => Number(value, 400, 599) is { } status ? script with { Status = status } : null),
        ["code"] = new("code=TEXT", static (script, value) => value.Length > 0 ? script with { Code = value } : null),
        ["retry_after"] = new("retry_after=SECONDS|date:DURATION", static (script, value) => value.StartsWith(FaultScript.DateFromNow, StringComparison.Ordinal)
            ? Duration(value[FaultScript.DateFromNow.Length..]) is { } time ? script with { RetryAfter = null, RetryAfterDate = time } : null
            : value.Length > 0 ? script with { RetryAfter = value, RetryAfterDate = null } : null),
        ["retry_after_ms"] = new("retry_after_ms=MILLISECONDS", static (script, value) => value.Length > 0 ? script with { RetryAfterMs = value } : null),
        ["slow_headers"] = new("slow_headers=DURATION", static (script, value) => Duration(value) is { } time ? script with { SlowHeaders = time } : null),
        ["ttft"] = new("ttft=DURATION", static (script, value) => Duration(value) is { } time ? script with { Ttft = time } : null),
        ["gap"] = new("gap=DURATION", static (script, value) => Duration(value) is { } time ? script with { Gap = time } : null),
        ["tokens"] = new("tokens=0..100000", static (script, value) => Number(value, 0, MaxTokens) is { } count ? script with { Tokens = count } : null),
        ["think"] = new("think=0..100000", static (script, value) => Number(value, 0, MaxTokens) is { } count ? script with { Think = count } : null),
        ["calls"] = new("calls=1..128", static (script, value) => Number(value, 1, MaxCalls) is { } count ? script with { Calls = count } : null),
        ["cut_after"] = new("cut_after=TOKENS", static (script, value) => Number(value, 0, MaxTokens) is { } count ? script with { CutAfter = count } : null),
        ["end_after"] = new("end_after=TOKENS", static (script, value) => Number(value, 0, MaxTokens) is { } count ? script with { EndAfter = count } : null),
        ["stall_after"] = new("stall_after=TOKENS", static (script, value) => Number(value, 0, MaxTokens) is { } count ? script with { StallAfter = count } : null),
        ["error_after"] = new("error_after=TOKENS", static (script, value) => Number(value, 0, MaxTokens) is { } count ? script with { ErrorAfter = count } : null),
        ["garbage"] = new("garbage[=AFTER_TOKENS]", static (script, value) => Number(value.Length == 0 ? "0" : value, 0, MaxTokens) is { } count ? script with { GarbageAfter = count } : null),
        ["no_done"] = new("no_done", static (script, value) => Flag(value) ? script with { NoDone = true } : null),
        ["no_usage"] = new("no_usage", static (script, value) => Flag(value) ? script with { NoUsage = true } : null),
        ["block"] = new("block[=REASON]", static (script, value) => script with { Block = value.Length > 0 ? value : "SAFETY" }),
        ["hang"] = new("hang", static (script, value) => Flag(value) ? script with { Hang = true } : null),
        ["head"] = new("head", static (script, value) => Flag(value) ? script with { HeadFirst = true } : null),
        ["open"] = new("open", static (script, value) => Flag(value) ? script with { HeadFirst = true, OpenFirst = true } : null),
        ["crlf"] = new("crlf", static (script, value) => Flag(value) ? script with { Crlf = true } : null),
        ["echo"] = new("echo", static (script, value) => Flag(value) ? script with { Echo = true } : null),
        ["chunk"] = new("chunk=random|BYTES", static (script, value) => value == "random" ? script with { PieceBytes = FaultScript.RandomPieces }
            : Number(value, 1, 1 << 20) is { } bytes ? script with { PieceBytes = bytes } : null),
        ["pad"] = new("pad=BYTES", static (script, value) => Number(value, 1, 1 << 25) is { } bytes ? script with { PadBytes = bytes } : null),
        ["seed"] = new("seed=NUMBER", static (script, value) => ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var seed) ? script with { Seed = seed } : null),
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>The model name without its directives.</summary>
    public static string ModelName(string model) => model.IndexOf('+', StringComparison.Ordinal) is var plus and >= 0 ? model[..plus] : model;

    /// <param name="model">The model as asked for.</param>
    /// <param name="text">What the user says last.</param>
    /// <param name="script">What holds without any directive of the request.</param>
    /// <exception cref="FaultDirectiveException">A directive is unknown or has a value that it cannot take.</exception>
    public static FaultScript Read(string model, string text, FaultScript script)
    {
        var plus = model.IndexOf('+', StringComparison.Ordinal);
        if (plus >= 0)
        {
            foreach (var directive in model[(plus + 1)..].Split('+', StringSplitOptions.RemoveEmptyEntries))
            {
                script = Apply(script, directive);
            }
        }

        for (var start = text.IndexOf(Opening, StringComparison.Ordinal); start >= 0; start = text.IndexOf(Opening, start + 1, StringComparison.Ordinal))
        {
            var end = text.IndexOf(']', start);
            if (end < 0 || text[start + Opening.Length] is not (' ' or ']'))
            {
                continue;
            }

            script = Add(script, text[(start + Opening.Length)..end]);
        }

        return script;
    }

    /// <summary>The script with what these directives, parted by blanks, say on top.</summary>
    /// <exception cref="FaultDirectiveException">A directive is unknown or has a value that it cannot take.</exception>
    public static FaultScript Add(FaultScript script, string directives)
    {
        foreach (var directive in directives.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            script = Apply(script, directive);
        }

        return script;
    }

    private static FaultScript Apply(FaultScript script, string directive)
    {
        var equals = directive.IndexOf('=', StringComparison.Ordinal);
        var name = equals < 0 ? directive : directive[..equals];
        var value = equals < 0 ? "" : directive[(equals + 1)..];
        if (!Known.TryGetValue(name, out var known))
        {
            var valid = string.Join(", ", Known.Values.Select(entry => entry.Usage).Order(StringComparer.Ordinal));
            throw new FaultDirectiveException($"There is no directive '{name}'. Valid are: {valid}. A DURATION is a number with ms, s or m.");
        }

        var applied = known.Apply(script, value);
        return applied is not null ? applied with { Said = script.Said.Length == 0 ? directive : $"{script.Said} {directive}" } : throw new FaultDirectiveException($"The directive '{name}' cannot be '{value}'. Write {known.Usage}. A DURATION is a number with ms, s or m.");
    }

    private static bool Flag(string value) => value.Length == 0;

    private static int? Number(string value, int min, int max) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max ? number : null;

    internal static TimeSpan? Duration(string value)
    {
        var (digits, unit) = value switch
        {
            _ when value.EndsWith("ms", StringComparison.Ordinal) => (value[..^2], TimeSpan.FromMilliseconds(1)),
            _ when value.EndsWith('s') => (value[..^1], TimeSpan.FromSeconds(1)),
            _ when value.EndsWith('m') => (value[..^1], TimeSpan.FromMinutes(1)),
            _ => ("", TimeSpan.Zero),
        };
        return double.TryParse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) && number * unit <= MaxDelay ? number * unit : null;
    }
}

/// <summary>A directive that cannot be followed; the message says which are valid.</summary>
internal sealed class FaultDirectiveException(string message) : Exception(message);
