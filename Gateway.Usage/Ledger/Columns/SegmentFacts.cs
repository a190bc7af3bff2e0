using System.Text;
using Gateway.Core.Admission.Shared;
using Gateway.Core.Journal;
using Gateway.Usage.Ledger.Corrections;

namespace Gateway.Usage.Ledger.Columns;

/// <summary>What else is known of a segment beside its rows: all that a start would have to replay it for. Not thread-safe.</summary>
internal sealed class SegmentFacts
{
    /// <summary>How far its records came with each journal.</summary>
    public ProducerMarks Marks { get; } = new();

    /// <summary>What its requests spent, by organisation and slot.</summary>
    public Dictionary<string, Dictionary<BudgetSlot, long>> Spent { get; } = new(StringComparer.Ordinal);

    /// <summary>Requests that count.</summary>
    public int Requests { get; set; }

    /// <summary>Records whose layout this build cannot read.</summary>
    public int Unreadable { get; set; }

    /// <summary>Corrections of requests, of this segment or of others.</summary>
    public int Corrections { get; set; }

    /// <summary>When the newest of them was made, in Unix milliseconds.</summary>
    public long LastCorrectionMs { get; set; }

    /// <summary>Books as the <see cref="Budgets.BudgetBook"/> does: each slot of a request once.</summary>
    public void Book(UsageFinal final) => Book(final.Intent, final.CostNanoUsd);

    /// <summary>The same for what a request costs more, or less.</summary>
    public void Book(CorrectionRecord correction) => Book(correction.Intent, correction.Correction.DifferenceNanoUsd);

    public byte[] ToBytes(KnownSegment segment)
    {
        using var stream = new MemoryStream();
        using var writer = new BinaryWriter(stream, Encoding.UTF8);
        writer.Write(segment.Info.FirstSeq);
        writer.Write(segment.Info.LastSeq);
        writer.Write(segment.Info.Length);
        writer.Write7BitEncodedInt(segment.Gaps.Count);
        foreach (var gap in segment.Gaps)
        {
            writer.Write(gap.FromSeq);
            writer.Write(gap.ToSeq);
        }

        writer.Write(Requests);
        writer.Write(Unreadable);
        var marks = Marks.All().ToList();
        writer.Write7BitEncodedInt(marks.Count);
        foreach (var mark in marks)
        {
            writer.Write(mark.Producer.ToByteArray());
            writer.Write(mark.Epoch);
            writer.Write(mark.Seq);
        }

        writer.Write7BitEncodedInt(Spent.Count);
        foreach (var (organisation, slots) in Spent)
        {
            writer.Write(organisation);
            writer.Write7BitEncodedInt(slots.Count);
            foreach (var (slot, spent) in slots)
            {
                writer.Write(slot.Id);
                writer.Write(slot.Slot);
                writer.Write(spent);
            }
        }

        // Files of builds before corrections end here.
        writer.Write(Corrections);
        writer.Write(LastCorrectionMs);
        writer.Flush();
        return stream.ToArray();
    }

    /// <summary>Reads what was written; its checksum was found good.</summary>
    public static SegmentFacts Read(byte[] bytes, int ordinal, out KnownSegment segment)
    {
        using var reader = new BinaryReader(new MemoryStream(bytes), Encoding.UTF8);
        var info = new SegmentInfo(ordinal, reader.ReadInt64(), reader.ReadInt64(), reader.ReadInt64());
        var gaps = new JournalGap[reader.Read7BitEncodedInt()];
        for (var i = 0; i < gaps.Length; i++)
        {
            gaps[i] = new JournalGap(reader.ReadInt64(), reader.ReadInt64());
        }

        segment = new KnownSegment(info, gaps);
        var facts = new SegmentFacts { Requests = reader.ReadInt32(), Unreadable = reader.ReadInt32() };
        for (var marks = reader.Read7BitEncodedInt(); marks > 0; marks--)
        {
            facts.Marks.Advance(new Guid(reader.ReadBytes(16)), reader.ReadUInt32(), reader.ReadInt64());
        }

        for (var organisations = reader.Read7BitEncodedInt(); organisations > 0; organisations--)
        {
            var slots = new Dictionary<BudgetSlot, long>();
            facts.Spent.Add(reader.ReadString(), slots);
            for (var count = reader.Read7BitEncodedInt(); count > 0; count--)
            {
                slots.Add(new BudgetSlot(reader.ReadString(), reader.ReadInt64()), reader.ReadInt64());
            }
        }

        if (reader.BaseStream.Position < reader.BaseStream.Length)
        {
            (facts.Corrections, facts.LastCorrectionMs) = (reader.ReadInt32(), reader.ReadInt64());
        }

        return facts;
    }

    private void Book(UsageIntent intent, long nanoUsd)
    {
        if (intent.Organisation.Length == 0)
        {
            return;
        }

        if (!Spent.TryGetValue(intent.Organisation, out var slots))
        {
            Spent.Add(intent.Organisation, slots = []);
        }

        for (var i = 0; i < intent.Budgets.Count; i++)
        {
            if (IsFirst(intent.Budgets, i))
            {
                var spent = slots.GetValueOrDefault(intent.Budgets[i]);
                slots[intent.Budgets[i]] = (long)Int128.Min((Int128)spent + nanoUsd, long.MaxValue);
            }
        }
    }

    private static bool IsFirst(IReadOnlyList<BudgetSlot> slots, int index)
    {
        for (var i = 0; i < index; i++)
        {
            if (slots[i] == slots[index])
            {
                return false;
            }
        }

        return true;
    }
}
