using System.Globalization;
using System.Net.Http.Headers;

namespace Gateway.Edge.Forwarding;

/// <summary>The <c>server-timing</c> header: the gateway's own share, and the upstream's as the Router measured it.</summary>
internal static class ServerTiming
{
    public const string Header = "server-timing";

    private const string GatewayPrefix = "gateway;dur=";
    private const string Separator = ", ";
    private const double MaxMicroseconds = 1e15;
    private const string UpstreamPrefix = "upstream;dur=";

    /// <param name="elapsed">Arrival of the request at the Edge to the head of the answer.</param>
    /// <param name="inner">Headers of the inner service's answer; null when there was none.</param>
    public static string Describe(TimeSpan elapsed, HttpResponseHeaders? inner) => Describe(elapsed, inner, out _);

    /// <param name="elapsed">Arrival of the request at the Edge to the head of the answer.</param>
    /// <param name="inner">Headers of the inner service's answer; null when there was none.</param>
    /// <param name="own">The gateway's share; null where the service does not say what its upstream took.</param>
    public static string Describe(TimeSpan elapsed, HttpResponseHeaders? inner, out TimeSpan? own)
    {
        // Whole microseconds: formatting a double costs several times as much.
        Span<char> text = stackalloc char[128];
        var total = (long)elapsed.TotalMicroseconds;
        var upstream = Upstream(inner) is { } milliseconds ? (long)Math.Min(milliseconds * 1000 + 0.5, MaxMicroseconds) : -1;
        own = upstream < 0 ? null : TimeSpan.FromMicroseconds(Math.Max(0, total - upstream));
        var length = Write(text, 0, GatewayPrefix, upstream < 0 ? total : Math.Max(0, total - upstream));
        if (upstream >= 0)
        {
            Separator.CopyTo(text[length..]);
            length = Write(text, length + Separator.Length, UpstreamPrefix, upstream);
        }

        return new string(text[..length]);
    }

    private static int Write(Span<char> text, int at, string name, long microseconds)
    {
        name.CopyTo(text[at..]);
        at += name.Length;
        var (whole, rest) = Math.DivRem(microseconds, 1000);
        whole.TryFormat(text[at..], out var written, provider: CultureInfo.InvariantCulture);
        at += written;
        if (rest > 0)
        {
            text[at++] = '.';
            for (var unit = 100; rest > 0; unit /= 10)
            {
                text[at++] = (char)('0' + rest / unit);
                rest %= unit;
            }
        }

        return at;
    }

    private static double? Upstream(HttpResponseHeaders? inner)
    {
        if (inner is null || !inner.NonValidated.TryGetValues(Header, out var values))
        {
            return null;
        }

        foreach (var value in values)
        {
            var start = value.IndexOf(UpstreamPrefix, StringComparison.Ordinal);
            if (start >= 0)
            {
                var number = value.AsSpan(start + UpstreamPrefix.Length);
                var end = number.IndexOfAny(',', ';', ' ');
                return double.TryParse(end < 0 ? number : number[..end], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var milliseconds) ? milliseconds : null;
            }
        }

        return null;
    }
}
