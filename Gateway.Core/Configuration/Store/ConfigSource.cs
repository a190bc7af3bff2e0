using System.Security.Cryptography;
using System.Text;
using Gateway.Core.Configuration.Automatic;

namespace Gateway.Core.Configuration.Store;

/// <summary>Where the document is: a file, or the environment.</summary>
/// <param name="path">Path of the file; null or empty for the environment.</param>
/// <param name="environment">Value of a variable, or null when it is not set.</param>
internal sealed class ConfigSource(string? path, Func<string, string?> environment)
{
    public const string PathVariable = "GATEWAY_CONFIG";

    // Four bytes make one character at least.
    private const long MaxBytes = 4L * GatewayConfigLoader.MaxCharacters;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Full path of the file, or null for the environment.</summary>
    public string? File { get; } = string.IsNullOrWhiteSpace(path) ? null : Path.GetFullPath(path);

    /// <summary>Value of a variable, or null when it is not set.</summary>
    public Func<string, string?> Environment => environment;

    /// <summary>Where relative paths of the document begin; null for the environment.</summary>
    public string? Folder => File is null ? null : Path.GetDirectoryName(File);

    /// <summary>For messages: the file's name as the operator wrote it.</summary>
    public string Origin { get; } = string.IsNullOrWhiteSpace(path) ? AutomaticConfig.Origin : path;

    /// <returns>The text, or null and what is wrong.</returns>
    public string? ReadText(out string problem)
    {
        problem = "";
        if (File is null)
        {
            var text = AutomaticConfig.Write(environment);
            problem = text is null ? NothingConfigured : "";
            return text;
        }

        try
        {
            if (new FileInfo(File) is { Exists: true, Length: > MaxBytes })
            {
                problem = $"{Origin}: the file is larger than {MaxBytes} bytes";
                return null;
            }

            var text = StrictUtf8.GetString(System.IO.File.ReadAllBytes(File));
            return text.StartsWith('\uFEFF') ? text[1..] : text;
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            problem = $"{Origin}: there is no such file; {PathVariable} must be the path of the configuration document";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or System.Security.SecurityException or NotSupportedException)
        {
            problem = $"{Origin}: the file cannot be read ({exception.GetType().Name}); check that it is a file and its permissions";
        }
        catch (DecoderFallbackException)
        {
            problem = $"{Origin}: the file is not UTF-8 text";
        }

        return null;
    }

    public ConfigLoadResult Load(string text) => GatewayConfigLoader.Load(text, environment, Origin);

    public ConfigListing List(string text) => new(text, environment);

    public static string Fingerprint(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..12];

    private static string NothingConfigured { get; } =
        $"""
        Nothing is configured. Do one of these:
          - set {PathVariable} to the path of a configuration document (docs/configuration.md),
          - set a provider key ({string.Join(", ", AutomaticConfig.Variables)}), and providers come by themselves,
          - use 'make run', which brings a simulated provider.
        """;
}
