using System.Text;
using Gateway.Core.Configuration;
using Gateway.Edge.VirtualKeys.Store;

namespace Gateway.Edge.VirtualKeys.Runtime;

/// <summary>One version of a key made at run time, ready for requests. Thread-safe.</summary>
internal sealed class RuntimeKey
{
    private volatile Built? _built;

    public RuntimeKey(StoredKey stored)
    {
        Stored = stored;
        Config = VirtualKeyDocument.ReadStored(Encoding.UTF8.GetBytes(stored.Document!)) is { } key ? key with { Id = stored.Id } : null;
    }

    public StoredKey Stored { get; }

    public string Id => Stored.Id;

    /// <summary>Null when this gateway does not understand what is stored. To leave out what it does not know could mean to allow more than was said.</summary>
    public VirtualKeyConfig? Config { get; }

    /// <summary>The key as a request reads it, with the teams of the document in force. Made once for each document.</summary>
    /// <returns>Null when it must not be used: not readable, or the document has a key of the same id.</returns>
    public VirtualKey? For(VirtualKeySnapshot document)
    {
        if (_built is { } built && built.Generation == document.Generation)
        {
            return built.Key;
        }

        // Two at the same time make two equal ones.
        var key = Config is null || document.HasOwn(Id) ? null : document.Make(Config);
        _built = new Built(document.Generation, key);
        return key;
    }

    // Not the document itself: a key that nobody uses must not keep an old one in memory.
    private sealed record Built(long Generation, VirtualKey? Key);
}
