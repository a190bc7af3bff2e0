using System.Globalization;

namespace Gateway.Core.Journal;

/// <summary>Names of segments. They count files, not records: a file is made before it is known which record will be its first.</summary>
public static class SegmentFiles
{
    private const string Extension = ".seg";

    /// <summary>Path of a segment.</summary>
    public static string Path(string folder, int ordinal) => System.IO.Path.Combine(folder, ordinal.ToString("D10", CultureInfo.InvariantCulture) + Extension);

    /// <summary>Ordinals of the segments in a folder, ascending.</summary>
    internal static List<int> List(string folder)
    {
        var ordinals = new List<int>();
        foreach (var file in Directory.EnumerateFiles(folder, "*" + Extension))
        {
            if (int.TryParse(System.IO.Path.GetFileNameWithoutExtension(file), NumberStyles.None, CultureInfo.InvariantCulture, out var ordinal))
            {
                ordinals.Add(ordinal);
            }
        }

        ordinals.Sort();
        return ordinals;
    }

    /// <summary>A name for a damaged file that no earlier one has.</summary>
    public static string QuarantineName(string path)
    {
        for (var attempt = 1; ; attempt++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"{path}.damaged-{attempt}");
            if (!File.Exists(name))
            {
                return name;
            }
        }
    }
}

/// <summary>What a log knows about one of its segments.</summary>
/// <param name="Ordinal">Number in the file name.</param>
/// <param name="FirstSeq">First record, or the one to come when it is empty.</param>
/// <param name="LastSeq">Last record; one less than <paramref name="FirstSeq"/> when it is empty.</param>
/// <param name="Length">Bytes up to the end of the last record.</param>
public readonly record struct SegmentInfo(int Ordinal, long FirstSeq, long LastSeq, long Length);

/// <summary>A closed segment and what it lacks.</summary>
/// <param name="Info">Its records.</param>
/// <param name="Gaps">Records that are missing between them.</param>
public sealed record KnownSegment(SegmentInfo Info, IReadOnlyList<JournalGap> Gaps);
