using System.Globalization;

namespace Gateway.Core.Journal;

/// <summary>Reads a closed segment whole, before its file is given up. It changes nothing. Stateless.</summary>
public static class ClosedSegment
{
    /// <param name="folder">The log's folder.</param>
    /// <param name="segment">What the log knows of it.</param>
    /// <param name="visitor">Takes each record; what it threw ends the reading.</param>
    /// <returns>Null when every record is as it was written, and the segment's end and the log tell of the same ones; else what is wrong.</returns>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static string? Read(string folder, SegmentInfo segment, RecordVisitor visitor)
    {
        using var scanner = new SegmentScanner(SegmentFiles.Path(folder, segment.Ordinal));
        if (!scanner.HasHeader)
        {
            return "its header is damaged";
        }

        var sum = new SegmentSum(segment.FirstSeq - 1, 0, 0);
        var end = (long)SegmentFormat.HeaderBytes;
        SegmentSum? footer = null;
        for (var item = scanner.Next(); item != SegmentItem.End; item = scanner.Next())
        {
            switch (item)
            {
                case SegmentItem.Record when scanner.Record.Seq <= sum.LastSeq:
                    return string.Create(CultureInfo.InvariantCulture, $"record {scanner.Record.Seq} at byte {scanner.Offset} is out of order");
                case SegmentItem.Record:
                    var record = scanner.Record;
                    visitor(record, new RecordLocation(segment.Ordinal, scanner.Offset));
                    sum = sum.Add(record.Seq, RecordFrame.StoredChecksum(record.Frame));
                    end = scanner.Offset + scanner.Length;
                    break;
                case SegmentItem.Damage:
                    return string.Create(CultureInfo.InvariantCulture, $"{scanner.Length} bytes at byte {scanner.Offset} are damaged");
                case SegmentItem.Footer:
                    footer = scanner.Footer;
                    break;
            }
        }

        return footer is null ? "its end is missing"
            : footer != sum ? "its end tells of other records than it has"
            : sum.LastSeq != segment.LastSeq || end != segment.Length ? "it has other records than the log knows"
            : null;
    }
}
