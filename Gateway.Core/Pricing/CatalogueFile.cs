using System.Text;
using Gateway.Core.Configuration;

namespace Gateway.Core.Pricing;

/// <summary>The catalogue file that the document names, read again from time to time. A bad one never replaces a good one. Not thread-safe; the store of configurations asks it under its lock.</summary>
internal sealed class CatalogueFile
{
    private const long MaxBytes = 4L * GatewayConfigLoader.MaxCharacters;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private readonly string? _folder;
    private string? _path;
    private string? _text;
    private string? _refused;
    private volatile string? _problem;

    /// <param name="folder">Where relative paths begin: the document's folder; null for the working directory.</param>
    public CatalogueFile(string? folder) => _folder = folder;

    /// <summary>The last good one; null where no file is named.</summary>
    public PriceCatalogue? Current { get; private set; }

    /// <summary>What is wrong with the newest one; null while it is in force.</summary>
    public string? Problem => _problem;

    /// <summary>Looks at the file that a configuration names.</summary>
    /// <returns>Whether <see cref="Current"/> is another one now.</returns>
    public bool Read(PricingConfig pricing)
    {
        if (pricing.File is not { } path)
        {
            var had = Current is not null;
            (_path, _text, _refused, Current, _problem) = (null, null, null, null, null);
            return had;
        }

        if (path != _path)
        {
            (_path, _text, _refused, Current, _problem) = (path, null, null, null, null);
        }

        var text = ReadText(path, out var problem);
        if (text is not null && text == _text)
        {
            (_refused, _problem) = (null, null);
            return false;
        }

        if (text is not null && text == _refused)
        {
            return false;
        }

        if (text is not null && CatalogueReader.Read(text, path, out var problems) is var catalogue)
        {
            if (catalogue is not null)
            {
                (_text, _refused, Current, _problem) = (text, null, catalogue, null);
                return true;
            }

            problem = string.Join('\n', problems);
        }

        (_refused, _problem) = (text, problem);
        return false;
    }

    private string? ReadText(string path, out string problem)
    {
        problem = "";
        try
        {
            var full = Path.GetFullPath(path, _folder ?? Environment.CurrentDirectory);
            if (new FileInfo(full) is { Exists: true, Length: > MaxBytes })
            {
                problem = $"{path}: the catalogue is larger than {MaxBytes} bytes";
                return null;
            }

            var text = StrictUtf8.GetString(File.ReadAllBytes(full));
            return text.StartsWith('\uFEFF') ? text[1..] : text;
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            problem = $"{path}: there is no such file; pricing.catalogue must be builtin, none or the path of a catalogue of prices";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or System.Security.SecurityException or NotSupportedException or ArgumentException)
        {
            problem = $"{path}: the catalogue of prices cannot be read ({exception.GetType().Name}); check that it is a file and its permissions";
        }
        catch (DecoderFallbackException)
        {
            problem = $"{path}: the catalogue of prices is not UTF-8 text";
        }

        return null;
    }
}
