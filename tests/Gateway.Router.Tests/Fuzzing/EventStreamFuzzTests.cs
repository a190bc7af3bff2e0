using System.Buffers.Binary;
using System.Text;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Bedrock;
using Gateway.Router.Streaming;
using Gateway.Router.Tests.Protocols.Bedrock;

namespace Gateway.Router.Tests.Fuzzing;

/// <summary>Amazon's binary messages: what is whole is read as it was written, what is not is refused.</summary>
public sealed class EventStreamFuzzTests
{
    [Fact]
    public Task Message_Random_IsReadAsWritten() => Fuzz.RunAsync(20_000_000, 5_000, static random =>
    {
        var payload = Bytes(random, random.Pick([0, 1, 20, 5000]));
        var headers = Headers(random, out var type);
        var bytes = BedrockCases.Message(payload, headers);

        Assert.True(EventStreamMessage.TryRead(bytes, out var message));
        Assert.Equal(payload, message.Payload.ToArray());
        Assert.Equal(type, Encoding.UTF8.GetString(message.EventType));
    });

    [Fact]
    public Task Message_AnyByteChanged_IsRefused() => Fuzz.RunAsync(21_000_000, 5_000, static random =>
    {
        var bytes = BedrockCases.Message(Bytes(random, random.Next(60)), Headers(random, out _));
        bytes[random.Next(bytes.Length)] ^= (byte)random.Next(1, 256);

        // Every byte stands under a checksum, or is one.
        Assert.False(EventStreamMessage.TryRead(bytes, out _));
    });

    [Fact]
    public Task Message_WrongLengthsWithRightChecksums_NeverThrows() => Fuzz.RunAsync(22_000_000, 10_000, static random =>
    {
        // Headers that are any bytes, or a length of them that is not theirs: the checksums fit, the content does not.
        var headers = random.OneIn(2) ? Bytes(random, random.Next(40)) : Headers(random, out _);
        if (random.OneIn(2) && headers.Length > 0)
        {
            headers[random.Next(headers.Length)] = (byte)random.Next(256);
        }

        var bytes = BedrockCases.Message(Bytes(random, random.Next(40)), headers);
        if (random.OneIn(3))
        {
            BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(4), random.OneIn(2) ? random.Next() : -random.Next(1, 100));
            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(8), Crc32.Of(bytes.AsSpan(0, 8)));
            BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(bytes.Length - 4), Crc32.Of(bytes.AsSpan(0, bytes.Length - 4)));
        }

        EventStreamMessage.TryRead(bytes, out _);
        EventStreamMessage.TryRead(bytes.AsSpan(0, random.Next(bytes.Length)), out _);
        new BedrockDecoder(null).Decode(bytes, new OrderedSink(new Translating.EventLog()));
        new BedrockDecoder(null).ReadError(bytes);
    });

    [Fact]
    public Task Framer_MessagesInPiecesOfAnyLength_FindsTheirBorders() => Fuzz.RunAsync(23_000_000, 1_000, static random =>
    {
        List<byte[]> messages = [.. Enumerable.Range(0, random.Next(1, 6)).Select(number => BedrockCases.Message(Bytes(random, random.Next(300)), Headers(random, out _)))];
        Assert.Equal(messages.ConvertAll(Convert.ToHexString), Frames(random, FrameFormat.AwsEventStream, [.. messages.SelectMany(static message => message)]));
    });

    [Fact]
    public Task Framer_AnyBytes_LosesNoneAndNeverHangs() => Fuzz.RunAsync(24_000_000, 5_000, static random =>
    {
        var format = random.Pick([FrameFormat.Sse, FrameFormat.JsonLines, FrameFormat.AwsEventStream]);
        var bytes = Bytes(random, random.Next(400));
        for (var at = 0; at < bytes.Length; at++)
        {
            // Mostly line ends and the letters of fields, or nothing would ever be cut.
            bytes[at] = random.OneIn(3) ? bytes[at] : random.Pick("\r\n\r\n\n\r:data: id"u8.ToArray());
        }

        try
        {
            Assert.Equal(Convert.ToHexString(bytes), string.Concat(Frames(random, format, bytes)));
        }
        catch (InvalidDataException)
        {
            Assert.Equal(FrameFormat.AwsEventStream, format);
        }
    });

    /// <summary>The frames as the framer cuts them, and what is left behind the last.</summary>
    private static List<string> Frames(Random random, FrameFormat format, ReadOnlySpan<byte> stream)
    {
        var framer = new Framer(format);
        var frames = new List<string>();
        var held = new StringBuilder();
        foreach (var longest in StreamMutation.Pieces(random))
        {
            var piece = stream[..Math.Min(longest, stream.Length)];
            stream = stream[piece.Length..];
            int length;
            while ((length = framer.FindEnd(piece)) >= 0)
            {
                Assert.InRange(length, 1, piece.Length);
                frames.Add(held.Append(Convert.ToHexString(piece[..length])).ToString());
                held.Clear();
                piece = piece[length..];
            }

            held.Append(Convert.ToHexString(piece));
            if (stream.IsEmpty)
            {
                break;
            }
        }

        if (held.Length > 0)
        {
            frames.Add(held.ToString());
        }

        return frames;
    }

    private static byte[] Headers(Random random, out string eventType)
    {
        var headers = new List<byte>();
        eventType = "";
        for (var count = random.Next(5); count > 0; count--)
        {
            var name = random.Pick([":event-type", ":message-type", "x", "a-longer-name"]);
            var type = name == ":event-type" ? 7 : random.Next(10);
            headers.Add((byte)name.Length);
            headers.AddRange(Encoding.ASCII.GetBytes(name));
            headers.Add((byte)type);
            var value = Bytes(random, type switch { 0 or 1 => 0, 2 => 1, 3 => 2, 4 => 4, 5 or 8 => 8, 9 => 16, _ => random.Next(30) });
            if (type == 7)
            {
                value = [.. value.Select(static letter => (byte)('a' + (letter % 26)))];
                eventType = name == ":event-type" ? Encoding.ASCII.GetString(value) : eventType;
            }

            if (type is 6 or 7)
            {
                headers.AddRange([(byte)(value.Length >> 8), (byte)value.Length]);
            }

            headers.AddRange(value);
        }

        return [.. headers];
    }

    private static byte[] Bytes(Random random, int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }
}
