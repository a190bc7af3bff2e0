using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Gateway.Core.Configuration.Documents;
using Gateway.Core.Configuration.Settings;

namespace Gateway.Core.Configuration;

/// <summary>
/// One virtual key as JSON, with the members that a key of the document has: the same settings and the same rules, so that what is made at run time cannot say more or less. Stateless.
/// </summary>
public static class VirtualKeyDocument
{
    private const string Origin = "key";

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
    public static bool TryRead(ReadOnlySpan<byte> json, GatewayConfig current, [NotNullWhen(true)] out VirtualKeyConfig? key, out IReadOnlyList<ConfigError> errors)
    {
        key = null;
        var found = new ConfigErrors(Origin);
        if (json.Length > MaxBytes)
        {
            found.Add(new Position(1, 1), "", $"must have at most {MaxBytes} bytes");
        }
        else if (JsonTreeReader.Read(json, found) is { } tree)
        {
            key = Read(tree, current, found);
        }

        errors = found.Sorted();
        return key is not null;
    }

    /// <summary>Reads a key that was good when it was stored. What it refers to may have left the document since: it then leads nowhere, as a pattern that matches nothing.</summary>
    /// <returns>Null when it has members or values that this gateway does not know. To leave them out could mean to allow more than was said.</returns>
    public static VirtualKeyConfig? ReadStored(ReadOnlySpan<byte> json)
    {
        var errors = new ConfigErrors(Origin);
        var node = JsonTreeReader.Read(json, errors) is YamlMapping tree ? new DocumentReader(environment: null, errors).Read(SettingsTable.RuntimeKey, tree) : null;
        return node is null || errors.Any ? null : OwnerBuilder.Key(node);
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
    public static void WriteMembers(Utf8JsonWriter writer, VirtualKeyConfig key) => VirtualKeyWriter.Write(writer, key);

    private static VirtualKeyConfig? Read(YamlNode tree, GatewayConfig current, ConfigErrors errors)
    {
        if (tree is not YamlMapping)
        {
            errors.Add(tree.Position, "", "must be a JSON object with the members of a key");
            return null;
        }

        var node = new DocumentReader(environment: null, errors).Read(SettingsTable.RuntimeKey, tree)!;
        KeyRules.CheckKey(node, new ModelNames(current), Owners.Of(current), errors);
        RequiredLabels.CheckKey(node, current, errors);
        return errors.Any ? null : OwnerBuilder.Key(node);
    }
}
