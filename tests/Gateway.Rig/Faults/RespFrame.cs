using System.Buffers;
using System.Globalization;
using System.Text;

namespace Gateway.Rig.Faults;

/// <summary>Finds where one command or reply of Redis' protocol (version 2) ends. Stateless.</summary>
internal static class RespFrame
{
    /// <summary>Reads one whole value, nested ones included.</summary>
    /// <returns>False when not all of it is there yet; then nothing was read.</returns>
    public static bool TryRead(ref SequenceReader<byte> reader)
    {
        var before = reader;
        if (TryReadValue(ref reader))
        {
            return true;
        }

        reader = before;
        return false;
    }

    /// <summary>The name of a command, in upper case: the first text of its array.</summary>
    public static string NameOf(ReadOnlySequence<byte> command)
    {
        var reader = new SequenceReader<byte>(command);
        return TryReadLine(ref reader, out _) && TryReadLine(ref reader, out var length)
            && reader.TryReadExact(int.Parse(length.AsSpan(1), CultureInfo.InvariantCulture), out var name) ? Encoding.ASCII.GetString(name).ToUpperInvariant() : "";
    }

    private static bool TryReadValue(ref SequenceReader<byte> reader)
    {
        if (!TryReadLine(ref reader, out var line))
        {
            return false;
        }

        switch (line[0])
        {
            case '$':
                var length = long.Parse(line.AsSpan(1), CultureInfo.InvariantCulture);
                if (length < 0)
                {
                    return true;
                }

                if (reader.Remaining < length + 2)
                {
                    return false;
                }

                reader.Advance(length + 2);
                return true;
            case '*':
                for (var left = long.Parse(line.AsSpan(1), CultureInfo.InvariantCulture); left > 0; left--)
                {
                    if (!TryReadValue(ref reader))
                    {
                        return false;
                    }
                }

                return true;
            default:
                return true;
        }
    }

    private static bool TryReadLine(ref SequenceReader<byte> reader, out string line)
    {
        line = "";
        if (!reader.TryReadTo(out ReadOnlySequence<byte> bytes, "\r\n"u8))
        {
            return false;
        }

        line = Encoding.ASCII.GetString(bytes);
        return true;
    }
}
