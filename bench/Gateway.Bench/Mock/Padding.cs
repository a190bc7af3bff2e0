using System.Text;

namespace Gateway.Bench.Mock;

/// <summary>Plain words to bring a text to a wanted size. ASCII, nothing to escape, none of the marks the bench looks for.</summary>
internal static class Padding
{
    private const string Words = "the quick brown fox jumps over the lazy dog and then rests in the shade of an old oak ";

    public static string Text(int length)
    {
        var text = new StringBuilder(length + Words.Length);
        while (text.Length < length)
        {
            text.Append(Words);
        }

        return text.ToString(0, length);
    }
}
