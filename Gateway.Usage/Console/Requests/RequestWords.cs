using System.Globalization;
using Gateway.Core.Journal;

namespace Gateway.Usage.Console.Requests;

/// <summary>How requests are described.</summary>
internal static class RequestWords
{
    /// <summary>Class of its style.</summary>
    public static string KindOf(UsageFinal final) => final.Ending == RequestEnding.Completed ? "good" : final.Status is >= 400 and < 500 ? "warn" : "bad";

    public static string StatusOf(UsageFinal final) => final.Status == 0 ? "?" : final.Status.ToString(CultureInfo.InvariantCulture);

    /// <summary>An estimate says so, and what has no price has no cost.</summary>
    public static string CostOf(UsageFinal final)
    {
        var flags = final.Flags | final.Intent.Flags;
        return (flags & UsageFlags.Unpriced) != 0 && final.CostNanoUsd == 0 ? "no price" : ((flags & UsageFlags.Estimated) != 0 ? "≈ " : "") + Shown.Usd(final.CostNanoUsd);
    }
}
