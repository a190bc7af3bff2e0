using System.Text.Json;

namespace Gateway.Core.Configuration;

/// <summary>
/// One virtual key as JSON, with the members that a key of the document has: the same settings and the same rules, so that what is made at run time cannot say more or less. Stateless.
/// </summary>
public static class VirtualKeyDocument
{
    /// <summary>Longest text that is read, in bytes.</summary>
    public const int MaxBytes = 256 * 1024;

    /// <summary>
    /// Reads a key. Unlike in the document, <c>id</c> and <c>secret</c> may be missing (both are empty then), <c>null</c> is the same as a missing member, and <c>$</c> is a plain sign:
    /// who calls must not read the environment.
    /// </summary>
    /// <param name="json">One JSON object.</param>
    /// <param name="current">What the key's references must exist in, and what it must fit to.</param>
    /// <param name="key">Null when there are errors. Uniqueness of id and secret is the caller's to check.</param>
    /// <param name="errors">All errors at once, with paths such as <c>limits.requests_per_minute</c>; empty when it is good.</param>
    public static bool TryRead(ReadOnlySpan<byte> json, GatewayConfig current, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out VirtualKeyConfig? key, out IReadOnlyList<ConfigError> errors)
    {
        key = null;
        errors = [new ConfigError("key", 1, 1, "", "not available yet")];
        return false;
    }

    /// <summary>The key in the form that <see cref="TryRead"/> takes, without <c>secret</c> and <c>hash</c>. What has its default is left out, but <c>id</c>, <c>models</c> and <c>providers</c>.</summary>
    public static byte[] Write(VirtualKeyConfig key)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            writer.WriteStartObject();
            WriteMembers(writer, key);
            writer.WriteEndObject();
        }

        return buffer.ToArray();
    }

    /// <summary>The same members into an object that the caller has begun and may add to.</summary>
    public static void WriteMembers(Utf8JsonWriter writer, VirtualKeyConfig key) => writer.WriteString("id", key.Id);
}
