using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Configuration;

namespace Gateway.Core.Context;

/// <summary>
/// The secrets that sign internal calls. Two may live at once, so that they rotate without a restart of everything at the
/// same moment: new tokens are signed with the current one, both are accepted.
/// </summary>
public sealed class ContextKeys
{
    /// <summary>Environment variable of the secret. It has no default: an empty secret is a known secret.</summary>
    public const string SecretVariable = "GATEWAY_CONTEXT_SECRET";

    /// <summary>Environment variable of the secret before the last rotation; optional.</summary>
    public const string PreviousSecretVariable = "GATEWAY_CONTEXT_SECRET_PREVIOUS";

    private const int MinSecretLength = 32;
    private const int KeyIdLength = 8;

    private readonly (string Id, byte[] Key)[] _keys;

    public ContextKeys(string secret, string? previous = null)
    {
        _keys = string.IsNullOrEmpty(previous) ? [Derive(secret, SecretVariable)] : [Derive(secret, SecretVariable), Derive(previous, PreviousSecretVariable)];
    }

    /// <summary>Id of the key that signs.</summary>
    public string CurrentId => _keys[0].Id;

    public ReadOnlySpan<byte> Current => _keys[0].Key;

    /// <exception cref="ContextConfigurationException">The secret is missing or too short.</exception>
    public static ContextKeys FromConfiguration(IConfiguration configuration) =>
        new(configuration[SecretVariable] ?? "", configuration[PreviousSecretVariable]);

    /// <summary>The key of an id, or empty when no live key has it.</summary>
    public ReadOnlySpan<byte> Find(ReadOnlySpan<byte> id)
    {
        foreach (var (knownId, key) in _keys)
        {
            if (Ascii.Equals(id, knownId))
            {
                return key;
            }
        }

        return [];
    }

    private static (string Id, byte[] Key) Derive(string secret, string variable)
    {
        if (secret.Length < MinSecretLength)
        {
            throw new ContextConfigurationException(
                $"{variable} must be set to at least {MinSecretLength} characters, the same for every service. 'openssl rand -base64 48' makes one.");
        }

        // The id is derived from the secret, so that services agree on it without another setting; it does not tell the secret.
        var key = SHA256.HashData(Encoding.UTF8.GetBytes("gateway-context-key:" + secret));
        var id = Convert.ToHexStringLower(SHA256.HashData(key))[..KeyIdLength];
        return (id, key);
    }
}

/// <summary>The service cannot start because its context secret is missing or weak.</summary>
public sealed class ContextConfigurationException(string message) : Exception(message);
