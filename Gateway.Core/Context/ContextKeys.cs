using System.Text;
using Microsoft.Extensions.Configuration;

namespace Gateway.Core.Context;

/// <summary>
/// The secrets that sign internal calls. Two may live at once, so that they rotate without a moment at which two services do
/// not understand each other: one signs, both are accepted. Thread-safe: what requests read is swapped whole.
/// </summary>
public sealed class ContextKeys
{
    /// <summary>Environment variable of the secret. It has no default: an empty secret is a known secret.</summary>
    public const string SecretVariable = "GATEWAY_CONTEXT_SECRET";

    /// <summary>Environment variable of the secret before the last rotation; optional.</summary>
    public const string PreviousSecretVariable = "GATEWAY_CONTEXT_SECRET_PREVIOUS";

    /// <summary>
    /// Environment variable with the path of a file that holds the secret in its first line and the one before in its second. It is read
    /// again while the service runs (<see cref="ContextKeyWatcher"/>) and goes before the other two.
    /// </summary>
    public const string SecretFileVariable = "GATEWAY_CONTEXT_SECRET_FILE";

    private volatile KeySet _keys;

    public ContextKeys(string secret, string? previous = null)
        : this(new ContextSecrets(secret, string.IsNullOrEmpty(previous) ? null : previous, SecretVariable, PreviousSecretVariable))
    {
    }

    internal ContextKeys(ContextSecrets secrets)
    {
        var accepted = secrets.Derive();
        _keys = new KeySet(accepted, accepted[0]);
    }

    /// <summary>Id of the key that signs.</summary>
    public string CurrentId => Signing.Id;

    public ReadOnlySpan<byte> Current => Signing.Bytes;

    /// <summary>The key that signs. Id and bytes in one read, since the next read may find another.</summary>
    internal ContextKey Signing => _keys.Signing;

    /// <exception cref="ContextConfigurationException">The secret is missing or too short, or its file cannot be read.</exception>
    public static ContextKeys FromConfiguration(IConfiguration configuration) => configuration[SecretFileVariable] is { Length: > 0 } file
        ? new(ContextSecrets.ReadFile(file)) : new(configuration[SecretVariable] ?? "", configuration[PreviousSecretVariable]);

    /// <summary>The key of an id, or empty when no live key has it.</summary>
    public ReadOnlySpan<byte> Find(ReadOnlySpan<byte> id)
    {
        foreach (var key in _keys.Accepted)
        {
            if (Ascii.Equals(id, key.Id))
            {
                return key.Bytes;
            }
        }

        return [];
    }

    /// <summary>Takes other keys from now on.</summary>
    /// <param name="signing">One of <paramref name="accepted"/>.</param>
    internal void Use(ContextKey[] accepted, ContextKey signing) => _keys = new KeySet(accepted, signing);

    private sealed record KeySet(ContextKey[] Accepted, ContextKey Signing);
}

/// <summary>The service cannot start because its context secret is missing or weak.</summary>
public sealed class ContextConfigurationException(string message) : Exception(message);
