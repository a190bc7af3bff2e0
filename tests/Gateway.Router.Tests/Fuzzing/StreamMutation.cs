using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Gateway.Router.Protocols;
using Gateway.Router.Tests.Protocols.Bedrock;

namespace Gateway.Router.Tests.Fuzzing;

/// <summary>Makes streams that no provider would send out of recorded ones.</summary>
internal static class StreamMutation
{
    /// <summary>Values in the place of others: wrong types, numbers that no type holds, text that is no Unicode, depth.</summary>
    private static readonly byte[][] Values =
    [
        .. new[]
        {
            "null", "true", "false", "0", "-1", "1.5", "1e400", "99999999999999999999999", "-9223372036854775808", "\"\"", "\"x\"", "\"\\ud800\"", "\"\\udc00\\ud83d\"",
            "\"\\u0000\\n\\\"\"", "\"\u00e9\ud83d\ude00\"", "{}", "[]", "[null]", "[[]]", "{\"a\":{}}", "{\"\":0}", "[{\"type\":\"text\",\"text\":\"y\"}]", "{\"error\":{\"message\":\"no\"}}",
            new string('[', 70) + new string(']', 70), "\"" + new string('z', 5000) + "\"", "{\"a\":1,\"a\":2}", "tru", "\"open", "",
        }.Select(Encoding.UTF8.GetBytes),
    ];

    /// <summary>Cuts a stream into its events, without the Router's own framers.</summary>
    public static List<byte[]> Cut(FrameFormat format, ReadOnlySpan<byte> stream)
    {
        var frames = new List<byte[]>();
        while (!stream.IsEmpty)
        {
            var length = format switch
            {
                FrameFormat.AwsEventStream => BinaryPrimitives.ReadInt32BigEndian(stream),
                FrameFormat.JsonLines => After(stream, "\n"u8),
                _ => Math.Min(After(stream, "\n\n"u8), After(stream, "\r\n\r\n"u8)),
            };
            frames.Add(stream[..length].ToArray());
            stream = stream[length..];
        }

        return frames;
    }

    /// <summary>Some changes to the order and to the content of events, with <paramref name="others"/> to take foreign ones from.</summary>
    public static byte[] Mutate(Random random, FrameFormat format, List<byte[]> frames, IReadOnlyList<byte[]> others)
    {
        for (var changes = random.Next(1, 5); changes > 0 && frames.Count > 0; changes--)
        {
            var at = random.Next(frames.Count);
            switch (random.Next(12))
            {
                case 0: frames.RemoveAt(at); break;
                case 1: frames.Insert(at, frames[at]); break;
                case 2: (frames[at], frames[0]) = (frames[0], frames[at]); break;
                case 3: frames.RemoveRange(at, frames.Count - at); break;
                case 4: frames.Insert(at, random.Pick(others)); break;
                case 5: frames.InsertRange(at, others.Skip(random.Next(others.Count)).Take(random.Next(1, 6))); break;
                case 6: frames[at] = frames[at][..random.Next(frames[at].Length)]; break;
                case 7: frames[at] = Flip(random, frames[at]); break;
                case 8: frames[at] = Flip(random, frames[at], payloadOf: format); break;
                default: frames[at] = Replace(random, format, frames[at]); break;
            }
        }

        return [.. frames.SelectMany(static frame => frame)];
    }

    /// <summary>A plain document with some of its values replaced, or bytes flipped, or cut.</summary>
    public static byte[] MutateDocument(Random random, byte[] document)
    {
        for (var changes = random.Next(1, 4); changes > 0; changes--)
        {
            document = random.Next(8) switch
            {
                0 when document.Length > 0 => Flip(random, document),
                1 => document[..random.Next(document.Length + 1)],
                _ => ReplaceValue(random, document),
            };
        }

        return document;
    }

    public static IEnumerable<int> Pieces(Random random)
    {
        var longest = random.Pick([1, 3, 40, 1000]);
        while (true)
        {
            yield return random.Next(1, longest + 1);
        }
    }

    private static int After(ReadOnlySpan<byte> stream, ReadOnlySpan<byte> border) => stream.IndexOf(border) is var at and >= 0 ? at + border.Length : stream.Length;

    private static byte[] Flip(Random random, byte[] bytes, FrameFormat? payloadOf = null)
    {
        if (payloadOf == FrameFormat.AwsEventStream && TryTakeMessage(bytes, out var headers, out var payload))
        {
            // With checksums that fit, or nobody would read what was changed.
            return random.OneIn(2) ? BedrockCases.Message(Flip(random, payload), headers) : BedrockCases.Message(payload, Flip(random, headers));
        }

        var flipped = bytes.ToArray();
        for (var flips = random.Next(1, 5); flips > 0 && flipped.Length > 0; flips--)
        {
            flipped[random.Next(flipped.Length)] = random.OneIn(2) ? (byte)random.Next(256) : random.Pick("\"{}[]:,\\\r\n 0"u8.ToArray());
        }

        return flipped;
    }

    private static byte[] Replace(Random random, FrameFormat format, byte[] frame)
    {
        if (format == FrameFormat.AwsEventStream)
        {
            return TryTakeMessage(frame, out var headers, out var payload) ? BedrockCases.Message(ReplaceValue(random, payload), headers) : frame;
        }

        var start = format == FrameFormat.Sse ? After(frame, "data:"u8) : 0;
        var end = start + frame.AsSpan(start).TrimEnd("\r\n"u8).Length;
        return [.. frame[..start], .. ReplaceValue(random, frame[start..end]), .. frame[end..]];
    }

    private static byte[] ReplaceValue(Random random, byte[] json)
    {
        var values = new List<(int Start, int End)>();
        try
        {
            var reader = new Utf8JsonReader(json);
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.PropertyName or JsonTokenType.EndArray or JsonTokenType.EndObject)
                {
                    continue;
                }

                var whole = reader;
                whole.Skip();
                values.Add(((int)reader.TokenStartIndex, (int)whole.BytesConsumed));
            }
        }
        catch (JsonException)
        {
            // Broken by an earlier change: what was found before the break is enough.
        }

        if (values.Count == 0)
        {
            return json;
        }

        var (from, to) = random.Pick(values);
        return [.. json[..from], .. random.Pick(Values), .. json[to..]];
    }

    private static bool TryTakeMessage(byte[] bytes, out byte[] headers, out byte[] payload)
    {
        headers = payload = [];
        if (bytes.Length < 16)
        {
            return false;
        }

        var length = BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(4));
        if (length < 0 || length > bytes.Length - 16)
        {
            return false;
        }

        headers = bytes[12..(12 + length)];
        payload = bytes[(12 + length)..^4];
        return true;
    }
}
