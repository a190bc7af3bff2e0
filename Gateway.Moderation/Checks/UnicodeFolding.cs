using System.Collections.Frozen;
using System.Globalization;

namespace Gateway.Moderation.Checks;

/// <summary>What Unicode says about one code point, where it says anything. From <c>Folding.txt</c>, read once. Thread-safe.</summary>
/// <remarks>
/// The services run with InvariantGlobalization, and <see cref="string.Normalize()"/> then returns its input as it is: a look-alike
/// would pass every check. See eng/unicode/folding.py.
/// </remarks>
internal sealed class UnicodeFolding
{
    private const int HangulFirst = 0xAC00;
    private const int HangulLast = 0xD7A3;

    private readonly FrozenDictionary<int, string> _folded;
    private readonly FrozenDictionary<int, string> _compatible;
    private readonly FrozenDictionary<int, byte> _classes;
    private readonly (int First, int Last)[] _ignorable;

    private UnicodeFolding(TextReader table)
    {
        var folded = new Dictionary<int, string>();
        var compatible = new Dictionary<int, string>();
        var classes = new Dictionary<int, byte>();
        var ignorable = new List<(int, int)>();
        while (table.ReadLine() is { } line)
        {
            if (line[0] == '#')
            {
                continue;
            }

            var fields = line.Split(' ');
            switch (fields[0])
            {
                case "F":
                    folded.Add(Hex(fields[1]), Text(fields));
                    break;
                case "K":
                    compatible.Add(Hex(fields[1]), Text(fields));
                    break;
                case "C":
                    classes.Add(Hex(fields[1]), byte.Parse(fields[2], CultureInfo.InvariantCulture));
                    break;
                case "I":
                    ignorable.Add((Hex(fields[1]), Hex(fields[2])));
                    break;
                default:
                    throw new InvalidDataException($"Folding.txt has a line of unknown kind: {line}");
            }
        }

        _folded = folded.ToFrozenDictionary();
        _compatible = compatible.ToFrozenDictionary();
        _classes = classes.ToFrozenDictionary();
        _ignorable = [.. ignorable];
    }

    public static UnicodeFolding Default { get; } = Load();

    /// <summary>Nothing is shown for it: zero-width characters, soft hyphens, variation selectors.</summary>
    public bool IsIgnorable(int code)
    {
        foreach (var (first, last) in _ignorable)
        {
            if (code <= last)
            {
                return code >= first;
            }
        }

        return false;
    }

    /// <summary>Decomposed (NFKD) with the case folded, or null when it stands for itself. For code points from 0x80.</summary>
    public string? Fold(int code) => code is >= HangulFirst and <= HangulLast ? DecomposeHangul(code - HangulFirst) : _folded.GetValueOrDefault(code);

    /// <summary>NFKC of the code point alone, or null when it stands for itself.</summary>
    public string? Compatible(int code) => _compatible.GetValueOrDefault(code);

    /// <summary>Canonical combining class; 0 for everything that is no combining mark.</summary>
    public int CombiningClass(int code) => code < 0x300 ? 0 : _classes.GetValueOrDefault(code);

    // The Unicode Standard, section 3.12.
    private static string DecomposeHangul(int index)
    {
        var lead = (char)(0x1100 + (index / 588));
        var vowel = (char)(0x1161 + (index % 588 / 28));
        return index % 28 == 0 ? new string([lead, vowel]) : new string([lead, vowel, (char)(0x11A7 + (index % 28))]);
    }

    private static UnicodeFolding Load()
    {
        using var stream = typeof(UnicodeFolding).Assembly.GetManifestResourceStream("Folding.txt")!;
        using var reader = new StreamReader(stream);
        return new UnicodeFolding(reader);
    }

    private static int Hex(string text) => int.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    private static string Text(string[] fields) => string.Concat(fields.Skip(2).Where(code => code.Length > 0).Select(code => char.ConvertFromUtf32(Hex(code))));
}
