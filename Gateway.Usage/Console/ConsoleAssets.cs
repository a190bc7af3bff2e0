using System.Collections.Frozen;
using System.Reflection;
using System.Security.Cryptography;

namespace Gateway.Usage.Console;

/// <summary>The console's scripts, styles and icon, as the build put them into the assembly. Immutable.</summary>
internal sealed class ConsoleAssets
{
    private const string Prefix = "console/";

    private static readonly FrozenDictionary<string, string> Types = new Dictionary<string, string>
    {
        [".js"] = "text/javascript; charset=utf-8",
        [".css"] = "text/css; charset=utf-8",
        [".svg"] = "image/svg+xml",
    }.ToFrozenDictionary();

    private readonly FrozenDictionary<string, ConsoleAsset> _assets;

    /// <param name="assembly">What they were put into.</param>
    public ConsoleAssets(Assembly assembly)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var assets = new Dictionary<string, ConsoleAsset>(StringComparer.Ordinal);
        foreach (var name in assembly.GetManifestResourceNames().Where(static name => name.StartsWith(Prefix, StringComparison.Ordinal)).Order(StringComparer.Ordinal))
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            hash.AppendData(bytes);
            assets[name[Prefix.Length..]] = new ConsoleAsset(bytes, Types[Path.GetExtension(name)]);
        }

        _assets = assets.ToFrozenDictionary();
        Version = Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 8));
    }

    /// <summary>Changes with the contents: part of the addresses, so that browsers may keep what they have.</summary>
    public string Version { get; }

    /// <summary>False in a build that had no npm, or could not reach its registry.</summary>
    public bool AreThere => _assets.Count > 0;

    public ConsoleAsset? Find(string name) => _assets.GetValueOrDefault(name);

    public string Address(string name) => $"{ConsoleEndpoints.Root}/assets/{name}?v={Version}";
}

/// <param name="Type">Content type.</param>
internal sealed record ConsoleAsset(ReadOnlyMemory<byte> Bytes, string Type);
