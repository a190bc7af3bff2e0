namespace Gateway.Router.Cooldowns;

/// <summary>What a breaker stands before.</summary>
internal enum CooldownSubject : byte
{
    Deployment,

    /// <summary>A provider's address.</summary>
    Endpoint,
}

/// <summary>Hears of the changes of all breakers. Called outside their locks, on the path of a request.</summary>
internal interface ICooldownObserver
{
    /// <param name="id"><c>provider/model</c>, or the provider.</param>
    /// <param name="isNamed">False for a deployment that only a client named: its id is no label.</param>
    void Changed(CooldownSubject subject, string id, bool isNamed, in BreakerEvent change);
}

/// <summary>Tells whose breaker changed.</summary>
internal sealed class CooldownWatch(ICooldownObserver observer, CooldownSubject subject, string id, bool isNamed) : IBreakerObserver
{
    public void Changed(in BreakerEvent change) => observer.Changed(subject, id, isNamed, in change);
}
