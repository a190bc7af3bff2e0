using Gateway.Core.Configuration;
using Gateway.Core.Requests;
using Gateway.Router.Catalog;
using Gateway.Router.Credentials;

namespace Gateway.Router.Routing;

/// <summary>
/// One request on its way through the deployments of one group: what it needs, and where it has been. One object a request; it is
/// read by every choice and written by the attempts alone.
/// </summary>
internal sealed class RouteTrip
{
    private const int MaxTried = 4;

    // Most requests never fail: made when one does.
    private Deployment?[] _tried = [];
    private CredentialLane?[] _triedLanes = [];
    private int _triedCount;
    private List<string>? _visited;

    public required ModelGroup Group { get; set; }

    /// <summary>Deployments of the group that may serve the request.</summary>
    public required Deployment[] Candidates { get; set; }

    /// <summary>Estimated tokens of the prompt.</summary>
    public long InputTokens { get; init; }

    /// <summary>Estimated tokens of the answer.</summary>
    public long OutputTokens { get; init; }

    /// <summary>Hash of the session; 0 for none.</summary>
    public ulong Session { get; init; }

    /// <summary>What a sticky group keeps together; 0 for none.</summary>
    public ulong Affinity { get; set; }

    public bool Stream { get; init; }

    /// <summary>Null when the request does not steer.</summary>
    public RoutePreferences? Preferences { get; init; }

    /// <summary>What the request's own group could not do, once others are asked.</summary>
    public FallbackTriggers OwnTrigger { get; set; }

    /// <summary>Place in <see cref="RoutePreferences.Models"/> of the next one to try.</summary>
    public int NextModel { get; set; }

    /// <summary>Set for a request that is only explained: then no place is taken.</summary>
    public RouteWatch? Watch { get; set; }

    /// <summary>The deployment that was asked last; null before the first call.</summary>
    public Deployment? LastTried => _triedCount == 0 ? null : _tried[_triedCount - 1];

    /// <summary>Notes that a group was considered.</summary>
    /// <returns>False when it was before.</returns>
    public bool Visit(string group)
    {
        if ((_visited ??= [Group.Name]).Contains(group, StringComparer.Ordinal))
        {
            return false;
        }

        _visited.Add(group);
        return true;
    }

    public CallNeeds Needs => new(InputTokens + OutputTokens, Session);

    /// <summary>Whether a deployment failed this request already: others go first.</summary>
    public bool HasTried(Deployment deployment)
    {
        for (var i = 0; i < _triedCount; i++)
        {
            if (_triedLanes[i] is null && ReferenceEquals(_tried[i], deployment))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The lanes of a deployment that failed this request, one bit each.</summary>
    public ulong TriedLanes(Deployment deployment)
    {
        var bits = 0UL;
        for (var i = 0; i < _triedCount; i++)
        {
            if (_triedLanes[i] is { } lane && ReferenceEquals(_tried[i]?.State, deployment.State))
            {
                bits |= 1UL << (lane.Credential?.Index ?? 0);
            }
        }

        return bits;
    }

    /// <summary>Notes a failed call.</summary>
    /// <param name="deployment">Where.</param>
    /// <param name="lane">The credential at fault; null when it is the deployment.</param>
    public void NoteTried(Deployment deployment, CredentialLane? lane)
    {
        if (_triedCount == 0 && _tried.Length == 0)
        {
            (_tried, _triedLanes) = (new Deployment?[MaxTried], new CredentialLane?[MaxTried]);
        }

        if (_triedCount < MaxTried)
        {
            _tried[_triedCount] = deployment;
            _triedLanes[_triedCount++] = lane;
        }
    }

    /// <summary>Takes back the newest note.</summary>
    public void ForgetLastTried()
    {
        if (_triedCount > 0)
        {
            _triedCount--;
            (_tried[_triedCount], _triedLanes[_triedCount]) = (null, null);
        }
    }

    /// <summary>Lets credentials be looked at again that failed before: how long they rest is known to themselves.</summary>
    public void ForgetTriedLanes()
    {
        for (var i = 0; i < _triedCount; i++)
        {
            if (_triedLanes[i] is not null)
            {
                (_tried[i], _triedLanes[i]) = (null, null);
            }
        }
    }

    /// <summary>Leaves out a deployment to which the request cannot be said, or that the money does not suffice for.</summary>
    /// <param name="trigger">Which fallbacks stand in for it.</param>
    public void Exclude(Deployment deployment, FallbackTriggers trigger = FallbackTriggers.Error)
    {
        ExcludedFor |= trigger;
        Candidates = Array.FindAll(Candidates, candidate => !ReferenceEquals(candidate, deployment));
    }

    /// <summary>Why any were left out; none where all are in.</summary>
    public FallbackTriggers ExcludedFor { get; private set; }

    /// <summary>Lets deployments be asked again that failed before: there are no others.</summary>
    public void ForgetTriedDeployments()
    {
        for (var i = 0; i < _triedCount; i++)
        {
            if (_triedLanes[i] is null)
            {
                _tried[i] = null;
            }
        }
    }
}
