using Gateway.Core.Journal;
using Gateway.Core.Money;

namespace Gateway.Core.Tests.Journal;

public sealed class RecordFrameTests
{
    [Fact]
    public void Frame_KnownRecord_HasTheAgreedBytes()
    {
        var frame = new byte[RecordFrame.HeaderBytes + 3];
        new byte[] { 0xA1, 0xA2, 0xA3 }.CopyTo(frame, RecordFrame.HeaderBytes);

        RecordFrame.Seal(frame, JournalRecordType.Final, version: 1, JournalFixture.Producer, epoch: 0x01020304, seq: 0x1122334455667788, new Guid("f0f1f2f3-f4f5-f6f7-f8f9-fafbfcfdfeff"));

        // len, crc (computed by an independent bitwise CRC-32C), type, ver, producer, epoch, seq, rid, payload
        var rest = "03" + "01" + "00112233445566778899AABBCCDDEEFF" + "04030201" + "8877665544332211" + "F0F1F2F3F4F5F6F7F8F9FAFBFCFDFEFF" + "A1A2A3";
        var crc = BitwiseCrc32C(Convert.FromHexString("39000000" + rest));
        Assert.Equal("39000000" + Convert.ToHexString(BitConverter.GetBytes(crc)) + rest, Convert.ToHexString(frame));
        Assert.Equal(0xE3069283u, BitwiseCrc32C("123456789"u8));
    }

    [Fact]
    public void Frame_AnyBitFlipped_IsRefused()
    {
        var frame = new byte[RecordFrame.HeaderBytes + 40];
        RecordFrame.Seal(frame, JournalRecordType.Intent, 1, JournalFixture.Producer, 7, 42, JournalFixture.Id(42));
        Assert.True(RecordFrame.TryRead(frame, out _));

        for (var bit = 0; bit < frame.Length * 8; bit++)
        {
            frame[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(RecordFrame.TryRead(frame, out _), $"bit {bit}");
            frame[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void Frame_CutAnywhere_IsRefused()
    {
        var frame = new byte[RecordFrame.HeaderBytes + 40];
        RecordFrame.Seal(frame, JournalRecordType.Intent, 1, JournalFixture.Producer, 7, 42, JournalFixture.Id(42));

        for (var length = 0; length < frame.Length; length++)
        {
            Assert.False(RecordFrame.TryRead(frame.AsSpan(0, length), out _), $"length {length}");
        }
    }

    [Fact]
    public void Payload_FinalWithEveryField_ReadsBackEqual()
    {
        var final = JournalFixture.Final(JournalFixture.Intent(JournalFixture.Id(5))) with
        {
            Flags = UsageFlags.Estimated | UsageFlags.Unpriced,
            Usage = new Gateway.Core.Money.TokenUsage(90, 10, 1, 40, 5) { CacheWrite1h = 1, AudioInput = 7, AudioOutput = 300 },
        };
        var space = new byte[RecordFrame.MaxPayloadBytes];

        var length = UsageRecordCodec.Write(final, space);

        Assert.Equal(final, UsageRecordCodec.ReadFinal(UsageRecordCodec.Version, JournalFixture.Id(5), space.AsSpan(0, length)));
    }

    [Fact]
    public void Final_WithPricesOfAllClasses_LabelsTierAndWarnings_ComesBack()
    {
        var intent = JournalFixture.Intent(JournalFixture.Id(5)) with
        {
            Price = new TokenPrice(1, 2, 3, 4) { CacheWrite1h = 6, Reasoning = 0, AudioOutput = 7 },
            PriceVersion = "catalogue 2026-11-01",
            Tags = ["cost=42", "env=prod"],
        };
        var final = JournalFixture.Final(intent) with { ServiceTier = "flex", Warnings = ["logit_bias", "seed"] };
        var space = new byte[RecordFrame.MaxPayloadBytes];

        var read = UsageRecordCodec.ReadFinal(UsageRecordCodec.Version, JournalFixture.Id(5), space.AsSpan(0, UsageRecordCodec.Write(final, space)));

        Assert.Equal((intent.Price, "catalogue 2026-11-01", "flex"), (read.Intent.Price, read.Intent.PriceVersion, read.ServiceTier));
        Assert.Equal((string[])["cost=42", "env=prod"], read.Intent.Tags);
        Assert.Equal((string[])["logit_bias", "seed"], read.Warnings);
    }

    [Fact]
    public void Final_OfMoreLabelsAndWarningsThanARecordTells_KeepsTheFirst()
    {
        string[] many = [.. Enumerable.Range(0, 40).Select(static number => new string('x', 200) + number)];
        var space = new byte[RecordFrame.MaxPayloadBytes];
        var final = JournalFixture.Final(JournalFixture.Intent(JournalFixture.Id(5)) with { Tags = many }) with { Warnings = many };

        var read = UsageRecordCodec.ReadFinal(UsageRecordCodec.Version, JournalFixture.Id(5), space.AsSpan(0, UsageRecordCodec.Write(final, space)));

        Assert.Equal((UsageRecordCodec.MaxNotes, UsageRecordCodec.MaxNotes), (read.Intent.Tags.Count, read.Warnings.Count));
        Assert.All(read.Intent.Tags.Concat(read.Warnings), static text => Assert.Equal(64, text.Length));
    }

    [Fact]
    public void Payload_EveryTextFarTooLong_FitsAndIsCutAtAWholeCharacter()
    {
        var text = string.Concat(Enumerable.Repeat("a\U0001F600", 5000));
        var intent = JournalFixture.Intent(JournalFixture.Id(5)) with { KeyId = text, Team = text, User = text, RequestedModel = text, Deployment = text };
        var space = new byte[RecordFrame.MaxPayloadBytes];

        var length = UsageRecordCodec.Write(JournalFixture.Final(intent) with { AnsweredModel = text }, space);

        var read = UsageRecordCodec.ReadFinal(UsageRecordCodec.Version, JournalFixture.Id(5), space.AsSpan(0, length));
        Assert.StartsWith(read.Intent.User, text, StringComparison.Ordinal);
        Assert.InRange(read.Intent.User.Length, UsageRecordCodec.MaxTextChars - 1, UsageRecordCodec.MaxTextChars);
        Assert.DoesNotContain('\uFFFD', read.Intent.User);
    }

    private static uint BitwiseCrc32C(ReadOnlySpan<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++)
            {
                crc = (crc & 1) != 0 ? (crc >> 1) ^ 0x82F63B78 : crc >> 1;
            }
        }

        return ~crc;
    }
}
