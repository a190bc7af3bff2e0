namespace Gateway.Edge.Admin.ConfigVersions;

/// <summary>Where the documents that came into force are kept, the newest <see cref="MaxVersions"/>. Shared by Edges, who may all add at the same time. Thread-safe.</summary>
internal interface IConfigVersionStore
{
    const int MaxVersions = 200;

    /// <summary>For as long after somebody saw a document come, who put it there can still say so: another Edge may have been quicker to see it.</summary>
    static readonly TimeSpan Attributable = TimeSpan.FromMinutes(1);

    /// <summary>For logs.</summary>
    string Name { get; }

    /// <summary>Adds a document, unless it is the newest already: then that one is returned.</summary>
    /// <param name="text">The document.</param>
    /// <param name="version">What is known of it; its number does not matter.</param>
    /// <returns>As it is kept, durably.</returns>
    /// <exception cref="ConfigVersionStoreException">It is not known whether it is kept.</exception>
    ValueTask<ConfigVersion> AddAsync(string text, ConfigVersion version, CancellationToken cancellationToken);

    /// <summary>Versions with a smaller number than <paramref name="before"/>, the newest first.</summary>
    /// <exception cref="ConfigVersionStoreException">It cannot be read.</exception>
    ValueTask<IReadOnlyList<ConfigVersion>> ListAsync(long before, int limit, CancellationToken cancellationToken);

    /// <summary>One version; null for one that is not there (any more).</summary>
    /// <exception cref="ConfigVersionStoreException">It cannot be read.</exception>
    ValueTask<ConfigVersionText?> FindAsync(long number, CancellationToken cancellationToken);

    /// <summary>Whether a newest version takes over what another one says of how it came: the same document, seen by one and put there by another.</summary>
    static bool MayAttribute(ConfigVersion newest, ConfigVersion other) =>
        newest.Source == ConfigVersionSources.File && ConfigVersionSources.IsKnown(other.Source) && other.Time - newest.Time < Attributable;
}

/// <summary>The store of versions does not answer, or what it holds cannot be read.</summary>
internal sealed class ConfigVersionStoreException(string message, Exception? inner = null) : Exception(message, inner);
