using Gateway.Core.Journal;

namespace Gateway.Router.Settlement;

/// <summary>
/// Ships the journals of replicas that do not come back: after a scale-down their folders lie there with nobody's lock on them.
/// </summary>
internal sealed class OrphanedJournals(JournalHost host, UsageClient client, TimeProvider time, ILogger<OrphanedJournals> logger) : BackgroundService
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, DateTime> _done = [];

    /// <summary>Looks at each foreign folder once, and empties those that are free. An error of the disk is logged, and left to the next look.</summary>
    public async Task LookAsync(CancellationToken cancellationToken)
    {
        string[] paths;
        try
        {
            paths = Directory.GetDirectories(host.Root);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            logger.LookFailed(host.Root, exception);
            return;
        }

        foreach (var path in paths)
        {
            if (path != host.Journal.Folder)
            {
                await LookAtAsync(path, cancellationToken);
            }
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Not at once: replicas that start together each take their own folder first.
        using var timer = new PeriodicTimer(LookEvery, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await LookAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The rest waits for whoever comes next.
        }
    }

    private async Task LookAtAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            // Only what has records that were written since.
            if (JournalFolder.LastRecordWritten(path) is { } written && (!_done.TryGetValue(path, out var seen) || written > seen)
                && await TryEmptyAsync(path, cancellationToken))
            {
                _done[path] = JournalFolder.LastRecordWritten(path) ?? written;
            }
        }
        catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
        {
            // Whatever it is: a foreign folder is no reason to end this process, and the other folders are looked at all the same.
            logger.AdoptionFailed(path, exception);
        }
    }

    private async Task<bool> TryEmptyAsync(string path, CancellationToken cancellationToken)
    {
        using var folder = JournalFolder.TryClaim(path, time, host.Options.Disk);
        if (folder is null)
        {
            return false;
        }

        // Its disk failing is no reason to end this process: our own journal is another file.
        using var journal = new UsageJournal(folder, host.Options with { Failed = null });
        using var shipment = new JournalShipment(journal, client, logger);
        logger.Report(journal);
        logger.Adopted(path, shipment.Waiting);
        while (shipment.Waiting > 0)
        {
            if (await shipment.StepAsync(cancellationToken) is not ShipStep.Moved)
            {
                return false;
            }
        }

        return true;
    }
}
