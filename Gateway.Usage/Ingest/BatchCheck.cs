using Gateway.Core.Journal;

namespace Gateway.Usage.Ingest;

/// <summary>Whether a batch is what its head says. What passes can be applied without another look at its form.</summary>
internal static class BatchCheck
{
    /// <returns>What is wrong, or null.</returns>
    public static string? Find(ReadOnlySpan<byte> batch, out UsageBatchHead head)
    {
        if (!UsageBatch.TryOpen(batch, out head, out var records))
        {
            return "The batch did not come over whole: magic or checksum is wrong.";
        }

        var next = head.FromSeq;
        var count = 0;
        while (!records.IsEmpty)
        {
            if (!RecordFrame.TryRead(records, out var record))
            {
                return $"Record {next} of the batch is damaged.";
            }

            if (record.Producer != head.Producer)
            {
                return $"Record {record.Seq} belongs to another journal.";
            }

            long first;
            try
            {
                first = record.Type is JournalRecordType.Checkpoint ? GapNote.ReadFrom(record) : record.Seq;
            }
            catch (InvalidDataException)
            {
                return $"Record {record.Seq} is no note that this build knows.";
            }

            if (first != next || first <= 0 || record.Seq > head.ToSeq)
            {
                return $"The batch goes from {head.FromSeq} to {head.ToSeq}, but record {first} stands where {next} should.";
            }

            next = record.Seq + 1;
            count++;
            records = records[record.Frame.Length..];
        }

        return count > 0 && count == head.Count && next == head.ToSeq + 1 ? null : "The batch holds fewer records than its head says.";
    }

    /// <summary>The frames of a batch that was found good.</summary>
    public static ReadOnlyMemory<byte> Records(byte[] buffer, int length) => buffer.AsMemory(UsageBatch.HeaderBytes, length - UsageBatch.HeaderBytes - UsageBatch.TrailerBytes);
}
