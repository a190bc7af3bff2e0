using System.Globalization;
using System.Text;

namespace Gateway.Bench.Table;

/// <summary>A table that reads well as Markdown and in a terminal: first column left, the others right.</summary>
internal sealed class MarkdownTable(params string[] header)
{
    private readonly List<string[]> _rows = [header];

    public void Add(params string[] cells) => _rows.Add(cells);

    public override string ToString()
    {
        var widths = Enumerable.Range(0, header.Length).Select(column => _rows.Max(row => row[column].Length)).ToArray();
        var text = new StringBuilder();
        foreach (var row in _rows)
        {
            text.Append('|');
            for (var column = 0; column < widths.Length; column++)
            {
                text.Append(' ').Append(column == 0 ? row[column].PadRight(widths[column]) : row[column].PadLeft(widths[column])).Append(" |");
            }

            text.Append('\n');
            if (row == _rows[0])
            {
                text.Append('|').AppendJoin('|', widths.Select(static (width, column) => column == 0 ? new string('-', width + 2) : new string('-', width + 1) + ":")).Append("|\n");
            }
        }

        return text.ToString();
    }

    public static string Number(double? value, int digits = 0) => value is { } number ? number.ToString($"N{digits}", CultureInfo.InvariantCulture) : "-";

    public static string Signed(double? value) => value is { } number ? number.ToString("+0.0;-0.0;0.0", CultureInfo.InvariantCulture) : "-";

    public static string Pair(double? first, double? second) => first is null && second is null ? "-" : $"{Number(first)} / {Number(second)}";
}
