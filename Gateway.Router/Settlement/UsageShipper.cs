using System.Threading.Channels;
using Gateway.Core.Journal;
using Gateway.Router.Telemetry;

namespace Gateway.Router.Settlement;

/// <summary>
/// Ships the journal of this process to the Usage service. A quiet journal wakes nobody: the sync that made a record durable
/// wakes the shipper, which then gathers, so that traffic costs ten wake-ups a second and not one per request.
/// </summary>
internal sealed class UsageShipper : BackgroundService
{
    private static readonly TimeSpan Gather = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan FinalFlush = TimeSpan.FromSeconds(5);

    private readonly UsageJournal _journal;
    private readonly JournalShipment _shipment;
    private readonly ShipperState _state;
    private readonly ShipperBackoff _backoff;
    private readonly TimeProvider _time;
    private readonly ILogger<UsageShipper> _logger;
    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    // The metrics are taken so that they exist: nobody else asks for them.
    public UsageShipper(
        UsageJournal journal, UsageClient client, ShipperState state, ShipperBackoff backoff, SettlementMetrics metrics, TimeProvider time, ILogger<UsageShipper> logger,
        TracedRequests? traced = null)
    {
        _ = metrics;
        (_journal, _state, _backoff, _time, _logger) = (journal, state, backoff, time, logger);
        _shipment = new JournalShipment(journal, client, logger, traced);
        journal.Synced += Wake;
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        _journal.Synced -= Wake;
        using var deadline = new CancellationTokenSource(FinalFlush, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        await FlushAsync(either.Token);
        if (_journal.Log.LastSeq - _journal.AcknowledgedSeq is > 0 and var left)
        {
            _logger.LeftForNextStart(left);
        }
    }

    public override void Dispose()
    {
        _shipment.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await RunOnceAsync(stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                // Whatever it is, records must go on being shipped; a journal that failed ends the process by itself.
                _logger.ShipperFailed(exception);
                _state.Failed();
                await Task.Delay(_backoff.After(_state.Failures), _time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    private async Task RunOnceAsync(CancellationToken stoppingToken)
    {
        if (_shipment.Waiting <= 0)
        {
            _state.CaughtUp();
            await _wake.Reader.ReadAsync(stoppingToken);
            return;
        }

        _state.Behind();
        switch (await _shipment.StepAsync(stoppingToken))
        {
            case ShipStep.Moved:
                if (_state.Failures > 0)
                {
                    _logger.UsageBack(_state.Failures);
                }

                _state.Succeeded();
                if (_shipment.Waiting < UsageBatch.MaxRecords)
                {
                    await Task.Delay(Gather, _time, stoppingToken);
                }

                break;
            case ShipStep.Failed:
                _state.Failed();
                if (_state.Failures == 1)
                {
                    _logger.UsageAway(_shipment.Reason);
                }

                await Task.Delay(_backoff.After(_state.Failures), _time, stoppingToken);
                break;
            case ShipStep.Idle:
                // Missing at the very end of the journal: the next record will tell what to declare.
                await _wake.Reader.ReadAsync(stoppingToken);
                break;
        }
    }

    /// <summary>Everything that is there, without gathering; gives up at the first failure but one.</summary>
    private async Task FlushAsync(CancellationToken cancellationToken)
    {
        try
        {
            _journal.Log.Sync();
            var failures = 0;
            while (_shipment.Waiting > 0 && failures < 2)
            {
                var step = await _shipment.StepAsync(cancellationToken);
                if (step is ShipStep.Idle)
                {
                    return;
                }

                failures = step is ShipStep.Failed ? failures + 1 : 0;
            }

            _state.CaughtUp();
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or InvalidDataException)
        {
            // The rest stays on disk for the next start.
        }
    }

    private void Wake() => _wake.Writer.TryWrite(true);
}
