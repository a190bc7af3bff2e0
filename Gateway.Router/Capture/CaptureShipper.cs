using System.Buffers;
using Gateway.Core.Capture;
using Gateway.Router.Settlement;

namespace Gateway.Router.Capture;

/// <summary>
/// Writes captured content down and sends it to Usage, in the background. While Usage is away what is at hand waits, the queue behind it fills, and the rest is dropped and counted.
/// </summary>
internal sealed class CaptureShipper(
    CaptureQueue queue, ContentClient client, ShipperBackoff backoff, CaptureMetrics metrics, TimeProvider time, ILogger<CaptureShipper> logger) : BackgroundService
{
    private static readonly TimeSpan FinalFlush = TimeSpan.FromSeconds(2);

    private readonly ArrayBufferWriter<byte> _batch = new();
    private readonly ArrayBufferWriter<byte> _payload = new();
    private int _requests;

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        queue.Close();
        await base.StopAsync(cancellationToken);
        using var deadline = new CancellationTokenSource(FinalFlush, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        var left = 0;
        while (Fill())
        {
            var isSent = false;
            try
            {
                isSent = !either.IsCancellationRequested && left == 0 && (await client.SendAsync(_batch.WrittenMemory, either.Token)).Reply == ContentReply.Taken;
            }
            catch (OperationCanceledException)
            {
                // Counted below.
            }

            left += isSent ? 0 : _requests;
            Clear();
        }

        if (left > 0)
        {
            metrics.Dropped(left, CaptureMetrics.Stopped);
            logger.ContentLeft(left);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (await queue.WaitAsync(stoppingToken))
            {
                // Off the thread of the request that was just over.
                await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
                while (Fill())
                {
                    await ShipAsync(stoppingToken);
                }
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The stop sends what is left.
        }
    }

    /// <summary>Fills the batch with what waits.</summary>
    /// <returns>False when there is nothing to send.</returns>
    private bool Fill()
    {
        while (_batch.WrittenCount < ContentShipment.TargetBytes && queue.Take() is { } capture)
        {
            try
            {
                Write(capture);
            }
            catch (Exception exception)
            {
                // Whatever a client or an upstream has sent: one content less, and the next.
                logger.ContentUnreadable(exception.GetType().Name);
                metrics.Dropped(1, CaptureMetrics.Unreadable);
            }
            finally
            {
                capture.Release();
            }
        }

        return _requests > 0;
    }

    private void Write(RequestCapture capture)
    {
        _payload.Clear();
        CaptureDocument.Write(_payload, capture);
        if (_payload.WrittenCount > ContentFrame.MaxPayloadBytes)
        {
            throw new InvalidOperationException("The content is longer than it can be.");
        }

        ContentFrame.WriteHeader(_batch.GetSpan(ContentFrame.HeaderBytes), capture.RequestId, capture.ArrivedUnixMs, capture.Level, _payload.WrittenSpan);
        _batch.Advance(ContentFrame.HeaderBytes);
        _batch.Write(_payload.WrittenSpan);
        _requests++;
    }

    private async Task ShipAsync(CancellationToken stoppingToken)
    {
        var failures = 0;
        while (true)
        {
            var (reply, reason) = await client.SendAsync(_batch.WrittenMemory, stoppingToken);
            if (reply != ContentReply.Away)
            {
                if (failures > 0)
                {
                    logger.ContentGoesOn();
                }

                Note(reply, reason);
                Clear();
                return;
            }

            if (++failures == 1)
            {
                logger.ContentWaits(reason);
            }

            await Task.Delay(backoff.After(failures), time, stoppingToken);
        }
    }

    private void Note(ContentReply reply, string reason)
    {
        if (reply == ContentReply.Taken)
        {
            metrics.Sent(_requests);
            return;
        }

        metrics.Dropped(_requests, CaptureMetrics.Refused);
        logger.ContentRefused(_requests, reason);
    }

    private void Clear()
    {
        _batch.Clear();
        _payload.Clear();
        _requests = 0;
    }
}
