using System.Buffers.Text;
using System.Text;
using Gateway.Core.Money;

namespace Gateway.Router.Protocols.Anthropic;

/// <summary>Reads JSON values as they are written: strings as plain UTF-8, with one buffer for those that hold escapes.</summary>
internal sealed class JsonStrings
{
    private byte[] _scratch = [];

    /// <returns>The text, valid until the next call; empty for everything but a string.</returns>
    public ReadOnlySpan<byte> Of(ReadOnlySpan<byte> value) =>
        value.Length < 2 || value[0] != (byte)'"' ? default : JsonText.Unescape(value[1..^1], ref _scratch);

    /// <summary>The text as a string, or null for everything but a string.</summary>
    public string? StringOf(ReadOnlySpan<byte> value) => value.StartsWith("\""u8) ? Encoding.UTF8.GetString(Of(value)) : null;

    /// <summary>A token count: a whole number, or one written as 12.0. Null for everything else.</summary>
    public static long? CountOf(ReadOnlySpan<byte> value)
    {
        // A wild number must not overflow a cost.
        if (value.IsEmpty || value[0] is not ((>= (byte)'0' and <= (byte)'9') or (byte)'-'))
        {
            return null;
        }

        return Utf8Parser.TryParse(value, out long whole, out var used) && used == value.Length ? Math.Clamp(whole, 0, TokenUsage.Most)
            : Utf8Parser.TryParse(value, out double number, out used) && used == value.Length ? (long)Math.Clamp(number, 0, TokenUsage.Most) : null;
    }
}
