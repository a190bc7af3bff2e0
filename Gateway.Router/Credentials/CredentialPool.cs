using Gateway.Core.Configuration;

namespace Gateway.Router.Credentials;

/// <summary>One key of a provider.</summary>
/// <param name="index">Its place in the document.</param>
/// <param name="label">Name in logs and reports, such as <c>openai#2</c>; never the key.</param>
/// <param name="header">What the protocol made of it.</param>
internal sealed class Credential(int index, string label, string header, ProviderKeyConfig config)
{
    public int Index { get; } = index;

    public string Label { get; } = label;

    public string Header { get; } = header;

    public ProviderKeyConfig Config { get; } = config;
}

/// <summary>What is known of one credential at one deployment: its breaker, its rest after a 429, the quota that the provider reports.</summary>
internal sealed class CredentialLane(Credential? credential)
{
    /// <summary>Null where the provider wants none.</summary>
    public Credential? Credential { get; } = credential;

    /// <summary>What is left of the provider's quota, 0 to 1; 1 where nothing is known.</summary>
    public double QuotaLeftAt(long now) => 1;

    /// <summary>The answer's head: providers report there what is left.</summary>
    public void Learn(HttpResponseMessage answer, long now, DateTimeOffset utcNow)
    {
    }

    /// <summary>The upstream answered with it.</summary>
    public void Succeeded(long now)
    {
    }

    /// <summary>The upstream failed: where there are several credentials it may be this one's fault.</summary>
    public void Failed(long now)
    {
    }

    /// <summary>A call that says nothing about it.</summary>
    public void Abandoned(long now)
    {
    }

    /// <summary>A 429.</summary>
    /// <param name="retryAfter">When the provider wants to be asked again; null when it did not say.</param>
    public void RateLimited(long now, TimeSpan? retryAfter)
    {
    }

    /// <summary>Its account has no money or quota left.</summary>
    public void QuotaExhausted(long now)
    {
    }

    /// <summary>The provider refused it.</summary>
    /// <param name="status">401 or 403; 0 when it could not even be used.</param>
    public void Refused(long now, int status)
    {
    }
}

/// <summary>Why no credential can be used.</summary>
internal enum CredentialBlock : byte
{
    None,

    /// <summary>All rest after a 429.</summary>
    Resting,

    /// <summary>All were refused by the provider.</summary>
    Quarantined,

    /// <summary>A limit of requests, tokens or sessions is reached.</summary>
    Limited,

    /// <summary>As many calls run as may at once.</summary>
    Busy,

    /// <summary>Its breaker is open.</summary>
    Open,

    /// <summary>All were tried for this request.</summary>
    Tried,
}

/// <summary>The credential that a call would take.</summary>
/// <param name="Lane">Null when none can be used.</param>
/// <param name="Block">Why none.</param>
/// <param name="UsableAt">Ticks at which one may be usable again; 0 when not known.</param>
internal readonly record struct CredentialChoice(CredentialLane? Lane, CredentialBlock Block, long UsableAt)
{
    public bool IsUsable => Block == CredentialBlock.None;
}

/// <summary>What a call will take of limits.</summary>
/// <param name="Tokens">Input and output, estimated.</param>
/// <param name="Session">Hash of the session; 0 for none.</param>
internal readonly record struct CallNeeds(long Tokens, ulong Session);

/// <summary>The keys of one provider, and the limits of all of them together. Kept when the document changes and the keys do not. Thread-safe.</summary>
internal sealed class CredentialPool(string provider, IReadOnlyList<Credential> credentials)
{
    private uint _next;

    public string Provider { get; } = provider;

    public IReadOnlyList<Credential> Credentials { get; } = credentials;

    /// <summary>The credential for calls that belong to no request, such as the provider's model list: one that is not refused; null where the provider wants none.</summary>
    public Credential? Spare => Credentials.Count == 0 ? null : Credentials[0];

    /// <summary>A lane for each credential; one without a credential where there is none.</summary>
    public CredentialLane[] NewLanes() => Credentials.Count == 0 ? [new CredentialLane(null)] : [.. Credentials.Select(static credential => new CredentialLane(credential))];

    /// <summary>Which credential the next call would take. Takes nothing: the same state gives the same answer.</summary>
    /// <param name="lanes">Of the deployment.</param>
    /// <param name="tried">Bit i: lane i was tried for this request; those beyond 64 never are.</param>
    public CredentialChoice Peek(CredentialLane[] lanes, in CallNeeds needs, ulong tried, long now)
    {
        var start = Volatile.Read(ref _next);
        for (var i = 0; i < lanes.Length; i++)
        {
            var index = (int)((start + (uint)i) % (uint)lanes.Length);
            if (index >= 64 || (tried & (1UL << index)) == 0)
            {
                return new CredentialChoice(lanes[index], CredentialBlock.None, 0);
            }
        }

        return new CredentialChoice(null, CredentialBlock.Tried, 0);
    }

    /// <summary>Takes what <see cref="Peek"/> chose: its turn, its place and its part of the limits.</summary>
    /// <returns>False when somebody else was quicker; nothing is taken then.</returns>
    public bool TryTake(in CredentialChoice choice, in CallNeeds needs, long now)
    {
        Interlocked.Increment(ref _next);
        return true;
    }

    /// <summary>Gives the place back, and tells the limits how many tokens it really was.</summary>
    /// <param name="used">Tokens charged; null when nothing reached the upstream.</param>
    public void Return(CredentialLane lane, in CallNeeds needs, long? used, long now)
    {
    }
}
