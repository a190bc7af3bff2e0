using Gateway.Core.Wire;

namespace Gateway.Core.Tests.Wire;

public sealed class WireTests
{
    [Theory]
    [InlineData(0, 1)]
    [InlineData(-1, 1)]
    [InlineData(63, 1)]
    [InlineData(-64, 1)]
    [InlineData(64, 2)]
    [InlineData(int.MaxValue, 5)]
    [InlineData(int.MinValue, 5)]
    [InlineData(long.MaxValue, 10)]
    [InlineData(long.MinValue, 10)]
    public void Varint_OfAnySize_ReadsBackInItsShortestForm(long value, int bytes)
    {
        Span<byte> buffer = stackalloc byte[16];
        var writer = new WireWriter(buffer);
        writer.WriteVarint(value);

        var reader = new WireReader(buffer[..writer.Written]);
        Assert.Equal(bytes, writer.Written);
        Assert.Equal(value, reader.ReadVarint());
        Assert.True(reader.IsAtEnd);
    }

    [Fact]
    public void Record_WithEveryKindOfField_ReadsBack()
    {
        var buffer = new byte[256];
        var id = new Guid("00112233-4455-6677-8899-aabbccddeeff");
        var writer = new WireWriter(buffer);
        writer.WriteByte(200);
        writer.WriteGuid(id);
        writer.WriteUInt64(ulong.MaxValue - 1);
        writer.WriteString("größe \ud83d\ude00");
        writer.WriteString(null);
        writer.WriteString("");
        writer.WriteStrings(["a", "", "b"]);
        writer.WriteStrings([]);

        var reader = new WireReader(buffer.AsSpan(0, writer.Written));
        Assert.Equal(200, reader.ReadByte());
        Assert.Equal(id, reader.ReadGuid());
        Assert.Equal(ulong.MaxValue - 1, reader.ReadUInt64());
        Assert.Equal("größe \ud83d\ude00", reader.ReadString());
        Assert.Equal("", reader.ReadString());
        Assert.Equal("", reader.ReadString());
        Assert.Equal(["a", "", "b"], reader.ReadStrings());
        Assert.Empty(reader.ReadStrings());
        Assert.True(reader.IsAtEnd);
    }

    [Fact]
    public void Guid_OnTheWire_KeepsTheOrderOfItsText()
    {
        var buffer = new byte[16];
        var writer = new WireWriter(buffer);
        writer.WriteGuid(new Guid("00112233-4455-6677-8899-aabbccddeeff"));

        Assert.Equal("00112233445566778899AABBCCDDEEFF", Convert.ToHexString(buffer));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Reader_OnRandomBytes_ThrowsInvalidDataOnly(int seed)
    {
        var random = new Random(seed);
        var refused = 0;
        for (var round = 0; round < 20_000; round++)
        {
            var bytes = new byte[random.Next(40)];
            random.NextBytes(bytes);
            var reader = new WireReader(bytes);
            try
            {
                while (!reader.IsAtEnd)
                {
                    ReadOne(ref reader, random.Next(7));
                }
            }
            catch (InvalidDataException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 1, 20_000);
    }

    [Theory]
    [InlineData("FFFFFFFFFFFFFFFFFFFF01")]
    [InlineData("FFFFFFFFFFFFFFFFFF02")]
    [InlineData("FFFFFFFFFFFFFFFFFF7F")]
    public void Varint_BeyondSixtyFourBits_IsRefused(string hex) =>
        Assert.Throws<InvalidDataException>(() => new WireReader(Convert.FromHexString(hex)).ReadVarint());

    [Theory]
    [InlineData("8100")]
    [InlineData("808000")]
    public void Varint_LongerThanNeeded_IsRefused(string hex) =>
        Assert.Throws<InvalidDataException>(() => new WireReader(Convert.FromHexString(hex)).ReadVarint());

    [Theory]
    [InlineData("01")]
    [InlineData("0A")]
    [InlineData("FEFFFFFFFFFFFFFFFF01")]
    [InlineData("FFFFFFFFFFFFFFFFFF01")]
    public void StringOrList_WithALengthItDoesNotHave_IsRefused(string hex)
    {
        var bytes = Convert.FromHexString(hex);

        Assert.Throws<InvalidDataException>(() => new WireReader(bytes).ReadString());
        Assert.Throws<InvalidDataException>(() => new WireReader(bytes).ReadStrings());
    }

    [Fact]
    public void String_ThatIsNoUtf8_IsRefused() =>
        Assert.Throws<InvalidDataException>(() => new WireReader([0x04, 0xC3, 0x28]).ReadString());

    [Fact]
    public void Int32_OutOfRange_IsRefused()
    {
        var buffer = new byte[16];
        var writer = new WireWriter(buffer);
        writer.WriteVarint(int.MaxValue + 1L);

        Assert.Throws<InvalidDataException>(() => new WireReader(buffer).ReadInt32());
    }

    [Fact]
    public void Writer_WithoutRoom_ThrowsArgumentException()
    {
        Assert.ThrowsAny<ArgumentException>(static () => new WireWriter(new byte[3]).WriteString("abc"));
        Assert.ThrowsAny<ArgumentException>(static () => new WireWriter(new byte[15]).WriteGuid(Guid.Empty));
        Assert.ThrowsAny<ArgumentException>(static () => new WireWriter(new byte[7]).WriteUInt64(1));
        Assert.ThrowsAny<ArgumentException>(static () => new WireWriter(new byte[1]).WriteVarint(64));
        Assert.ThrowsAny<ArgumentException>(static () => new WireWriter([]).WriteByte(1));
    }

    private static void ReadOne(ref WireReader reader, int kind)
    {
        switch (kind)
        {
            case 0:
                reader.ReadByte();
                break;
            case 1:
                reader.ReadVarint();
                break;
            case 2:
                reader.ReadInt32();
                break;
            case 3:
                reader.ReadGuid();
                break;
            case 4:
                reader.ReadUInt64();
                break;
            case 5:
                reader.ReadString();
                break;
            default:
                reader.ReadStrings();
                break;
        }
    }
}
