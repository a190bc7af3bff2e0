using System.Text.Json;
using System.Text.Json.Serialization;
using Gateway.Core.Journal;

namespace Gateway.Usage.Ledger.PostgreSql.Cache;

/// <summary>The last row that a cache has, by its number and the id of its request or correction: another row under that number means another history, a backup that was restored perhaps.</summary>
internal readonly record struct CacheMark(long Row, Guid Id);

/// <summary>One file of rows.</summary>
/// <param name="Number">Its name.</param>
/// <param name="IsSummed">Whether its rows are sums by hour, of requests that are kept no longer.</param>
internal readonly record struct CacheEntry(int Number, bool IsSummed);

/// <summary>What a cache consists of. It is written last and replaced as a whole: what it does not name does not count.</summary>
internal sealed record CacheManifest
{
    private const string Name = "manifest.json";

    /// <summary>Of the rows and of this. Another one's cache is made again.</summary>
    private const int CurrentLayout = 1;

    public int Layout { get; init; } = CurrentLayout;

    /// <summary>The <see cref="NameFile"/> that the numbers of names are of.</summary>
    public required Guid NameTable { get; init; }

    /// <summary>Names that must be in it.</summary>
    public required int Names { get; init; }

    public required CacheMark Mark { get; init; }

    /// <summary>Parts of other ledgers that were moved into the database when the sums were read: they have no rows that could be followed.</summary>
    public required long MovedParts { get; init; }

    public required IReadOnlyList<CacheEntry> Files { get; init; }

    /// <returns>Null when there is none that this build can use.</returns>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static CacheManifest? Read(string folder)
    {
        var path = Path.Combine(folder, Name);
        if (!File.Exists(path))
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), CacheJson.Default.CacheManifest) is { Layout: CurrentLayout } manifest ? manifest : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <exception cref="IOException">The disk failed; the old one is still there.</exception>
    public void Write(string folder, JournalDisk disk)
    {
        var path = Path.Combine(folder, Name);
        File.Delete(path + ".new");
        using (var file = disk.Create(path + ".new"))
        {
            disk.Write(file, JsonSerializer.SerializeToUtf8Bytes(this, CacheJson.Default.CacheManifest), 0);
            disk.Sync(file);
        }

        File.Move(path + ".new", path, overwrite: true);
        disk.SyncFolder(folder);
    }

    public static void Delete(string folder) => File.Delete(Path.Combine(folder, Name));
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(CacheManifest))]
internal sealed partial class CacheJson : JsonSerializerContext;
