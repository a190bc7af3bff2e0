using System.Text;

namespace Gateway.Moderation.Checks;

/// <summary>
/// A form of a text that is easier to search, and for each unit of it the place in the text that it came from. A match is thus
/// redacted with everything that hid inside it.
/// </summary>
internal sealed class MappedText
{
    /// <summary>Over how many marks of one letter a mark is sorted at most. No text that anybody reads has more (UAX #15, stream-safe), and a run of a million would take minutes.</summary>
    public const int MaxMarks = 30;

    private readonly UnicodeFolding _unicode = UnicodeFolding.Default;
    private char[] _units;
    private int[] _starts;
    private int[] _ends;
    private int _length;

    private MappedText(int capacity)
    {
        _units = new char[capacity];
        _starts = new int[capacity];
        _ends = new int[capacity];
    }

    public ReadOnlySpan<char> Units => _units.AsSpan(0, _length);

    /// <summary>Where the units from <paramref name="start"/> to <paramref name="end"/> (exclusive, at least one) came from.</summary>
    public TextSpan Source(int start, int end)
    {
        // Marks may have changed places, so the outermost sources are not always the first and the last.
        var from = _starts[start];
        var to = _ends[start];
        for (var index = start + 1; index < end; index++)
        {
            from = Math.Min(from, _starts[index]);
            to = Math.Max(to, _ends[index]);
        }

        return new TextSpan(from, to);
    }

    /// <summary>For whole words: decomposed, case folded, invisible characters dropped, each run of white space one blank.</summary>
    /// <param name="text">The text.</param>
    /// <param name="joints">Offsets where a blank may be thought of: the ends of parts that clients show as separate.</param>
    public static MappedText Fold(ReadOnlySpan<char> text, ReadOnlySpan<int> joints = default)
    {
        var mapped = new MappedText(text.Length + joints.Length + 16);
        for (var index = 0; index < text.Length;)
        {
            if (!joints.IsEmpty && joints[0] <= index)
            {
                mapped.AddBlank(index, index);
                joints = joints[1..];
                continue;
            }

            var unit = text[index];
            if (unit < 0x80)
            {
                mapped.AddAscii(unit, index++);
                continue;
            }

            index += mapped.AddFolded(text[index..], index);
        }

        return mapped;
    }

    /// <summary>For patterns: compatible characters (full width, ligatures) made plain and invisible ones dropped; all else as written.</summary>
    public static MappedText Plain(ReadOnlySpan<char> text)
    {
        var mapped = new MappedText(text.Length + 16);
        for (var index = 0; index < text.Length;)
        {
            var code = Decode(text[index..], out var used);
            if (code < 0x80 || !mapped._unicode.IsIgnorable(code))
            {
                if (code >= 0x80 && mapped._unicode.Compatible(code) is { } plain)
                {
                    foreach (var unit in plain)
                    {
                        mapped.Add(unit, index, index + used);
                    }
                }
                else
                {
                    for (var offset = 0; offset < used; offset++)
                    {
                        mapped.Add(text[index + offset], index + offset, index + offset + 1);
                    }
                }
            }

            index += used;
        }

        return mapped;
    }

    private void AddAscii(char unit, int index)
    {
        if (unit is ' ' or (>= '\t' and <= '\r'))
        {
            AddBlank(index, index + 1);
        }
        else
        {
            Add(unit is >= 'A' and <= 'Z' ? (char)(unit | 0x20) : unit, index, index + 1);
        }
    }

    private int AddFolded(ReadOnlySpan<char> rest, int index)
    {
        var code = Decode(rest, out var used);
        if (_unicode.IsIgnorable(code))
        {
            return used;
        }

        var folded = _unicode.Fold(code) is { } mapped ? mapped.AsSpan() : rest[..used];
        while (!folded.IsEmpty)
        {
            var part = Decode(folded, out var length);
            if (Rune.IsValid(part) && Rune.IsWhiteSpace(new Rune(part)))
            {
                AddBlank(index, index + used);
            }
            else if (_unicode.CombiningClass(part) is var order and > 0)
            {
                AddMark(folded[..length], order, index, index + used);
            }
            else
            {
                foreach (var unit in folded[..length])
                {
                    Add(unit, index, index + used);
                }
            }

            folded = folded[length..];
        }

        return used;
    }

    /// <summary>Marks of one letter stand in the order of their classes, however they were typed.</summary>
    private void AddMark(ReadOnlySpan<char> mark, int order, int start, int end)
    {
        var place = _length;
        for (var passed = 0; passed < MaxMarks && place > 0 && Previous(place, out var before) > order; passed++)
        {
            place = before;
        }

        foreach (var unit in mark)
        {
            Add(unit, start, end);
        }

        if (place < _length - mark.Length)
        {
            Rotate(_units.AsSpan(place.._length), mark.Length);
            Rotate(_starts.AsSpan(place.._length), mark.Length);
            Rotate(_ends.AsSpan(place.._length), mark.Length);
        }
    }

    /// <returns>Combining class of what ends at <paramref name="end"/>.</returns>
    private int Previous(int end, out int start)
    {
        Rune.DecodeLastFromUtf16(_units.AsSpan(0, end), out var rune, out var length);
        start = end - length;
        return _unicode.CombiningClass(rune.Value);
    }

    private void AddBlank(int start, int end)
    {
        if (_length == 0 || _units[_length - 1] != ' ')
        {
            Add(' ', start, end);
        }
    }

    private void Add(char unit, int start, int end)
    {
        if (_length == _units.Length)
        {
            Array.Resize(ref _units, _length * 2);
            Array.Resize(ref _starts, _length * 2);
            Array.Resize(ref _ends, _length * 2);
        }

        _units[_length] = unit;
        _starts[_length] = start;
        _ends[_length++] = end;
    }

    private static void Rotate<T>(Span<T> run, int last)
    {
        Span<T> moved = run[^last..].ToArray();
        run[..^last].CopyTo(run[last..]);
        moved.CopyTo(run);
    }

    /// <summary>The code point at the start; an unpaired surrogate is itself.</summary>
    private static int Decode(ReadOnlySpan<char> text, out int used)
    {
        if (char.IsHighSurrogate(text[0]) && text.Length > 1 && char.IsLowSurrogate(text[1]))
        {
            used = 2;
            return char.ConvertToUtf32(text[0], text[1]);
        }

        used = 1;
        return text[0];
    }
}
