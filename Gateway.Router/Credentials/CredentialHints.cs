using Gateway.Router.Cooldowns;
using Gateway.Router.Pipeline;

namespace Gateway.Router.Credentials;

/// <summary>Tells the other Routers of rests and quarantines, and takes over theirs.</summary>
internal sealed class CredentialHints : IHostedService
{
    /// <summary>What is over sooner is not worth a message.</summary>
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);

    private readonly HintBus _hints;
    private readonly CredentialEvents _events;
    private readonly CredentialPools _pools;
    private readonly RouterClock _clock;

    // The gauge is here because somebody must hold it; it needs nobody.
    public CredentialHints(HintBus hints, CredentialEvents events, CredentialPools pools, RouterClock clock, CredentialMetrics metrics)
    {
        ArgumentNullException.ThrowIfNull(metrics);
        (_hints, _events, _pools, _clock) = (hints, events, pools, clock);
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _events.Happened += Tell;
        _hints.Received += Take;
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        _events.Happened -= Tell;
        _hints.Received -= Take;
        return Task.CompletedTask;
    }

    private void Tell(CredentialEvent happened)
    {
        if (_hints.IsUsed && happened.Kind != CredentialEventKind.Released && happened.For >= Shortest && happened.Fingerprint.Length > 0)
        {
            var hint = new CredentialHint(happened.Provider, happened.Deployment, happened.Fingerprint, happened.Kind == CredentialEventKind.Quarantined, happened.For);
            _hints.Publish(HintKind.Credential, hint.ToId(), _clock.Now + happened.For.Ticks);
        }
    }

    private void Take(Hint hint)
    {
        if (hint.Kind == HintKind.Credential && CredentialHint.TryRead(hint.Id, new TimeSpan(hint.Until - _clock.Now), out var credential))
        {
            _pools.Accept(in credential, _clock.Now);
        }
    }
}
