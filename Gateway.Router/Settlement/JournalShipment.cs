using Gateway.Core.Journal;
using Gateway.Router.Telemetry;

namespace Gateway.Router.Settlement;

/// <summary>How one step of shipping ended.</summary>
internal enum ShipStep
{
    /// <summary>Everything durable is acknowledged.</summary>
    Idle,

    /// <summary>A batch was taken, or the position was put right.</summary>
    Moved,

    /// <summary>The Usage service did not take it.</summary>
    Failed,
}

/// <summary>Ships one journal, batch by batch. At least once: a lost answer means the same records again. One user at a time.</summary>
internal sealed class JournalShipment(UsageJournal journal, UsageClient client, ILogger logger, TracedRequests? traced = null) : IDisposable
{
    private readonly BatchMaker _batches = new(journal, logger);
    private long _next = journal.AcknowledgedSeq + 1;

    /// <summary>Why the last step failed.</summary>
    public string Reason { get; private set; } = "";

    /// <summary>Records that are durable here and not known to be in the ledger.</summary>
    public long Waiting => journal.Log.SyncedSeq - journal.AcknowledgedSeq;

    public async Task<ShipStep> StepAsync(CancellationToken cancellationToken)
    {
        var batch = _batches.Make(_next, out var head);
        if (batch.IsEmpty)
        {
            return ShipStep.Idle;
        }

        var reply = await SendAsync(batch, cancellationToken);

        // Sockets complete inline: what follows syncs and deletes files, and must not hold up the thread that serves requests.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        switch (reply.Kind)
        {
            case ShipReplyKind.Accepted:
                // Never beyond what was sent: an answer about another journal's records must not delete ours.
                var acknowledged = Math.Min(reply.Seq, head.ToSeq);
                if (acknowledged < head.FromSeq)
                {
                    Reason = "acknowledged less than was sent";
                    return ShipStep.Failed;
                }

                journal.Acknowledge(acknowledged);
                _next = acknowledged + 1;
                return ShipStep.Moved;
            case ShipReplyKind.Gap when reply.Seq > 0 && reply.Seq < head.FromSeq:
                logger.Rewound(reply.Seq);
                _next = reply.Seq;
                return ShipStep.Moved;
            case ShipReplyKind.Gap:
                Reason = "expects a record that makes no sense";
                return ShipStep.Failed;
            default:
                Reason = reply.Reason;
                return ShipStep.Failed;
        }
    }

    public void Dispose() => _batches.Dispose();

    private async Task<ShipReply> SendAsync(ReadOnlyMemory<byte> batch, CancellationToken cancellationToken)
    {
        using var span = traced is null ? null : RouterTraces.StartShipment(batch.Span, traced);
        var reply = await client.SendAsync(batch, cancellationToken);
        if (reply.Kind == ShipReplyKind.Failed)
        {
            span?.Fail("usage_unavailable");
        }

        return reply;
    }
}
