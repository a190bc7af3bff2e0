using Gateway.Core.Admission.Shared;
using Gateway.Core.Money;
using Gateway.Core.Requests;
using Gateway.Core.Wire;

namespace Gateway.Core.Journal;

/// <summary>Payloads of INTENT and FINAL. Stateless.</summary>
public static class UsageRecordCodec
{
    /// <summary>Layout that is written today. A new field means a new version, and readers of the old one.</summary>
    public const byte Version = 5;

    /// <summary>Without tokens of sound.</summary>
    private const byte WithoutAudio = 1;

    /// <summary>Without a record of each call.</summary>
    private const byte WithoutAttempts = 2;

    /// <summary>Without the owner of the key, the organisation and the budgets.</summary>
    private const byte WithoutBudgets = 3;

    /// <summary>Without prices of all classes of tokens, where they are from, labels, tier and warnings.</summary>
    private const byte WithoutTags = 4;

    /// <summary>Longer texts are cut: clients and upstreams choose some of them, and a record must stay small.</summary>
    public const int MaxTextChars = 512;

    /// <summary>The same for names that only the operator chooses.</summary>
    private const int MaxNameChars = 128;

    /// <summary>Most bytes that the budgets of a record take: there is room for dozens, and a record must fit its frame whatever else stands in it.</summary>
    private const int MaxBudgetBytes = 4096;

    /// <summary>Most labels of a key, and most warnings, that a record tells of; more are left out.</summary>
    public const int MaxNotes = 16;

    /// <summary>Labels and warnings are short names.</summary>
    private const int MaxNoteChars = 64;

    /// <summary>Most calls that a record tells of; more are left out.</summary>
    public const int MaxAttempts = 8;

    /// <summary>Parts of an INTENT that stand in its bytes.</summary>
    [Flags]
    private enum Parts : byte
    {
        None = 0,
        Price = 1,
        Carried = 2,
        Charged = 4,
        Classes = 8,
        Tagged = 16,
    }

    /// <returns>Bytes written.</returns>
    public static int Write(UsageIntent intent, Span<byte> destination)
    {
        var writer = new WireWriter(destination);
        WriteIntent(ref writer, intent);
        return writer.Written;
    }

    /// <returns>Bytes written.</returns>
    public static int Write(UsageFinal final, Span<byte> destination)
    {
        var writer = new WireWriter(destination);
        WriteIntent(ref writer, final.Intent);
        writer.WriteByte((byte)final.Ending);
        writer.WriteVarint(final.Status);
        WriteText(ref writer, final.AnsweredModel);
        writer.WriteVarint(final.Usage.Input);
        writer.WriteVarint(final.Usage.CachedInput);
        writer.WriteVarint(final.Usage.CacheWrite);
        writer.WriteVarint(final.Usage.Output);
        writer.WriteVarint(final.Usage.Reasoning);
        writer.WriteVarint(final.CostNanoUsd);
        writer.WriteVarint((int)final.Flags);
        writer.WriteVarint(final.Attempts);
        writer.WriteVarint(final.DurationMs);
        writer.WriteVarint(final.TimeToFirstTokenMs);
        writer.WriteVarint(final.Usage.AudioInput);
        writer.WriteVarint(final.Usage.AudioOutput);
        UsageAttemptCodec.Write(ref writer, final);
        WriteText(ref writer, final.ServiceTier, MaxNoteChars);
        WriteNotes(ref writer, final.Warnings);
        writer.WriteVarint(final.Usage.CacheWrite1h);
        return writer.Written;
    }

    /// <exception cref="InvalidDataException">Another version, or no such payload.</exception>
    public static UsageIntent ReadIntent(byte version, Guid requestId, ReadOnlySpan<byte> payload)
    {
        Require(version);
        var reader = new WireReader(payload);
        return ReadIntent(ref reader, version, requestId);
    }

    /// <exception cref="InvalidDataException">Another version, or no such payload.</exception>
    public static UsageFinal ReadFinal(byte version, Guid requestId, ReadOnlySpan<byte> payload)
    {
        Require(version);
        var reader = new WireReader(payload);
        var final = new UsageFinal
        {
            Intent = ReadIntent(ref reader, version, requestId),
            Ending = (RequestEnding)reader.ReadByte(),
            Status = reader.ReadInt32(),
            AnsweredModel = reader.ReadString(),
            Usage = new TokenUsage(reader.ReadVarint(), reader.ReadVarint(), reader.ReadVarint(), reader.ReadVarint(), reader.ReadVarint()),
            CostNanoUsd = reader.ReadVarint(),
            Flags = (UsageFlags)reader.ReadInt32(),
            Attempts = reader.ReadInt32(),
            DurationMs = reader.ReadVarint(),
            TimeToFirstTokenMs = reader.ReadVarint(),
        };
        if (version == WithoutAudio)
        {
            return final;
        }

        final = final with { Usage = final.Usage with { AudioInput = reader.ReadVarint(), AudioOutput = reader.ReadVarint() } };
        if (version != WithoutAttempts && UsageAttemptCodec.Read(ref reader, version, final) is { Length: > 0 } attempts)
        {
            final = final with { AttemptRecords = attempts };
        }

        return version > WithoutTags
            ? final with { ServiceTier = reader.ReadString(), Warnings = reader.ReadStrings(), Usage = final.Usage with { CacheWrite1h = reader.ReadVarint() } } : final;
    }

    internal static void WriteUsage(ref WireWriter writer, in TokenUsage usage)
    {
        writer.WriteVarint(usage.Input);
        writer.WriteVarint(usage.CachedInput);
        writer.WriteVarint(usage.CacheWrite);
        writer.WriteVarint(usage.Output);
        writer.WriteVarint(usage.Reasoning);
        writer.WriteVarint(usage.AudioInput);
        writer.WriteVarint(usage.AudioOutput);
        writer.WriteVarint(usage.CacheWrite1h);
    }

    internal static TokenUsage ReadUsage(ref WireReader reader, byte version) => new(reader.ReadVarint(), reader.ReadVarint(), reader.ReadVarint(), reader.ReadVarint(), reader.ReadVarint())
    {
        AudioInput = reader.ReadVarint(),
        AudioOutput = reader.ReadVarint(),
        CacheWrite1h = version > WithoutTags ? reader.ReadVarint() : 0,
    };

    internal static void WriteText(ref WireWriter writer, string text, int maxChars = MaxTextChars)
    {
        if (text.Length <= maxChars)
        {
            writer.WriteString(text);
            return;
        }

        // A pair of surrogates is not cut in two.
        var length = char.IsHighSurrogate(text[maxChars - 1]) ? maxChars - 1 : maxChars;
        writer.WriteString(text[..length]);
    }

    // The request id stands in the frame.
    private static void WriteIntent(ref WireWriter writer, UsageIntent intent)
    {
        writer.WriteVarint(intent.TimeUnixMs);
        WriteText(ref writer, intent.KeyId);
        WriteText(ref writer, intent.Team);
        WriteText(ref writer, intent.User);
        writer.WriteByte((byte)intent.Operation);
        WriteText(ref writer, intent.RequestedModel);
        WriteText(ref writer, intent.Deployment);
        writer.WriteByte(intent.Stream ? (byte)1 : (byte)0);
        writer.WriteVarint(intent.EstimatedInputTokens);
        writer.WriteVarint((int)intent.Flags);
        var carries = intent.Attempt != 1 || intent.CarriedNanoUsd != 0 || intent.CarriedUsage != default;
        var isCharged = intent.Owner.Length > 0 || intent.Organisation.Length > 0 || intent.Budgets.Count > 0;
        var hasClasses = intent.Price is { } classes && (classes.Reasoning ?? classes.AudioInput ?? classes.AudioOutput ?? classes.CacheWrite1h) is not null;
        var isTagged = intent.Tags.Count > 0 || intent.PriceVersion.Length > 0;
        writer.WriteByte((byte)((intent.Price is null ? Parts.None : Parts.Price) | (carries ? Parts.Carried : Parts.None) | (isCharged ? Parts.Charged : Parts.None)
            | (hasClasses ? Parts.Classes : Parts.None) | (isTagged ? Parts.Tagged : Parts.None)));
        if (intent.Price is { } price)
        {
            writer.WriteVarint(price.Input);
            writer.WriteVarint(price.CachedInput);
            writer.WriteVarint(price.CacheWrite);
            writer.WriteVarint(price.Output);
            if (hasClasses)
            {
                writer.WriteVarint(price.Reasoning ?? -1);
                writer.WriteVarint(price.AudioInput ?? -1);
                writer.WriteVarint(price.AudioOutput ?? -1);
                writer.WriteVarint(price.CacheWrite1h ?? -1);
            }
        }

        // Nothing is carried into the first call, which is the only one of nearly every request.
        if (carries)
        {
            writer.WriteVarint(intent.Attempt);
            WriteUsage(ref writer, intent.CarriedUsage);
            writer.WriteVarint(intent.CarriedNanoUsd);
        }

        // Only who has an owner, limits or budgets pays for them.
        if (isCharged)
        {
            WriteText(ref writer, intent.Owner, MaxNameChars);
            WriteText(ref writer, intent.Organisation, MaxNameChars);
            AdmissionTicketCodec.WriteSlots(ref writer, Fitting(intent.Budgets));
        }

        if (isTagged)
        {
            WriteText(ref writer, intent.PriceVersion, MaxNoteChars);
            WriteNotes(ref writer, intent.Tags);
        }
    }

    private static void WriteNotes(ref WireWriter writer, IReadOnlyList<string> notes)
    {
        var count = Math.Min(notes.Count, MaxNotes);
        writer.WriteVarint(count);
        for (var i = 0; i < count; i++)
        {
            WriteText(ref writer, notes[i], MaxNoteChars);
        }
    }

    // A name that was cut would be another budget's: what does not fit is left out whole.
    private static IReadOnlyList<BudgetSlot> Fitting(IReadOnlyList<BudgetSlot> budgets)
    {
        const int BytesBesideId = 3 + 10;
        var bytes = 0;
        for (var i = 0; i < budgets.Count; i++)
        {
            bytes += System.Text.Encoding.UTF8.GetByteCount(budgets[i].Id) + BytesBesideId;
            if (bytes > MaxBudgetBytes)
            {
                return [.. budgets.Take(i)];
            }
        }

        return budgets;
    }

    private static UsageIntent ReadIntent(ref WireReader reader, byte version, Guid requestId)
    {
        var intent = new UsageIntent
        {
            RequestId = requestId,
            TimeUnixMs = reader.ReadVarint(),
            KeyId = reader.ReadString(),
            Team = reader.ReadString(),
            User = reader.ReadString(),
            Operation = (LlmOperation)reader.ReadByte(),
            RequestedModel = reader.ReadString(),
            Deployment = reader.ReadString(),
            Stream = reader.ReadByte() != 0,
            EstimatedInputTokens = reader.ReadVarint(),
            Flags = (UsageFlags)reader.ReadInt32(),
            Price = ReadPrice(ref reader, version, out var parts),
            Attempt = (parts & Parts.Carried) != 0 ? reader.ReadInt32() : 1,
            CarriedUsage = (parts & Parts.Carried) != 0 ? ReadUsage(ref reader, version) : default,
            CarriedNanoUsd = (parts & Parts.Carried) != 0 ? reader.ReadVarint() : 0,
        };
        if ((parts & Parts.Charged) != 0)
        {
            intent = intent with { Owner = reader.ReadString(), Organisation = reader.ReadString(), Budgets = AdmissionTicketCodec.ReadSlots(ref reader) };
        }

        return (parts & Parts.Tagged) != 0 ? intent with { PriceVersion = reader.ReadString(), Tags = reader.ReadStrings() } : intent;
    }

    // The first layouts wrote 0 or 1 here, and never had anything to carry.
    private static TokenPrice? ReadPrice(ref WireReader reader, byte version, out Parts parts)
    {
        parts = (Parts)reader.ReadByte();
        if ((parts & ~(Parts.Price | Parts.Carried | (version > WithoutBudgets ? Parts.Charged : Parts.None) | (version > WithoutTags ? Parts.Classes | Parts.Tagged : Parts.None))) != 0)
        {
            throw new InvalidDataException("The record has parts that this build does not know.");
        }

        if ((parts & Parts.Price) == 0)
        {
            return null;
        }

        var price = new TokenPrice(reader.ReadVarint(), reader.ReadVarint(), reader.ReadVarint(), reader.ReadVarint());
        return (parts & Parts.Classes) == 0 ? price : price with
        {
            Reasoning = Optional(reader.ReadVarint()),
            AudioInput = Optional(reader.ReadVarint()),
            AudioOutput = Optional(reader.ReadVarint()),
            CacheWrite1h = Optional(reader.ReadVarint()),
        };
    }

    private static long? Optional(long price) => price < 0 ? null : price;

    private static void Require(byte version)
    {
        if (version is not (Version or WithoutTags or WithoutBudgets or WithoutAttempts or WithoutAudio))
        {
            throw new InvalidDataException($"The record has layout {version}; this build reads {WithoutAudio} to {Version}.");
        }
    }
}
