using System.Globalization;
using Gateway.Simulator.Faults;

namespace Gateway.Simulator.Protocols;

/// <summary>The error status that a script wants, with its headers, in the provider's shape.</summary>
internal static class ScriptedRefusal
{
    /// <exception cref="ProviderException">The script wants an error status.</exception>
    public static void ThrowIfAny(HttpContext context, Provider provider, FaultScript script, TimeProvider time)
    {
        if (script.Status is not { } status)
        {
            return;
        }

        var headers = context.Response.Headers;
        if (script.RetryAfter is { } retryAfter)
        {
            headers.RetryAfter = retryAfter;
        }

        if (script.RetryAfterDate is { } wait)
        {
            // A date has whole seconds; one that is rounded down would be a promise that is not kept.
            var ticks = (time.GetUtcNow() + wait).UtcTicks + TimeSpan.TicksPerSecond - 1;
            headers.RetryAfter = new DateTime(ticks - (ticks % TimeSpan.TicksPerSecond), DateTimeKind.Utc).ToString("R", CultureInfo.InvariantCulture);
        }

        if (script.RetryAfterMs is { } milliseconds)
        {
            headers["retry-after-ms"] = milliseconds;
        }

        throw provider.Scripted(status, script.Code);
    }
}
