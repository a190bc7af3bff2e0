using System.Buffers.Text;
using System.Globalization;
using System.Text;

namespace Gateway.Router.Cooldowns;

/// <summary>What Routers tell each other.</summary>
internal enum HintKind : byte
{
    /// <summary>"I live."</summary>
    Alive = 1,

    /// <summary>"I stop."</summary>
    Stopping = 2,

    /// <summary>A deployment does not serve; the id is <c>provider/model</c>.</summary>
    Deployment = 3,

    /// <summary>A provider's address does not answer; the id is the provider.</summary>
    Endpoint = 4,

    /// <summary>A credential rests; the id is its label, and what else its sender says of it.</summary>
    Credential = 5,
}

/// <summary>One message: <c>1 KIND ROUTER UNTIL ID</c>, words parted by blanks. Text, so that an operator who listens in can read it.</summary>
/// <param name="From">The Router that says it.</param>
/// <param name="Until">When it ceases to be so; Unix milliseconds.</param>
/// <param name="Id">May hold blanks; empty where the kind needs none.</param>
internal readonly record struct HintMessage(HintKind Kind, Guid From, long Until, string Id)
{
    public const int MaxBytes = 512;

    /// <summary>Nothing is out for longer; what says so is wrong, or its sender's clock is.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(15);

    private const byte Version = (byte)'1';
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <returns>Null where the id is too long to be told.</returns>
    public byte[]? ToBytes()
    {
        var bytes = Strict.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{(char)Version} {(int)Kind} {From:N} {Until} {Id}"));
        return bytes.Length <= MaxBytes ? bytes : null;
    }

    /// <returns>False for what is malformed, of another version, or no more or not yet true.</returns>
    public static bool TryRead(ReadOnlySpan<byte> bytes, DateTimeOffset now, out HintMessage message)
    {
        message = default;
        if (bytes.Length is < 8 or > MaxBytes || bytes[0] != Version || bytes[1] != ' ' || bytes[3] != ' ')
        {
            return false;
        }

        var kind = (HintKind)(bytes[2] - '0');
        bytes = bytes[4..];
        if (kind is < HintKind.Alive or > HintKind.Credential || !Utf8Parser.TryParse(bytes, out Guid from, out var used, 'N') || !TryBlank(bytes, used))
        {
            return false;
        }

        bytes = bytes[(used + 1)..];
        if (!Utf8Parser.TryParse(bytes, out long until, out used) || !TryBlank(bytes, used))
        {
            return false;
        }

        var left = until - now.ToUnixTimeMilliseconds();
        if (left <= 0 || left > Longest.TotalMilliseconds)
        {
            return false;
        }

        try
        {
            message = new HintMessage(kind, from, until, Strict.GetString(bytes[(used + 1)..]));
            return true;
        }
        catch (DecoderFallbackException)
        {
            return false;
        }
    }

    private static bool TryBlank(ReadOnlySpan<byte> bytes, int at) => at < bytes.Length && bytes[at] == ' ';
}
