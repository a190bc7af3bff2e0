using Gateway.Router.Cooldowns;
using Gateway.Router.Pipeline;

namespace Gateway.Router.Credentials;

/// <summary>Tells the other Routers of rests and quarantines, and takes over theirs.</summary>
internal sealed class CredentialHints(HintBus hints, CredentialEvents events, CredentialPools pools, RouterClock clock) : IHostedService
{
    /// <summary>What is over sooner is not worth a message.</summary>
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);

    public Task StartAsync(CancellationToken cancellationToken)
    {
        events.Happened += Tell;
        hints.Received += Take;
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        events.Happened -= Tell;
        hints.Received -= Take;
        return Task.CompletedTask;
    }

    private void Tell(CredentialEvent happened)
    {
        if (hints.IsUsed && happened.Kind != CredentialEventKind.Released && happened.For >= Shortest && happened.Fingerprint.Length > 0)
        {
            var hint = new CredentialHint(happened.Provider, happened.Deployment, happened.Fingerprint, happened.Kind == CredentialEventKind.Quarantined, happened.For);
            hints.Publish(HintKind.Credential, hint.ToId(), clock.Now + happened.For.Ticks);
        }
    }

    private void Take(Hint hint)
    {
        if (hint.Kind == HintKind.Credential && CredentialHint.TryRead(hint.Id, new TimeSpan(hint.Until - clock.Now), out var credential))
        {
            pools.Accept(in credential, clock.Now);
        }
    }
}
