using System.Globalization;

namespace Gateway.Usage.Ledger.Columns;

/// <summary>The column files of a folder. Stateless.</summary>
internal static class ColumnFolder
{
    /// <summary>Opens those that are whole and of segments as they are now, with what they say beside their rows; the others are said.</summary>
    public static List<(ColumnFile File, SegmentFacts Facts)> Open(string folder, ILogger logger)
    {
        var files = new List<(ColumnFile, SegmentFacts)>();
        foreach (var path in ColumnDirectory.List(folder).Order(StringComparer.Ordinal))
        {
            try
            {
                if (ColumnFile.TryOpen(folder, path, out var facts) is not { } file)
                {
                    logger.ColumnsStale(Path.GetFileName(path));
                }
                else if (facts!.Unreadable > 0)
                {
                    // This build may be able to read them.
                    file.Dispose();
                }
                else
                {
                    files.Add((file, facts));
                }
            }
            catch (IOException exception)
            {
                logger.ColumnsUnreadable(exception, Path.GetFileName(path));
            }
        }

        return files;
    }

    /// <summary>Deletes what is of no segment, and what a process that died was writing.</summary>
    public static void Clean(string folder, IReadOnlySet<int> segments)
    {
        foreach (var path in Directory.EnumerateFiles(folder, "*.new").ToList())
        {
            File.Delete(path);
        }

        foreach (var path in ColumnDirectory.List(folder).ToList())
        {
            if (int.TryParse(Path.GetFileNameWithoutExtension(path), NumberStyles.None, CultureInfo.InvariantCulture, out var segment) && !segments.Contains(segment))
            {
                File.Delete(path);
            }
        }
    }
}
