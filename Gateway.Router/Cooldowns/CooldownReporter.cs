namespace Gateway.Router.Cooldowns;

/// <summary>Says what changed: to the log, to the metrics, to the other Routers.</summary>
internal sealed class CooldownReporter(CooldownMetrics metrics, HintBus hints, ILogger<CooldownReporter> logger) : ICooldownObserver
{
    public void Changed(CooldownSubject subject, string id, bool isNamed, in BreakerEvent change)
    {
        Log(subject, id, in change);
        if (change.State != BreakerState.Open)
        {
            return;
        }

        // Clients can invent any number of deployments: their names are no labels, and no news.
        metrics.Opened(subject, isNamed ? id : $"{id.AsSpan(0, id.IndexOf('/', StringComparison.Ordinal))}/*", change.Reason);
        if (isNamed)
        {
            hints.Publish(subject == CooldownSubject.Deployment ? HintKind.Deployment : HintKind.Endpoint, id, change.OpenUntil);
        }
    }

    private void Log(CooldownSubject subject, string id, in BreakerEvent change)
    {
        var (seconds, reason) = (change.For.TotalSeconds, change.Reason.Word());
        switch (subject, change.State)
        {
            case (CooldownSubject.Deployment, BreakerState.Open):
                logger.DeploymentOpened(id, seconds, reason);
                break;
            case (CooldownSubject.Deployment, BreakerState.HalfOpen):
                logger.DeploymentHalfOpen(id, seconds, reason);
                break;
            case (CooldownSubject.Deployment, BreakerState.Closed):
                logger.DeploymentClosed(id, seconds, reason);
                break;
            case (CooldownSubject.Endpoint, BreakerState.Open):
                logger.EndpointOpened(id, seconds, reason);
                break;
            case (CooldownSubject.Endpoint, BreakerState.HalfOpen):
                logger.EndpointHalfOpen(id, seconds, reason);
                break;
            case (CooldownSubject.Endpoint, BreakerState.Closed):
                logger.EndpointClosed(id, seconds, reason);
                break;
        }
    }
}
