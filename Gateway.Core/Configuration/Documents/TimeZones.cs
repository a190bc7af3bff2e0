using System.Text.RegularExpressions;

namespace Gateway.Core.Configuration.Documents;

/// <summary>Time zones by their IANA names, as this machine's data has them.</summary>
internal static partial class TimeZones
{
    private static readonly Lazy<IReadOnlyList<string>> Names = new(static () => [.. TimeZoneInfo.GetSystemTimeZones().Select(static zone => zone.Id)]);

    /// <summary>For messages.</summary>
    public static IReadOnlyList<string> Known => Names.Value;

    /// <remarks>A name is a part of the ids of counters, which all services must write alike: so no other spelling of one is taken.</remarks>
    public static bool TryFind(string name, out TimeZoneInfo? zone)
    {
        // The name becomes a path of a file: no dots.
        zone = null;
        return Form().IsMatch(name) && TimeZoneInfo.TryFindSystemTimeZoneById(name, out zone) && zone.Id == name;
    }

    [GeneratedRegex(@"\A[A-Za-z][A-Za-z0-9_+/-]{0,63}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
