using System.Text;

namespace Gateway.Simulator.Text;

/// <summary>
/// Cuts text into tokens by a rule that anyone can count by hand: white space belongs to the word after it, a word is cut into
/// pieces of four code points, and white space at the very end is one token. The pieces joined are the text again.
/// </summary>
internal static class Tokenizer
{
    private const int PieceRunes = 4;

    public static int Count(ReadOnlySpan<char> text)
    {
        var count = 0;
        while (!text.IsEmpty)
        {
            text = text[PieceLength(text)..];
            count++;
        }

        return count;
    }

    public static IEnumerable<string> Split(string text)
    {
        for (var start = 0; start < text.Length;)
        {
            var length = PieceLength(text.AsSpan(start));
            yield return text.Substring(start, length);
            start += length;
        }
    }

    private static int PieceLength(ReadOnlySpan<char> text)
    {
        var length = 0;
        var word = 0;
        while (length < text.Length && word < PieceRunes)
        {
            // An unpaired surrogate is one code point of its own; it must not stop the count.
            Rune.DecodeFromUtf16(text[length..], out var rune, out var used);
            if (Rune.IsWhiteSpace(rune))
            {
                if (word > 0)
                {
                    break;
                }
            }
            else
            {
                word++;
            }

            length += used;
        }

        return length;
    }
}
