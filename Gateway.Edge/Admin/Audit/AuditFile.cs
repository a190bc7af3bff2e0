using System.Globalization;
using System.Threading.Channels;

namespace Gateway.Edge.Admin.Audit;

/// <summary>
/// Appends lines to <c>edge/audit.jsonl</c> in the data folder, in the background. At 16 MiB the file becomes <c>audit.1.jsonl</c>, and so on; the newest five are kept. Several Edges
/// may share the folder: each opens the file for itself alone, for as long as it writes. Thread-safe.
/// </summary>
internal sealed class AuditFile(string folder, TimeProvider time, ILogger<AuditFile> log, long maxBytes = AuditFile.MaxBytes) : BackgroundService
{
    public const string Name = "audit.jsonl";
    public const long MaxBytes = 16 * 1024 * 1024;
    public const int MaxFiles = 5;

    /// <summary>Far more than operators do while a disk is slow.</summary>
    private const int MaxWaiting = 10_000;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    /// <summary>Another Edge writes for milliseconds; after this many pauses it is something else.</summary>
    private const int Tries = 40;

    private readonly Channel<byte[]> _lines = Channel.CreateBounded<byte[]>(new BoundedChannelOptions(MaxWaiting) { SingleReader = true, FullMode = BoundedChannelFullMode.Wait });
    private bool _isLost;

    public void Add(byte[] line)
    {
        if (!_lines.Writer.TryWrite(line))
        {
            log.AuditLineLost();
        }
    }

    /// <summary>Writes what is waiting, and ends.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        _lines.Writer.TryComplete();
        await (ExecuteTask ?? Task.CompletedTask).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var lines = new List<byte[]>();
        while (await _lines.Reader.WaitToReadAsync(CancellationToken.None))
        {
            while (lines.Count < 1000 && _lines.Reader.TryRead(out var line))
            {
                lines.Add(line);
            }

            await WriteAsync(lines);
            lines.Clear();
        }
    }

    private async Task WriteAsync(List<byte[]> lines)
    {
        var path = Path.Combine(folder, Name);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                Directory.CreateDirectory(folder);
                await using (var file = Open(path))
                {
                    if (file.Length > 0 && file.Length + lines[0].Length > maxBytes)
                    {
                        // Renamed while it is ours: who opens it meanwhile fails, and finds the new one.
                        Rotate(path);
                        continue;
                    }

                    foreach (var line in lines)
                    {
                        await file.WriteAsync(line);
                    }

                    await file.FlushAsync();
                }

                if (_isLost)
                {
                    _isLost = false;
                    log.AuditFileUsed();
                }

                return;
            }
            catch (IOException) when (attempt < Tries && File.Exists(path))
            {
                await Task.Delay(Pause, time);
            }
            catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
            {
                // Each line is in the log too.
                if (!_isLost)
                {
                    _isLost = true;
                    log.AuditFileLost(failure.GetType().Name);
                }

                return;
            }
        }
    }

    private static FileStream Open(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.Append, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return new FileStream(path, options);
    }

    private void Rotate(string path)
    {
        for (var number = MaxFiles - 1; number >= 1; number--)
        {
            var from = number == 1 ? path : Numbered(number - 1);
            if (File.Exists(from))
            {
                File.Move(from, Numbered(number), overwrite: true);
            }
        }

        string Numbered(int number) => Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"audit.{number}.jsonl"));
    }
}
