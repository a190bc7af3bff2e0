using Gateway.Core.Catalog;
using Gateway.Core.Configuration;
using Gateway.Router.Catalog;

namespace Gateway.Router.Routing;

/// <summary>
/// Goes along on the trip of a request that is only explained: places are looked at and not taken, and every group on the way is kept with what was
/// seen of it. One for each trip; not thread-safe.
/// </summary>
internal sealed class RouteWatch
{
    private readonly List<WatchedGroup> _groups = [];
    private readonly List<GroupState> _rolled = [];

    /// <summary>In the order in which they were looked at.</summary>
    public IReadOnlyList<WatchedGroup> Groups => _groups;

    /// <summary>What is looked at from now on is not asked as things are.</summary>
    public bool IsBeyond { get; set; }

    /// <summary>The request's own group.</summary>
    /// <param name="candidates">Those that may serve the request; none where all are excluded.</param>
    public WatchedGroup Begin(ModelGroup group, ModelTarget target, Deployment[] candidates) => Add(new WatchedGroup(group, target, WatchedOrigin.Asked, FallbackTriggers.None, candidates));

    /// <summary>A group that may stand in.</summary>
    public void Enter(ModelGroup group, ModelTarget target, FallbackTriggers trigger, Deployment[] candidates) =>
        Add(new WatchedGroup(group, target, OriginOf(trigger), trigger, candidates));

    /// <summary>A group that may not stand in, because its moderation policy has not seen the request.</summary>
    public void Pass(ModelGroup group, ModelTarget target, FallbackTriggers trigger) =>
        Add(new WatchedGroup(group, target, OriginOf(trigger), trigger, []) { IsModeratedOtherwise = true });

    /// <summary>What would be chosen in the group where the trip is.</summary>
    public RoutePick Peek(RouteSelector selector, RouteTrip trip)
    {
        // Groups of one provider's models share their random numbers, and each choice takes one.
        var after = _rolled.Count(state => ReferenceEquals(state, trip.Group.State));
        _rolled.Add(trip.Group.State);
        var group = _groups.Last(group => ReferenceEquals(group.Group, trip.Group));
        var views = new CandidateView[trip.Candidates.Length];
        var pick = selector.Peek(trip, views, after);
        group.Views = views;
        group.Pick = pick;
        return pick;
    }

    private static WatchedOrigin OriginOf(FallbackTriggers trigger) => trigger == FallbackTriggers.None ? WatchedOrigin.Models : WatchedOrigin.Fallback;

    private WatchedGroup Add(WatchedGroup group)
    {
        _groups.Add(group);
        group.IsBeyond = IsBeyond;
        return group;
    }
}

/// <summary>Why a group is looked at.</summary>
internal enum WatchedOrigin : byte
{
    /// <summary>The request asks for it, or its path.</summary>
    Asked,

    /// <summary>The request names it in <c>models</c>.</summary>
    Models,

    /// <summary>The document names it.</summary>
    Fallback,
}

/// <summary>One group on the way of an explained request.</summary>
internal sealed class WatchedGroup(ModelGroup group, ModelTarget target, WatchedOrigin origin, FallbackTriggers trigger, Deployment[] candidates)
{
    public ModelGroup Group { get; } = group;

    /// <summary>The name by which it was found.</summary>
    public ModelTarget Target { get; } = target;

    public WatchedOrigin Origin { get; } = origin;

    /// <summary>Which failure led here.</summary>
    public FallbackTriggers Trigger { get; } = trigger;

    /// <summary>Those that may serve the request.</summary>
    public Deployment[] Candidates { get; } = candidates;

    /// <summary>It would be asked only if those before it failed.</summary>
    public bool IsBeyond { get; set; }

    public bool IsModeratedOtherwise { get; init; }

    /// <summary>For each of <see cref="Candidates"/>; empty where no choice was made.</summary>
    public CandidateView[] Views { get; set; } = [];

    /// <summary>What would be chosen here; null where no choice was made.</summary>
    public RoutePick? Pick { get; set; }
}
