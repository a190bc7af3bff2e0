using System.Security.Cryptography;
using System.Text;

namespace Gateway.Edge.VirtualKeys;

/// <summary>
/// The secret under which secrets of keys are kept as digests. It lives outside of the store, so that who steals the store cannot test guesses. Immutable.
/// </summary>
internal sealed class KeyPepper
{
    /// <summary>Environment variable; the same for every Edge, and for as long as its keys are to live.</summary>
    public const string Variable = "GATEWAY_KEY_PEPPER";

    private const int MinLength = 32;

    /// <param name="secret">Null for a random one: it is good for the secrets of the document, whose digests are made anew at each start.</param>
    /// <exception cref="KeyConfigurationException">It is too short.</exception>
    public KeyPepper(string? secret)
    {
        if (string.IsNullOrEmpty(secret))
        {
            Bytes = RandomNumberGenerator.GetBytes(32);
        }
        else if (secret.Length < MinLength)
        {
            throw new KeyConfigurationException($"{Variable} must have at least {MinLength} characters, the same for every Edge. 'openssl rand -base64 48' makes one.");
        }
        else
        {
            IsGiven = true;
            Bytes = Encoding.UTF8.GetBytes(secret);
        }

        Id = Convert.ToHexStringLower(HMACSHA256.HashData(Bytes, "gateway: id of the pepper"u8))[..16];
    }

    /// <summary>Whether digests outlive this process.</summary>
    public bool IsGiven { get; }

    public byte[] Bytes { get; }

    /// <summary>Tells peppers apart and tells nothing of them: it stands beside each stored digest.</summary>
    public string Id { get; }
}

/// <summary>The Edge cannot start, or not take over a document, because of how its keys are set up. The message is for the operator.</summary>
public sealed class KeyConfigurationException(string message, Exception? inner = null) : Exception(message, inner);
