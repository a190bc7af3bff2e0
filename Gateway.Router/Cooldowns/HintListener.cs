using Gateway.Router.Pipeline;

namespace Gateway.Router.Cooldowns;

/// <summary>Lets what other Routers found out half-open what is closed here.</summary>
internal sealed class HintListener : IHostedService
{
    private readonly DeploymentStates _states;
    private readonly RouterClock _clock;
    private readonly HintBus _hints;

    // The gauges are here because somebody must hold them; they need nobody.
    public HintListener(HintBus hints, DeploymentStates states, RouterClock clock, CooldownGauges gauges)
    {
        ArgumentNullException.ThrowIfNull(gauges);
        (_hints, _states, _clock) = (hints, states, clock);
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _hints.Received += Take;
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        _hints.Received -= Take;
        return Task.CompletedTask;
    }

    private void Take(Hint hint)
    {
        var breaker = hint.Kind switch
        {
            HintKind.Deployment => _states.Find(hint.Id)?.Breaker,
            HintKind.Endpoint => _states.EndpointOf(hint.Id)?.Breaker,
            _ => null,
        };
        breaker?.Hint(_clock.Now);
    }
}
