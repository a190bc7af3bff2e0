using System.Buffers.Binary;
using System.Security.Cryptography;
using Gateway.Core.Money;
using Gateway.Usage.Ledger.Columns;

namespace Gateway.Usage.Ledger.Carried;

/// <summary>Carried sums in the form in which they are moved to another store. Stateless.</summary>
internal static class SumParts
{
    /// <param name="reading">A file that is whole.</param>
    /// <param name="names">The names that it was opened with.</param>
    /// <param name="ledger">Names the ledger for ever.</param>
    public static CarriedPart Of(SumReading reading, NameTable names, Guid ledger)
    {
        var (rows, facts, lines) = (reading.File!, reading.Facts!, new List<CarriedLine>());
        var block = new RowBlock();
        for (var first = 0; first < rows.Count; first += RowBlock.MaxRows)
        {
            block.Move(rows, first);
            for (var row = 0; row < block.Count; row++)
            {
                lines.Add(Line(block, row, names));
            }
        }

        return new CarriedPart(
            IdOf(ledger, reading.Segment),
            SumFolder.KeptFrom(reading.Head!.Value.NewestMs),
            lines,
            [.. facts.Spent.SelectMany(static organisation => organisation.Value.Select(slot => new CarriedSpent(organisation.Key, slot.Key, slot.Value)))],
            [.. facts.Marks.All().Select(static mark => new RecordOrigin(mark.Producer, mark.Epoch, mark.Seq))]);
    }

    private static CarriedLine Line(RowBlock block, int row, NameTable names)
    {
        string Name(LedgerColumn column) => names[(int)block[column][row]];
        long Value(LedgerColumn column) => block[column][row];

        var sum = new UsageCounters();
        sum.AddRequests(Value(LedgerColumn.Requests));
        sum.AddCharge(
            new TokenUsage(Value(LedgerColumn.Input), Value(LedgerColumn.CachedInput), Value(LedgerColumn.CacheWrite), Value(LedgerColumn.Output), Value(LedgerColumn.Reasoning))
            {
                AudioInput = Value(LedgerColumn.AudioInput),
                AudioOutput = Value(LedgerColumn.AudioOutput),
            },
            Value(LedgerColumn.Cost));
        return new CarriedLine(
            (int)(Value(LedgerColumn.Time) / LedgerColumns.MsPerHour), Name(LedgerColumn.Key), Name(LedgerColumn.User), Name(LedgerColumn.Team), Name(LedgerColumn.Organisation), Name(LedgerColumn.Model),
            Name(LedgerColumn.Deployment), (short)Value(LedgerColumn.Status),
            (int)Value(LedgerColumn.Tags) is var set && set == NameTable.Empty ? [] : [.. names.Set(set).Select(label => names[label])], sum);
    }

    private static Guid IdOf(Guid ledger, int segment)
    {
        Span<byte> source = stackalloc byte[16 + sizeof(int)];
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        ledger.TryWriteBytes(source, bigEndian: true, out _);
        BinaryPrimitives.WriteInt32LittleEndian(source[16..], segment);
        SHA256.HashData(source, hash);
        return new Guid(hash[..16]);
    }
}
