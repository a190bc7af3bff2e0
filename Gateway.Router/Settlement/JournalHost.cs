using Gateway.Core.Journal;
using Microsoft.Extensions.Options;

namespace Gateway.Router.Settlement;

/// <summary>Opens the journal when it is first asked for, at the latest before the listeners, and ends the process when its disk fails.</summary>
internal sealed class JournalHost : IHostedService, IDisposable
{
    private readonly IHostApplicationLifetime _lifetime;
    private readonly ILogger<JournalHost> _logger;

    public JournalHost(
        IConfiguration configuration, IOptions<JournalOptions> options, JournalDisk disk, TimeProvider time, IHostApplicationLifetime lifetime, ILogger<JournalHost> logger)
    {
        (_lifetime, _logger) = (lifetime, logger);
        Root = Path.Combine(configuration["GATEWAY_DATA"] is { Length: > 0 } data ? data : ".data", "router");
        Options = new UsageJournalOptions
        {
            SegmentBytes = options.Value.SegmentBytes,
            MaxUnshippedBytes = options.Value.MaxUnshippedBytes,
            Time = time,
            Disk = disk,
            Failed = OnFailed,
        };
        var folder = JournalFolder.ClaimReplica(Root, time, disk);
        try
        {
            Journal = new UsageJournal(folder, Options);
        }
        catch
        {
            folder.Dispose();
            throw;
        }

        _logger.Opened(Journal.Folder, Journal.Producer, Journal.Epoch, Journal.Log.LastSeq, Journal.AcknowledgedSeq);
        _logger.Report(Journal);
    }

    /// <summary>Folder that holds the journals of all replicas on this machine.</summary>
    public string Root { get; }

    public UsageJournalOptions Options { get; }

    public UsageJournal Journal { get; }

    // Being made was the work; a failed recovery has thrown by now and no listener opens.
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => Journal.Dispose();

    private void OnFailed(Exception exception)
    {
        // After a failed write or fsync nobody knows what is on the disk: another process must start from what it finds there.
        _logger.JournalFailed(exception);
        Environment.ExitCode = 1;
        _lifetime.StopApplication();
    }
}
