using System.Security.Cryptography;
using System.Text;

namespace Gateway.Core.Context;

/// <summary>A key that signs internal calls, and its id, which does not tell it.</summary>
internal sealed class ContextKey(string id, byte[] bytes)
{
    public string Id { get; } = id;

    public byte[] Bytes { get; } = bytes;
}

/// <summary>One or two context secrets and where they came from. Never printed.</summary>
/// <param name="CurrentSource">For errors: what to change when <paramref name="Current"/> is wrong.</param>
internal sealed record ContextSecrets(string Current, string? Previous, string CurrentSource, string PreviousSource)
{
    private const int MinSecretLength = 32;
    private const int KeyIdLength = 8;

    /// <summary>Two lines of secrets are far shorter; what is longer is another file.</summary>
    private const int MaxFileBytes = 16 * 1024;

    /// <exception cref="ContextConfigurationException">There is no such file, or it holds something else than one or two secrets. Its content is never told.</exception>
    public static ContextSecrets ReadFile(string path)
    {
        var name = $"The file of {ContextKeys.SecretFileVariable}";
        string[] lines;
        try
        {
            if (new FileInfo(path).Length > MaxFileBytes)
            {
                throw new ContextConfigurationException($"{name} is larger than {MaxFileBytes / 1024} KiB. Its first line must be the secret, its second the one before.");
            }

            lines = [.. File.ReadAllText(path).Split('\n').Select(static line => line.Trim())];
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            throw new ContextConfigurationException($"{name} cannot be read ({failure.GetType().Name}). Check that it exists and that the service may read it.");
        }

        if (lines.Skip(2).Any(static line => line.Length > 0))
        {
            throw new ContextConfigurationException($"{name} has more than two lines. Its first line must be the secret, its second the one before.");
        }

        var previous = lines.Length > 1 && lines[1].Length > 0 ? lines[1] : null;
        var secrets = new ContextSecrets(lines[0], previous, $"The first line of {ContextKeys.SecretFileVariable}", $"The second line of {ContextKeys.SecretFileVariable}");
        secrets.Derive();
        return secrets;
    }

    /// <returns>The keys of the current secret and, if there is one, of the one before.</returns>
    /// <exception cref="ContextConfigurationException">A secret is too short.</exception>
    public ContextKey[] Derive() =>
        Previous is null || string.Equals(Previous, Current, StringComparison.Ordinal) ? [Derive(Current, CurrentSource)] : [Derive(Current, CurrentSource), Derive(Previous, PreviousSource)];

    private static ContextKey Derive(string secret, string source)
    {
        if (secret.Length < MinSecretLength)
        {
            throw new ContextConfigurationException(
                $"{source} must be set to at least {MinSecretLength} characters, the same for every service. 'openssl rand -base64 48' makes one.");
        }

        // The id is derived from the secret, so that services agree on it without another setting; it does not tell the secret.
        var key = SHA256.HashData(Encoding.UTF8.GetBytes("gateway-context-key:" + secret));
        return new ContextKey(Convert.ToHexStringLower(SHA256.HashData(key))[..KeyIdLength], key);
    }

    public override string ToString() => Configuration.SecretText.Hidden;
}
