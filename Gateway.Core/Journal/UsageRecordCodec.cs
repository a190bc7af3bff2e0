using Gateway.Core.Money;
using Gateway.Core.Requests;
using Gateway.Core.Wire;

namespace Gateway.Core.Journal;

/// <summary>Payloads of INTENT and FINAL. Stateless.</summary>
public static class UsageRecordCodec
{
    /// <summary>Layout that is written today. A new field means a new version, and readers of the old one.</summary>
    public const byte Version = 2;

    /// <summary>Without tokens of sound.</summary>
    private const byte WithoutAudio = 1;

    /// <summary>Longer texts are cut: clients and upstreams choose some of them, and a record must stay small.</summary>
    public const int MaxTextChars = 512;

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
        return writer.Written;
    }

    /// <exception cref="InvalidDataException">Another version, or no such payload.</exception>
    public static UsageIntent ReadIntent(byte version, Guid requestId, ReadOnlySpan<byte> payload)
    {
        Require(version);
        var reader = new WireReader(payload);
        return ReadIntent(ref reader, requestId);
    }

    /// <exception cref="InvalidDataException">Another version, or no such payload.</exception>
    public static UsageFinal ReadFinal(byte version, Guid requestId, ReadOnlySpan<byte> payload)
    {
        Require(version);
        var reader = new WireReader(payload);
        var final = new UsageFinal
        {
            Intent = ReadIntent(ref reader, requestId),
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
        return version == WithoutAudio ? final : final with { Usage = final.Usage with { AudioInput = reader.ReadVarint(), AudioOutput = reader.ReadVarint() } };
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
        writer.WriteByte(intent.Price is null ? (byte)0 : (byte)1);
        if (intent.Price is { } price)
        {
            writer.WriteVarint(price.Input);
            writer.WriteVarint(price.CachedInput);
            writer.WriteVarint(price.CacheWrite);
            writer.WriteVarint(price.Output);
        }
    }

    private static UsageIntent ReadIntent(ref WireReader reader, Guid requestId) => new()
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
        Price = reader.ReadByte() == 0 ? null : new TokenPrice(reader.ReadVarint(), reader.ReadVarint(), reader.ReadVarint(), reader.ReadVarint()),
    };

    private static void WriteText(ref WireWriter writer, string text)
    {
        if (text.Length <= MaxTextChars)
        {
            writer.WriteString(text);
            return;
        }

        // A pair of surrogates is not cut in two.
        var length = char.IsHighSurrogate(text[MaxTextChars - 1]) ? MaxTextChars - 1 : MaxTextChars;
        writer.WriteString(text[..length]);
    }

    private static void Require(byte version)
    {
        if (version is not (Version or WithoutAudio))
        {
            throw new InvalidDataException($"The record has layout {version}; this build reads {WithoutAudio} and {Version}.");
        }
    }
}
