using Gateway.Core.Wire;

namespace Gateway.Core.Journal;

/// <summary>
/// The calls of a request at the end of a FINAL: <c>[count u8]</c>, then for each
/// <c>[number][parts u8][the parts named][start][duration][time to first token]</c>. A part that says what the FINAL says anyway is left
/// out, so that the usual one call takes eight bytes. Stateless.
/// </summary>
internal static class UsageAttemptCodec
{
    // So many texts of such lengths fit a frame beside the longest FINAL, whatever their characters are.
    private const int FewAttempts = 3;
    private const int NameCharsOfFew = 256;
    private const int NameCharsOfMany = 64;
    private const int LabelChars = 32;

    /// <summary>Parts of a call that stand in its bytes.</summary>
    [Flags]
    private enum Parts : byte
    {
        None = 0,
        Deployment = 1,
        Credential = 2,
        Outcome = 4,
        Failure = 8,
        AnsweredModel = 16,
        Charge = 32,
        Flags = 64,
        IsHedge = 128,
    }

    public static void Write(ref WireWriter writer, UsageFinal final)
    {
        var attempts = final.AttemptRecords;
        var count = Math.Min(attempts.Count, UsageRecordCodec.MaxAttempts);
        var nameChars = count <= FewAttempts ? NameCharsOfFew : NameCharsOfMany;
        writer.WriteByte((byte)count);
        for (var i = 0; i < count; i++)
        {
            Write(ref writer, attempts[i], final, nameChars);
        }
    }

    /// <param name="reader">Stands at the count.</param>
    /// <param name="version">Layout of the record.</param>
    /// <param name="final">All but its calls.</param>
    /// <exception cref="InvalidDataException">No calls, or more than a record holds.</exception>
    public static UsageAttempt[] Read(ref WireReader reader, byte version, UsageFinal final)
    {
        var count = reader.ReadByte();
        if (count == 0)
        {
            return [];
        }

        if (count > UsageRecordCodec.MaxAttempts)
        {
            throw new InvalidDataException($"The record has {count} attempts; {UsageRecordCodec.MaxAttempts} are the most.");
        }

        var attempts = new UsageAttempt[count];
        for (var i = 0; i < attempts.Length; i++)
        {
            attempts[i] = ReadOne(ref reader, version, final);
        }

        return attempts;
    }

    private static void Write(ref WireWriter writer, UsageAttempt attempt, UsageFinal final, int nameChars)
    {
        var parts = Differing(attempt, final);
        writer.WriteVarint(attempt.Number);
        writer.WriteByte((byte)parts);
        if ((parts & Parts.Deployment) != 0)
        {
            UsageRecordCodec.WriteText(ref writer, attempt.Deployment, nameChars);
        }

        if ((parts & Parts.Credential) != 0)
        {
            UsageRecordCodec.WriteText(ref writer, attempt.Credential, LabelChars);
        }

        if ((parts & Parts.Outcome) != 0)
        {
            writer.WriteByte((byte)attempt.Ending);
            writer.WriteVarint(attempt.UpstreamStatus);
        }

        if ((parts & Parts.Failure) != 0)
        {
            UsageRecordCodec.WriteText(ref writer, attempt.Failure, LabelChars);
        }

        if ((parts & Parts.AnsweredModel) != 0)
        {
            UsageRecordCodec.WriteText(ref writer, attempt.AnsweredModel, nameChars);
        }

        if ((parts & Parts.Charge) != 0)
        {
            UsageRecordCodec.WriteUsage(ref writer, attempt.Usage);
            writer.WriteVarint(attempt.CostNanoUsd);
        }

        if ((parts & Parts.Flags) != 0)
        {
            writer.WriteVarint((int)attempt.Flags);
        }

        writer.WriteVarint(attempt.StartMs);
        writer.WriteVarint(attempt.DurationMs);
        writer.WriteVarint(attempt.TimeToFirstTokenMs);
    }

    private static UsageAttempt ReadOne(ref WireReader reader, byte version, UsageFinal final)
    {
        var number = reader.ReadInt32();
        var parts = (Parts)reader.ReadByte();
        return new UsageAttempt
        {
            Number = number,
            Deployment = (parts & Parts.Deployment) != 0 ? reader.ReadString() : final.Intent.Deployment,
            Credential = (parts & Parts.Credential) != 0 ? reader.ReadString() : "",
            Ending = (parts & Parts.Outcome) != 0 ? (RequestEnding)reader.ReadByte() : final.Ending,
            UpstreamStatus = (parts & Parts.Outcome) != 0 ? reader.ReadInt32() : final.Status,
            Failure = (parts & Parts.Failure) != 0 ? reader.ReadString() : "",
            AnsweredModel = (parts & Parts.AnsweredModel) != 0 ? reader.ReadString() : final.AnsweredModel,
            Usage = (parts & Parts.Charge) != 0 ? UsageRecordCodec.ReadUsage(ref reader, version) : final.Usage,
            CostNanoUsd = (parts & Parts.Charge) != 0 ? reader.ReadVarint() : final.CostNanoUsd,
            Flags = (parts & Parts.Flags) != 0 ? (UsageFlags)reader.ReadInt32() : final.Flags,
            StartMs = reader.ReadVarint(),
            DurationMs = reader.ReadVarint(),
            TimeToFirstTokenMs = reader.ReadVarint(),
            IsHedge = (parts & Parts.IsHedge) != 0,
        };
    }

    private static Parts Differing(UsageAttempt attempt, UsageFinal final) =>
        (attempt.Deployment == final.Intent.Deployment ? Parts.None : Parts.Deployment)
        | (attempt.Credential.Length == 0 ? Parts.None : Parts.Credential)
        | (attempt.Ending == final.Ending && attempt.UpstreamStatus == final.Status ? Parts.None : Parts.Outcome)
        | (attempt.Failure.Length == 0 ? Parts.None : Parts.Failure)
        | (attempt.AnsweredModel == final.AnsweredModel ? Parts.None : Parts.AnsweredModel)
        | (attempt.Usage == final.Usage && attempt.CostNanoUsd == final.CostNanoUsd ? Parts.None : Parts.Charge)
        | (attempt.Flags == final.Flags ? Parts.None : Parts.Flags)
        | (attempt.IsHedge ? Parts.IsHedge : Parts.None);
}
