using System.Globalization;
using Gateway.Core;
using Gateway.Core.Errors;

namespace Gateway.Edge.Endpoints;

/// <summary>How long a request may take: what the client asked for, if that is less than what the gateway allows.</summary>
internal static class RequestDeadline
{
    /// <summary>Where no provider says otherwise.</summary>
    public static readonly TimeSpan Default = TimeSpan.FromMinutes(10);

    /// <summary>A day; what asks for more means "no limit" and gets the gateway's.</summary>
    private const double MaxSeconds = 86_400;

    /// <param name="headers">The client's headers.</param>
    /// <param name="wanted">Null when the client named none.</param>
    /// <returns>The error for a value that is no time.</returns>
    public static GatewayError? Read(IHeaderDictionary headers, out TimeSpan? wanted)
    {
        wanted = null;
        return Read(headers, GatewayHeaders.RequestTimeout, zeroIsShort: false, ref wanted) ?? Read(headers, GatewayHeaders.StainlessTimeout, zeroIsShort: true, ref wanted);
    }

    private static GatewayError? Read(IHeaderDictionary headers, string name, bool zeroIsShort, ref TimeSpan? wanted)
    {
        var values = headers[name];
        if (values.Count == 0)
        {
            return null;
        }

        if (values.Count != 1 || !double.TryParse(values[0], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds)
            || !double.IsFinite(seconds) || (seconds <= 0 && !zeroIsShort))
        {
            return new GatewayError(GatewayErrorKind.InvalidRequest, $"The header '{name}' must be a number of seconds greater than 0, such as 30 or 2.5.", name);
        }

        // The OpenAI SDKs send whole seconds rounded down, so their 0 is a time-out below one second.
        var time = TimeSpan.FromSeconds(seconds == 0 ? 1 : Math.Clamp(seconds, 0.001, MaxSeconds));
        wanted = wanted is { } other && other < time ? other : time;
        return null;
    }
}
