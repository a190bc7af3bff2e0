namespace Gateway.Core.Configuration;

/// <summary>One good document.</summary>
/// <param name="Config">What it says.</param>
/// <param name="Generation">1 for the first good document of this process, one more for each good one after it.</param>
/// <param name="Fingerprint">First 12 hex digits of the SHA-256 of the text; tells whether two services run the same document.</param>
/// <param name="Origin">Where it came from, for messages: a file name or <c>environment</c>.</param>
public sealed record ConfigSnapshot(GatewayConfig Config, long Generation, string Fingerprint, string Origin)
{
    /// <summary>The document as operators may see it; null where nobody made one.</summary>
    public ConfigListing? Listing { get; init; }
}

/// <summary>The configuration in force. A bad document never replaces a good one.</summary>
public interface IConfigStore
{
    /// <summary>Read once per request, so that every step sees one configuration.</summary>
    ConfigSnapshot Current { get; }

    /// <summary>The errors of the newest document when it was refused, or that not all took it over; null when the newest is in force.</summary>
    string? Problem { get; }

    /// <summary>Calls <paramref name="build"/> now and after every change, in order, never at the same time.</summary>
    /// <returns>Stops the calls.</returns>
    IDisposable OnChange(Action<ConfigSnapshot> build);
}
