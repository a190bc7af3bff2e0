namespace Gateway.Core.Configuration.Documents;

/// <summary>Text of the document in an error message: short and on one line.</summary>
internal static class Shown
{
    private const int Max = 64;

    public static string Text(string text)
    {
        var shown = text.Length > Max ? string.Concat(text.AsSpan(0, Max), "...") : text;
        return string.Create(shown.Length, shown, static (output, source) =>
        {
            for (var i = 0; i < output.Length; i++)
            {
                output[i] = char.IsControl(source[i]) || char.IsSurrogate(source[i]) || source[i] is '\u2028' or '\u2029' ? '?' : source[i];
            }
        });
    }
}
