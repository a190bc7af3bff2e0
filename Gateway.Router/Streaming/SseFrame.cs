namespace Gateway.Router.Streaming;

/// <summary>Reads the fields of one SSE frame in place.</summary>
internal static class SseFrame
{
    /// <summary>The data of a frame, whatever its line ends are.</summary>
    /// <param name="joined">The data when it has several lines, joined with LF; else null, and the result is a slice of the frame.</param>
    public static ReadOnlySpan<byte> Data(ReadOnlySpan<byte> frame, out byte[]? joined)
    {
        joined = null;
        ReadOnlySpan<byte> first = default;
        List<byte>? all = null;
        var lines = 0;
        frame = SkipByteOrderMark(frame);
        while (TryTakeLine(ref frame, out var line))
        {
            if (!TryField(line, "data"u8, out var value))
            {
                continue;
            }

            lines++;
            if (lines == 1)
            {
                first = value;
                continue;
            }

            // Rare: nobody who streams tokens breaks them over lines.
            all ??= [.. first];
            all.Add((byte)'\n');
            all.AddRange(value);
        }

        if (all is null)
        {
            return first;
        }

        joined = [.. all];
        return joined;
    }

    /// <summary>Whether the frame names an event; such a frame means something even without data.</summary>
    public static bool HasEventName(ReadOnlySpan<byte> frame)
    {
        frame = SkipByteOrderMark(frame);
        while (TryTakeLine(ref frame, out var line))
        {
            if (TryField(line, "event"u8, out _))
            {
                return true;
            }
        }

        return false;
    }

    private static ReadOnlySpan<byte> SkipByteOrderMark(ReadOnlySpan<byte> frame) => frame.StartsWith("\uFEFF"u8) ? frame[3..] : frame;

    private static bool TryTakeLine(scoped ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> line)
    {
        if (rest.IsEmpty)
        {
            line = default;
            return false;
        }

        var end = rest.IndexOfAny((byte)'\r', (byte)'\n');
        if (end < 0)
        {
            line = rest;
            rest = default;
            return true;
        }

        // The LF of a CRLF becomes an empty line of its own here, which no field cares about.
        line = rest[..end];
        rest = rest[(end + 1)..];
        return true;
    }

    private static bool TryField(ReadOnlySpan<byte> line, ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value)
    {
        value = default;
        if (!line.StartsWith(name) || (line.Length > name.Length && line[name.Length] != (byte)':'))
        {
            return false;
        }

        if (line.Length > name.Length)
        {
            value = line[(name.Length + 1)..];
            value = value.StartsWith(" "u8) ? value[1..] : value;
        }

        return true;
    }
}
