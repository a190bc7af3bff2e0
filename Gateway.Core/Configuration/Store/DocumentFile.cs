using System.Text;
using Gateway.Core.Journal;

namespace Gateway.Core.Configuration.Store;

/// <summary>
/// Replaces the file of the document: a new file beside it, synced, with the mode and the owner of the old one, takes its name. Readers see the one or the other. The new file has a fixed name, so that of two who write at
/// the same time, in whatever processes, one is refused.
/// </summary>
/// <param name="path">As <c>GATEWAY_CONFIG</c> names it; of a link the file behind it is replaced.</param>
/// <param name="disk">Makes the change durable.</param>
internal sealed class DocumentFile(string path, JournalDisk disk, TimeProvider time)
{
    /// <summary>Writing takes milliseconds; what is older was left behind by a process that died.</summary>
    private static readonly TimeSpan LeftBehind = TimeSpan.FromSeconds(30);

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static readonly DocumentWrite Busy = new(DocumentWriteOutcome.Changed, "Somebody else writes the document at this moment. Look at it again, and try again.");

    private static readonly DocumentWrite Other = new(
        DocumentWriteOutcome.Changed, "The file holds another document than the one in force: somebody changed it a moment ago, or it was refused (see 'problem' of GET /admin/v1/config). Look at it again, or send 'If-Match: *' to replace whatever is there.");

    public DocumentWrite Replace(string text, string? expected)
    {
        var step = "be read";
        string? temporary = null;
        try
        {
            var file = new FileInfo(path).ResolveLinkTarget(returnFinalTarget: true)?.FullName ?? path;
            var folder = Path.GetDirectoryName(file)!;
            step = "be written";
            using (File.OpenHandle(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete))
            {
                // Only whether it may be: a file that its owner protected stays as it is.
            }

            var name = Path.Combine(folder, $".{Path.GetFileName(file)}.new");
            step = "get a new file beside it";
            using (var output = Create(name))
            {
                if (output is null)
                {
                    return Busy;
                }

                temporary = name;
                if (expected is not null && Read(file) != expected)
                {
                    return Other;
                }

                output.Write(StrictUtf8.GetBytes(text));
                output.Flush();
                step = "keep its owner and mode";
                FileOwner.Copy(file, name);
                disk.Sync(output.SafeFileHandle);
            }

            step = "be replaced (mounted alone? then mount its folder instead)";
            File.Move(name, file, overwrite: true);
            temporary = null;
            disk.SyncFolder(folder);
            return new(DocumentWriteOutcome.Written, "");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or System.Security.SecurityException or NotSupportedException)
        {
            return new(
                DocumentWriteOutcome.NotWritable,
                $"The file of the document cannot {step} ({exception.GetType().Name}). Change it where it comes from, such as its ConfigMap or repository: every service takes it up within seconds. To change it here, let the Edge write the file's folder.");
        }
        finally
        {
            if (temporary is not null)
            {
                Delete(temporary);
            }
        }
    }

    /// <returns>Null when somebody else has it.</returns>
    private FileStream? Create(string name)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.Read, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            // Until it has the mode of the old one: it holds secrets.
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        try
        {
            return new FileStream(name, options);
        }
        catch (IOException) when (File.Exists(name))
        {
            if (time.GetUtcNow() - File.GetLastWriteTimeUtc(name) < LeftBehind)
            {
                return null;
            }

            File.Delete(name);
            return new FileStream(name, options);
        }
    }

    private static string? Read(string file)
    {
        try
        {
            var text = StrictUtf8.GetString(File.ReadAllBytes(file));
            return text.StartsWith('\uFEFF') ? text[1..] : text;
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    private static void Delete(string name)
    {
        try
        {
            File.Delete(name);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The next one writes over it.
        }
    }
}
