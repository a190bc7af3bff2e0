using System.Buffers;
using System.Text.Json;

namespace Gateway.Edge.VirtualKeys.Store;

/// <summary>The format of the file of keys: JSON with the revision at its head, where it can be read without the rest.</summary>
internal static class KeyFile
{
    /// <summary>Bytes of the head, more than it ever has.</summary>
    public const int HeadBytes = 128;

    private const long Format = 1;

    private static readonly JsonWriterOptions Indented = new() { Indented = true };

    /// <exception cref="KeyStoreException">It is no such file.</exception>
    public static long ReadRevision(ReadOnlySpan<byte> head)
    {
        try
        {
            var reader = new Utf8JsonReader(head, isFinalBlock: false, default);
            if (reader.Read() && reader.TokenType == JsonTokenType.StartObject
                && reader.Read() && reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("format"u8) && reader.Read() && reader.GetInt64() == Format
                && reader.Read() && reader.TokenType == JsonTokenType.PropertyName && reader.ValueTextEquals("revision"u8) && reader.Read() && reader.GetInt64() is >= 0 and var revision)
            {
                return revision;
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException)
        {
            throw Unreadable(exception);
        }

        throw Unreadable(null);
    }

    /// <exception cref="KeyStoreException">It is no such file.</exception>
    public static (long Revision, List<StoredKey> Keys) Read(ReadOnlyMemory<byte> bytes)
    {
        var revision = ReadRevision(bytes.Span[..Math.Min(bytes.Length, HeadBytes)]);
        try
        {
            using var document = JsonDocument.Parse(bytes);
            return (revision, [.. document.RootElement.GetProperty("keys"u8).EnumerateArray().Select(ReadKey)]);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or FormatException or KeyNotFoundException)
        {
            throw Unreadable(exception);
        }
    }

    public static void Write(IBufferWriter<byte> output, long revision, IEnumerable<StoredKey> keys)
    {
        using var json = new Utf8JsonWriter(output, Indented);
        json.WriteStartObject();
        json.WriteNumber("format"u8, Format);
        json.WriteNumber("revision"u8, revision);
        json.WriteStartArray("keys"u8);
        foreach (var key in keys)
        {
            WriteKey(json, key);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>The secrets alone, as the other store keeps them, too.</summary>
    public static IReadOnlyList<StoredSecret> ReadSecrets(JsonElement array) =>
    [
        .. array.EnumerateArray().Select(static secret => new StoredSecret(
            secret.GetProperty("digest"u8).GetString()!,
            secret.GetProperty("pepper"u8).GetString()!,
            secret.GetProperty("created"u8).GetDateTimeOffset(),
            secret.TryGetProperty("until"u8, out var until) ? until.GetDateTimeOffset() : null)),
    ];

    public static void WriteSecrets(Utf8JsonWriter json, IReadOnlyList<StoredSecret> secrets)
    {
        json.WriteStartArray();
        foreach (var secret in secrets)
        {
            json.WriteStartObject();
            json.WriteString("digest"u8, secret.Digest);
            json.WriteString("pepper"u8, secret.Pepper);
            json.WriteString("created"u8, secret.Created);
            if (secret.Until is { } until)
            {
                json.WriteString("until"u8, until);
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static StoredKey ReadKey(JsonElement key)
    {
        var isDeleted = key.TryGetProperty("deleted"u8, out var deleted) && deleted.GetBoolean();
        return new StoredKey
        {
            Id = key.GetProperty("id"u8).GetString()!,
            Version = key.GetProperty("version"u8).GetInt64(),
            IsDeleted = isDeleted,
            Created = key.GetProperty("created"u8).GetDateTimeOffset(),
            Updated = key.GetProperty("updated"u8).GetDateTimeOffset(),
            Secrets = isDeleted ? [] : ReadSecrets(key.GetProperty("secrets"u8)),
            Document = isDeleted ? null : key.GetProperty("key"u8).GetRawText(),
        };
    }

    private static void WriteKey(Utf8JsonWriter json, StoredKey key)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, key.Id);
        json.WriteNumber("version"u8, key.Version);
        json.WriteString("created"u8, key.Created);
        json.WriteString("updated"u8, key.Updated);
        if (key.IsDeleted)
        {
            json.WriteBoolean("deleted"u8, true);
        }
        else
        {
            json.WritePropertyName("secrets"u8);
            WriteSecrets(json, key.Secrets);
            json.WritePropertyName("key"u8);
            json.WriteRawValue(key.Document!);
        }

        json.WriteEndObject();
    }

    private static KeyStoreException Unreadable(Exception? inner) => new("The file of keys cannot be read: it is damaged, or of a newer gateway.", inner);
}
