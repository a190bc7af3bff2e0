using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace Gateway.Usage.Reports;

/// <summary>
/// Writes RFC 4180 straight into a response, without a text in between. Texts that a spreadsheet would take for a formula get an apostrophe in front: users and labels are what callers say. Not thread-safe.
/// </summary>
internal sealed class CsvWriter(IBufferWriter<byte> output)
{
    private const int MaxNumber = 32;

    private static readonly SearchValues<char> Quoted = SearchValues.Create(",\"\r\n");

    // The tab and the line break: some programs skip them and see what follows.
    private static readonly SearchValues<char> Formula = SearchValues.Create("=+-@\t\r\n");

    private bool _isLater;

    /// <summary>A line of names, which need no quotes.</summary>
    public void Names(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            Text(name);
        }

        EndLine();
    }

    public void Text(string value)
    {
        Begin();
        var isFormula = value.Length > 0 && Formula.Contains(value[0]);
        if (!isFormula && !value.AsSpan().ContainsAny(Quoted))
        {
            Encoding.UTF8.GetBytes(value, output);
            return;
        }

        output.Write("\""u8);
        if (isFormula)
        {
            output.Write("'"u8);
        }

        var rest = value.AsSpan();
        for (var quote = rest.IndexOf('"'); quote >= 0; quote = rest.IndexOf('"'))
        {
            Encoding.UTF8.GetBytes(rest[..(quote + 1)], output);
            output.Write("\""u8);
            rest = rest[(quote + 1)..];
        }

        Encoding.UTF8.GetBytes(rest, output);
        output.Write("\""u8);
    }

    public void Number(long value)
    {
        Begin();
        _ = Utf8Formatter.TryFormat(value, output.GetSpan(MaxNumber), out var written);
        output.Advance(written);
    }

    public void Usd(long nanoUsd)
    {
        Begin();
        output.Advance(UsdText.Write(nanoUsd, output.GetSpan(UsdText.MaxBytes)));
    }

    public void Flag(bool value)
    {
        Begin();
        output.Write(value ? "true"u8 : "false"u8);
    }

    public void Id(Guid value)
    {
        Begin();
        _ = value.TryFormat(output.GetSpan(36), out var written);
        output.Advance(written);
    }

    public void Time(long unixMs)
    {
        Begin();
        output.Advance(TimeText.Write(unixMs, output.GetSpan(TimeText.MaxBytes)));
    }

    public void EndLine()
    {
        output.Write("\r\n"u8);
        _isLater = false;
    }

    private void Begin()
    {
        if (_isLater)
        {
            output.Write(","u8);
        }

        _isLater = true;
    }
}
