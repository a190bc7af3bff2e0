namespace Gateway.Core.Journal;

/// <summary>Called for each good record, oldest first.</summary>
public delegate void RecordVisitor(in JournalRecord record, RecordLocation location);

/// <summary>
/// Makes a folder of segments whole again before anything is appended: cuts a torn tail off the last one, puts damaged ones
/// aside with their good records kept, and names every gap. It only reads segments that are clean.
/// </summary>
internal sealed class SegmentRecovery(SegmentLogOptions options, RecordVisitor? visitor)
{
    private readonly string _folder = options.Folder;
    private readonly JournalDisk _disk = options.Disk;
    private readonly List<JournalGap> _gaps = [];
    private readonly List<DamagedSegment> _damaged = [];
    private TornTail? _tornTail;

    public List<SegmentInfo> Segments { get; } = [];

    /// <summary>Highest ordinal seen or known, emptied segments included.</summary>
    public int LastOrdinal { get; private set; } = options.LastKnownOrdinal;

    /// <param name="report">What was found.</param>
    /// <returns>The sequence number of the next record.</returns>
    public long Run(out RecoveryReport report)
    {
        var lastKnownSeq = options.LastKnownSeq;
        var ordinals = SegmentFiles.List(_folder);
        while (ordinals.Count > 0 && IsUnused(SegmentFiles.Path(_folder, ordinals[^1])))
        {
            // Made ahead of need, and the process ended before the first record.
            LastOrdinal = Math.Max(LastOrdinal, ordinals[^1]);
            File.Delete(SegmentFiles.Path(_folder, ordinals[^1]));
            ordinals.RemoveAt(ordinals.Count - 1);
        }

        // Acknowledged segments were deleted, oldest first, so the first one left may begin earlier than what is known: an open
        // request holds it and all behind it. What is known tells a gap, never which records of a segment are good.
        long? last = null;
        foreach (var ordinal in ordinals)
        {
            LastOrdinal = Math.Max(LastOrdinal, ordinal);
            var known = Math.Max(last ?? 0, lastKnownSeq);
            if (options.Known?.Invoke(ordinal) is { } whole && whole.Info.FirstSeq > (last ?? 0))
            {
                if (whole.Info.FirstSeq > known + 1)
                {
                    _gaps.Add(new JournalGap(known + 1, whole.Info.FirstSeq - 1));
                }

                _gaps.AddRange(whole.Gaps);
                Segments.Add(whole.Info);
                last = whole.Info.LastSeq;
                continue;
            }

            var survey = SegmentSurvey.Of(SegmentFiles.Path(_folder, ordinal), last);
            if (survey.FirstSeq > known + 1)
            {
                _gaps.Add(new JournalGap(known + 1, survey.FirstSeq - 1));
            }

            _gaps.AddRange(survey.Gaps);
            var info = Repair(ordinal, survey, isLast: ordinal == ordinals[^1]);
            Visit(info);
            options.Replayed?.Invoke(new KnownSegment(info, survey.Gaps));
            Segments.Add(info);
            last = info.LastSeq;
            if (survey.Footer is { } footer && footer.LastSeq > info.LastSeq)
            {
                _gaps.Add(new JournalGap(info.LastSeq + 1, footer.LastSeq));
                last = footer.LastSeq;
            }
        }

        report = new RecoveryReport { Gaps = _gaps, Damaged = _damaged, TornTail = _tornTail };

        // A number that the ledger has acknowledged is never given again.
        return Math.Max(last ?? 0, lastKnownSeq) + 1;
    }

    private SegmentInfo Repair(int ordinal, SegmentSurvey survey, bool isLast)
    {
        var path = SegmentFiles.Path(_folder, ordinal);
        var length = survey.GoodEnd;
        if (survey.Damage.Count > (survey.TornFrom is null || !isLast ? 0 : 1) || survey.FooterLies)
        {
            length = PutAside(path, survey);
        }
        else if (survey.TornFrom is { } torn)
        {
            _tornTail = new TornTail(Path.GetFileName(path), torn, survey.Damage[^1].Length);
            Close(path, torn, survey.Sum);
        }
        else if (survey.Footer is null)
        {
            Close(path, survey.GoodEnd, survey.Sum);
        }

        return new SegmentInfo(ordinal, survey.FirstSeq, survey.Sum.Count == 0 ? survey.FirstSeq - 1 : survey.Sum.LastSeq, length);
    }

    private void Close(string path, long length, in SegmentSum sum)
    {
        Span<byte> footer = stackalloc byte[SegmentFormat.FooterBytes];
        SegmentFormat.WriteFooter(footer, sum);
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        RandomAccess.SetLength(file, length);
        _disk.Write(file, footer, length);
        _disk.Sync(file);
    }

    /// <summary>Copies the good records into a new file and only then swaps the names, so that a crash loses neither.</summary>
    private long PutAside(string path, SegmentSurvey survey)
    {
        var copyPath = path + ".copy";
        File.Delete(copyPath);
        long length;
        using (var copy = _disk.Create(copyPath))
        {
            length = SegmentCopy.Write(path, survey, copy, _disk);
            _disk.Sync(copy);
        }

        var quarantine = SegmentFiles.QuarantineName(path);
        File.Move(path, quarantine);
        File.Move(copyPath, path);
        _disk.SyncFolder(_folder);
        _damaged.Add(new DamagedSegment(Path.GetFileName(quarantine), survey.Damage));
        return length;
    }

    private void Visit(in SegmentInfo info)
    {
        if (visitor is null)
        {
            return;
        }

        using var scanner = new SegmentScanner(SegmentFiles.Path(_folder, info.Ordinal));
        while (scanner.Next() is SegmentItem.Record)
        {
            visitor(scanner.Record, new RecordLocation(info.Ordinal, scanner.Offset));
        }
    }

    private static bool IsUnused(string path) => new FileInfo(path).Length <= SegmentFormat.HeaderBytes;
}
