using System.Security.Cryptography;
using System.Text;

namespace Gateway.Edge.Admin.ConfigVersions;

/// <summary>A document that came into force. Immutable.</summary>
/// <param name="Number">1 for the first one; the store gives it.</param>
/// <param name="Time">When it was first seen in force.</param>
/// <param name="Sha256">Of its text, in hexadecimal.</param>
/// <param name="Source">One of <see cref="ConfigVersionSources"/>.</param>
/// <param name="Author">Who put it there, where that is known: <c>admin_key</c> or <c>console</c>.</param>
/// <param name="Comment">What the author said about it.</param>
internal sealed record ConfigVersion(long Number, DateTimeOffset Time, string Sha256, string Source, string? Author, string? Comment)
{
    public static string HashOf(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}

/// <summary>How a document came.</summary>
internal static class ConfigVersionSources
{
    /// <summary>It was there when an Edge started.</summary>
    public const string Start = "start";

    /// <summary>Somebody changed the file.</summary>
    public const string File = "file";

    /// <summary>Through <c>PUT /admin/v1/config</c>.</summary>
    public const string Api = "api";

    /// <summary>An earlier version, put back.</summary>
    public const string Restore = "restore";

    /// <summary>Whether somebody is known to have put it there.</summary>
    public static bool IsKnown(string source) => source is Api or Restore;
}

/// <summary>A version with its text, which may hold secrets.</summary>
internal sealed record ConfigVersionText(ConfigVersion Version, string Text)
{
    public override string ToString() => Version.ToString();
}
