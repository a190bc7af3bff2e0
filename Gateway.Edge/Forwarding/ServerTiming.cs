using System.Globalization;
using System.Net.Http.Headers;

namespace Gateway.Edge.Forwarding;

/// <summary>The <c>server-timing</c> header: the gateway's own share, and the upstream's as the Router measured it.</summary>
internal static class ServerTiming
{
    public const string Header = "server-timing";

    private const string UpstreamPrefix = "upstream;dur=";

    /// <param name="elapsed">Arrival of the request at the Edge to the head of the answer.</param>
    /// <param name="inner">Headers of the inner service's answer; null when there was none.</param>
    public static string Describe(TimeSpan elapsed, HttpResponseHeaders? inner)
    {
        var total = elapsed.TotalMilliseconds;
        return Upstream(inner) is { } upstream
            ? string.Create(CultureInfo.InvariantCulture, $"gateway;dur={Math.Max(0, total - upstream):0.0##}, {UpstreamPrefix}{upstream:0.0##}")
            : string.Create(CultureInfo.InvariantCulture, $"gateway;dur={total:0.0##}");
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
