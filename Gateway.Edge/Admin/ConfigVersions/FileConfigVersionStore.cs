using System.Globalization;
using System.Text;
using Gateway.Core.Journal;
using Gateway.Edge.Storage;

namespace Gateway.Edge.Admin.ConfigVersions;

/// <summary>
/// Versions in a folder, one file each: the document behind one line that says what is known of it. Several Edges of one machine may share it. Thread-safe: additions hold a lock file, reading needs none, since files are put
/// there whole.
/// </summary>
/// <param name="folder">Made at the first addition, for its owner alone.</param>
/// <param name="disk">Makes the addition durable.</param>
internal sealed class FileConfigVersionStore(string folder, TimeProvider time, JournalDisk disk) : IConfigVersionStore
{
    public const string LockName = "lock";
    public const string Extension = ".yaml";

    /// <summary>An addition that was not finished. The next one writes over it.</summary>
    public const string TemporaryName = "new";

    private readonly SharedFolder _folder = new(folder, LockName, TemporaryName, time, disk);

    public string Name => "file";

    public async ValueTask<ConfigVersion> AddAsync(string text, ConfigVersion version, CancellationToken cancellationToken)
    {
        try
        {
            await using var held = await _folder.LockAsync(cancellationToken);

            // From here on nobody may stop half-way for a client that is gone.
            var numbers = Numbers();
            var newest = numbers.Count > 0 ? ReadHead(numbers[0]) : null;
            if (newest is not null && newest.Sha256 == version.Sha256)
            {
                return IConfigVersionStore.MayAttribute(newest, version)
                    ? Keep(text, newest with { Source = version.Source, Author = version.Author, Comment = version.Comment })
                    : newest;
            }

            var kept = Keep(text, version with { Number = numbers.Count > 0 ? numbers[0] + 1 : 1 });
            foreach (var old in numbers.Skip(IConfigVersionStore.MaxVersions - 1))
            {
                File.Delete(PathOf(old));
            }

            return kept;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Unusable(exception);
        }
    }

    public ValueTask<IReadOnlyList<ConfigVersion>> ListAsync(long before, int limit, CancellationToken cancellationToken)
    {
        try
        {
            return new([.. Numbers().Where(number => number < before).Select(ReadHead).OfType<ConfigVersion>().Take(limit)]);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Unusable(exception);
        }
    }

    public async ValueTask<ConfigVersionText?> FindAsync(long number, CancellationToken cancellationToken)
    {
        try
        {
            var all = await File.ReadAllTextAsync(PathOf(number), cancellationToken);
            var end = all.IndexOf('\n', StringComparison.Ordinal);
            return end >= 0 && ConfigVersionHead.Read(number, all[..end]) is { } version && ConfigVersion.HashOf(all[(end + 1)..]) == version.Sha256
                ? new(version, all[(end + 1)..])
                : throw new ConfigVersionStoreException($"The file of version {number} is damaged.");
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Unusable(exception);
        }
    }

    private ConfigVersion Keep(string text, ConfigVersion version)
    {
        _folder.Put(NameOf(version.Number), Encoding.UTF8.GetBytes(ConfigVersionHead.Write(version) + "\n" + text));
        return version;
    }

    /// <summary>Null for one that cannot be read, or that was the oldest and is gone meanwhile.</summary>
    private ConfigVersion? ReadHead(long number)
    {
        try
        {
            using var reader = new StreamReader(new FileStream(PathOf(number), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete), Encoding.UTF8);
            return ConfigVersionHead.Read(number, reader.ReadLine() ?? "");
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    /// <summary>The newest first.</summary>
    private List<long> Numbers() => !Directory.Exists(folder) ? [] :
    [
        .. Directory.EnumerateFiles(folder, "*" + Extension)
            .Select(static path => long.TryParse(Path.GetFileNameWithoutExtension(path), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0)
            .Where(static number => number > 0).OrderDescending(),
    ];

    private static string NameOf(long number) => string.Create(CultureInfo.InvariantCulture, $"{number:D9}{Extension}");

    private string PathOf(long number) => _folder.PathOf(NameOf(number));

    private static ConfigVersionStoreException Unusable(Exception inner) =>
        new($"The versions of the document cannot be read or kept ({inner.GetType().Name}). Check the folder 'edge' in GATEWAY_DATA, its permissions and the room on its disk.", inner);
}
