using Microsoft.Win32.SafeHandles;

namespace Gateway.Core.Journal;

/// <summary>What one segment holds, found by reading it whole.</summary>
internal sealed class SegmentSurvey
{
    public required long FirstSeq { get; init; }

    /// <summary>Sum over the good records that are in order.</summary>
    public required SegmentSum Sum { get; init; }

    /// <summary>End of the last good record.</summary>
    public required long GoodEnd { get; init; }

    public required SegmentSum? Footer { get; init; }

    public required IReadOnlyList<DamagedBytes> Damage { get; init; }

    public required IReadOnlyList<JournalGap> Gaps { get; init; }

    /// <summary>Where a damage begins that reaches to the end of the file, or null.</summary>
    public required long? TornFrom { get; init; }

    /// <summary>The footer is in order but tells of other records than are there.</summary>
    public bool FooterLies => Footer is { } footer && footer != Sum;

    /// <param name="path">The segment.</param>
    /// <param name="before">Last record of the segment before, or null when it is not known.</param>
    public static SegmentSurvey Of(string path, long? before)
    {
        var damage = new List<DamagedBytes>();
        var gaps = new List<JournalGap>();
        using var scanner = new SegmentScanner(path);
        // Nothing may begin before what is already there, whatever a copied header says.
        long? first = scanner.HasHeader ? Math.Max(scanner.FirstSeq, (before ?? 0) + 1) : null;
        long? last = first - 1;
        var sum = default(SegmentSum);
        SegmentSum? footer = null;
        long? torn = null;
        var goodEnd = (long)SegmentFormat.HeaderBytes;
        for (var item = scanner.Next(); item != SegmentItem.End; item = scanner.Next())
        {
            torn = null;
            switch (item)
            {
                case SegmentItem.Record when scanner.Record.Seq <= (last ?? before ?? 0):
                    // A record of the past can only come from a copied stretch; counting it again would double it.
                    damage.Add(new DamagedBytes(scanner.Offset, scanner.Length));
                    break;
                case SegmentItem.Record:
                    var record = scanner.Record;
                    first ??= record.Seq;
                    if (last is { } previous && record.Seq > previous + 1)
                    {
                        gaps.Add(new JournalGap(previous + 1, record.Seq - 1));
                    }

                    last = record.Seq;
                    sum = sum.Add(record.Seq, RecordFrame.StoredChecksum(record.Frame));
                    goodEnd = scanner.Offset + scanner.Length;
                    break;
                case SegmentItem.Footer:
                    footer = scanner.Footer;
                    break;
                case SegmentItem.Damage:
                    damage.Add(new DamagedBytes(scanner.Offset, scanner.Length));
                    torn = scanner.Offset;
                    break;
            }
        }

        var firstSeq = first ?? (before ?? 0) + 1;
        return new SegmentSurvey
        {
            FirstSeq = firstSeq,
            Sum = sum.Count == 0 ? sum with { LastSeq = firstSeq - 1 } : sum,
            GoodEnd = goodEnd,
            Footer = footer,
            Damage = damage,
            Gaps = gaps,
            TornFrom = torn,
        };
    }
}

/// <summary>Writes the good records of a damaged segment as a segment of their own.</summary>
internal static class SegmentCopy
{
    /// <returns>Length of the copy without its footer.</returns>
    public static long Write(string path, SegmentSurvey survey, SafeFileHandle copy, JournalDisk disk)
    {
        Span<byte> edge = stackalloc byte[Math.Max(SegmentFormat.HeaderBytes, SegmentFormat.FooterBytes)];
        SegmentFormat.WriteHeader(edge, survey.FirstSeq);
        disk.Write(copy, edge[..SegmentFormat.HeaderBytes], 0);
        var length = (long)SegmentFormat.HeaderBytes;
        var last = survey.FirstSeq - 1;
        using var scanner = new SegmentScanner(path);
        for (var item = scanner.Next(); item != SegmentItem.End; item = scanner.Next())
        {
            if (item is SegmentItem.Record && scanner.Record.Seq > last)
            {
                last = scanner.Record.Seq;
                disk.Write(copy, scanner.Record.Frame, length);
                length += scanner.Length;
            }
        }

        SegmentFormat.WriteFooter(edge, survey.Sum);
        disk.Write(copy, edge[..SegmentFormat.FooterBytes], length);
        return length;
    }
}
