using System.Buffers;
using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace Gateway.Edge.Jwt;

/// <summary>A token as it is read before anything in it is believed. Strict where two readers could differ: no claim twice, no white space, no padding.</summary>
internal sealed class JwtToken : IDisposable
{
    public const int MaxLength = 16 * 1024;

    /// <summary>Longest <c>kid</c> that is looked for.</summary>
    public const int MaxKeyId = 256;

    private static readonly SearchValues<char> Characters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 16 };

    private readonly JsonDocument _header;
    private readonly JsonDocument _payload;

    private JwtToken(JsonDocument header, JsonDocument payload, byte[] signed, byte[] signature) =>
        (_header, _payload, Signed, Signature) = (header, payload, signed, signature);

    /// <summary>What the signature is over.</summary>
    public byte[] Signed { get; }

    public byte[] Signature { get; }

    public JsonElement Claims => _payload.RootElement;

    public string? Algorithm => Text(_header.RootElement, "alg");

    public string? KeyId => Text(_header.RootElement, "kid");

    /// <summary>Whether its type is absent, or that of access tokens (RFC 9068) and plain ones.</summary>
    public bool HasType => !_header.RootElement.TryGetProperty("typ", out var type)
        || (type.ValueKind == JsonValueKind.String && (IsType(type, "JWT") || IsType(type, "at+jwt") || IsType(type, "application/at+jwt")));

    public bool HasCritical => _header.RootElement.TryGetProperty("crit", out _);

    /// <summary>Whether a credential has the form of a token: three parts, of which the first begins as every JSON object with a quoted name does in base64url.</summary>
    public static bool LooksLike(ReadOnlySpan<char> credential)
    {
        if (!credential.StartsWith("eyJ", StringComparison.Ordinal))
        {
            return false;
        }

        var first = credential.IndexOf('.');
        var second = first < 0 ? -1 : credential[(first + 1)..].IndexOf('.') + first + 1;
        return second > first + 1 && second < credential.Length - 1
            && !credential[..first].ContainsAnyExcept(Characters) && !credential[(first + 1)..second].ContainsAnyExcept(Characters) && !credential[(second + 1)..].ContainsAnyExcept(Characters);
    }

    /// <param name="text">One that <see cref="LooksLike"/> a token.</param>
    public static JwtToken? TryRead(string text)
    {
        JsonDocument? header = null;
        try
        {
            var first = text.IndexOf('.', StringComparison.Ordinal);
            var second = text.LastIndexOf('.');
            header = JsonDocument.Parse(Base64Url.DecodeFromChars(text.AsSpan(0, first)), Strict);
            var payload = JsonDocument.Parse(Base64Url.DecodeFromChars(text.AsSpan(first + 1, second - first - 1)), Strict);
            if (header.RootElement.ValueKind == JsonValueKind.Object && payload.RootElement.ValueKind == JsonValueKind.Object)
            {
                var token = new JwtToken(header, payload, Encoding.ASCII.GetBytes(text, 0, second), Base64Url.DecodeFromChars(text.AsSpan(second + 1)));
                header = null;
                return token;
            }

            payload.Dispose();
            return null;
        }
        catch (Exception failure) when (failure is JsonException or FormatException)
        {
            return null;
        }
        finally
        {
            header?.Dispose();
        }
    }

    /// <summary>A number of seconds since 1970, which may have a fraction.</summary>
    /// <returns>False when it is there and is none.</returns>
    public bool TryGetTime(string name, out DateTimeOffset? time)
    {
        time = null;
        if (!Claims.TryGetProperty(name, out var value))
        {
            return true;
        }

        // The year 9999, and no day before 1970.
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetDecimal(out var seconds) || seconds is < 0 or > 253_402_300_799)
        {
            return false;
        }

        time = DateTimeOffset.FromUnixTimeMilliseconds((long)(seconds * 1000));
        return true;
    }

    /// <summary>A claim by its name, or by the names of the objects that it stands in with dots between them. A name that has dots itself goes first.</summary>
    public static bool TryFind(JsonElement from, ReadOnlySpan<char> path, out JsonElement value)
    {
        if (from.ValueKind != JsonValueKind.Object)
        {
            value = default;
            return false;
        }

        if (from.TryGetProperty(path, out value))
        {
            return true;
        }

        for (var dot = path.IndexOf('.'); dot >= 0; dot = path[(dot + 1)..].IndexOf('.') is >= 0 and var more ? dot + 1 + more : -1)
        {
            if (from.TryGetProperty(path[..dot], out var inner) && TryFind(inner, path[(dot + 1)..], out value))
            {
                return true;
            }
        }

        return false;
    }

    public void Dispose()
    {
        _header.Dispose();
        _payload.Dispose();
    }

    private static string? Text(JsonElement from, string name) => from.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static bool IsType(JsonElement type, string name) => string.Equals(type.GetString(), name, StringComparison.OrdinalIgnoreCase);
}
