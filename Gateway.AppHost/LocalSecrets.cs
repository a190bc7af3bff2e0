using System.Security.Cryptography;

namespace Gateway.AppHost;

/// <summary>
/// The secrets of local runs, made once and kept in the data folder, so that a key handed out yesterday still works today.
/// The file has the form NAME=value, for "source" in a shell, and only its owner can read it.
/// </summary>
internal static class LocalSecrets
{
    public const string FileName = "secrets.env";
    private const string Base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /// <summary>Returns the kept secret, or makes one that starts with <paramref name="prefix"/> and keeps it.</summary>
    public static string GetOrCreate(string folder, string name, string prefix)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, FileName);
        var kept = File.Exists(path) ? File.ReadAllLines(path) : [];
        if (kept.FirstOrDefault(line => line.StartsWith($"{name}=", StringComparison.Ordinal)) is { } line)
        {
            return line[(name.Length + 1)..];
        }

        var secret = prefix + RandomNumberGenerator.GetString(Base62, 32);
        var options = new FileStreamOptions { Mode = FileMode.Append, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows()) { options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite; }
        using var writer = new StreamWriter(path, options);
        writer.WriteLine($"{name}={secret}");
        return secret;
    }
}
