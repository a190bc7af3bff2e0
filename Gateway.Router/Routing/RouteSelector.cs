using System.Buffers;
using Gateway.Core.Requests;
using Gateway.Router.Balancing;
using Gateway.Router.Catalog;
using Gateway.Router.Cooldowns;
using Gateway.Router.Credentials;
using Gateway.Router.Pipeline;

namespace Gateway.Router.Routing;

/// <summary>
/// Chooses deployment and credential for the next call of a request: health, credentials and limits say who can, tiers and preferences who goes
/// first, the group's strategy who of those. Thread-safe.
/// </summary>
internal sealed class RouteSelector(RouterClock clock, CooldownMetrics? metrics = null)
{
    /// <summary>Beyond this many candidates the buffers are rented.</summary>
    private const int Few = 16;

    /// <summary>Quota that is all but gone still counts a little: a weight of 0 would hide the deployment from the strategy.</summary>
    private const double LeastQuota = 0.02;

    /// <summary>How often a choice is made anew because another request took the place.</summary>
    private const int MaxRounds = 16;

    /// <summary>Chooses, and takes what the call needs: the caller gives it back with <see cref="Return"/>.</summary>
    public RoutePick Take(RouteTrip trip)
    {
        var roll = trip.Group.State.Advance();
        RoutePick pick = default;
        for (var round = 0; round < MaxRounds; round++)
        {
            pick = Choose(trip, roll, clock.Now, commit: true, views: default, out var retry);
            if (!retry)
            {
                break;
            }
        }

        return pick;
    }

    /// <summary>What <see cref="Take"/> would choose now. Changes nothing.</summary>
    /// <param name="trip">The request.</param>
    /// <param name="scores">Receives the view of each candidate; at least as many as there are, or empty.</param>
    /// <param name="after">Choices of the group that would be made before this one.</param>
    public RoutePick Peek(RouteTrip trip, Span<CandidateView> scores, int after = 0) =>
        Choose(trip, trip.Group.State.RollAfter(after), clock.Now, commit: false, scores, out _);

    /// <summary>Gives back what <see cref="Take"/> took.</summary>
    /// <param name="used">Tokens that the call was charged; null when nothing reached the upstream.</param>
    public void Return(RouteTrip trip, Deployment deployment, CredentialLane? lane, long? used)
    {
        deployment.State.Load.Leave();
        if (lane is not null)
        {
            deployment.Upstream.Credentials.Return(lane, trip.Needs, used, clock.Now);
        }
    }

    private RoutePick Choose(RouteTrip trip, ulong roll, long now, bool commit, Span<CandidateView> views, out bool retry)
    {
        var candidates = trip.Candidates;
        var count = candidates.Length;
        retry = false;
        if (count <= Few)
        {
            Span<Health> health = stackalloc Health[Few];
            Span<double> weights = stackalloc double[Few];
            Span<double> scores = stackalloc double[Few];
            var choices = default(FewChoices);
            var usable = default(FewDeployments);
            Span<int> places = stackalloc int[Few];
            return Choose(trip, roll, now, commit, views, new Buffers(health[..count], choices[..count], usable[..count], places[..count], weights[..count], scores[..count]), ref retry);
        }

        var rentedChoices = ArrayPool<CredentialChoice>.Shared.Rent(count);
        var rentedUsable = ArrayPool<Deployment>.Shared.Rent(count);
        try
        {
            var buffers = new Buffers(new Health[count], rentedChoices.AsSpan(0, count), rentedUsable.AsSpan(0, count), new int[count], new double[count], new double[count]);
            return Choose(trip, roll, now, commit, views, buffers, ref retry);
        }
        finally
        {
            ArrayPool<CredentialChoice>.Shared.Return(rentedChoices, clearArray: true);
            ArrayPool<Deployment>.Shared.Return(rentedUsable, clearArray: true);
        }
    }

    private RoutePick Choose(RouteTrip trip, ulong roll, long now, bool commit, Span<CandidateView> views, Buffers buffers, ref bool retry)
    {
        ReadOnlySpan<Deployment> candidates = trip.Candidates;
        var anyHealthy = HealthGate.Check(candidates, now, roll, buffers.Health);
        if (commit && metrics is not null && buffers.Health.ContainsAnyExcept(Health.Usable))
        {
            metrics.Judged(candidates, buffers.Health);
        }

        var needs = trip.Needs;
        var blocked = new Blocked();
        for (var i = 0; i < candidates.Length; i++)
        {
            var candidate = candidates[i];
            buffers.Choices[i] = buffers.Health[i] == Health.Ejected ? default
                : candidate.Upstream.Credentials.Peek(candidate.State.Lanes, in needs, trip.TriedLanes(candidate), now);
            var tried = trip.HasTried(candidate);
            blocked.Note(candidate, buffers.Health[i], in buffers.Choices[i], tried);
            if (!views.IsEmpty)
            {
                views[i] = new CandidateView(buffers.Health[i], buffers.Choices[i], tried, Tier(trip, candidate), Weight: 0, Score: double.NaN);
            }

            if (tried || buffers.Health[i] == Health.Ejected || !buffers.Choices[i].IsUsable)
            {
                buffers.Places[i] = -1;
            }
        }

        if (!anyHealthy || !TryFirstTier(trip, candidates, buffers.Places, out var tier))
        {
            return blocked.ToPick(candidates, now);
        }

        var usable = 0;
        for (var i = 0; i < candidates.Length; i++)
        {
            if (buffers.Places[i] < 0 || Tier(trip, candidates[i]) != tier)
            {
                continue;
            }

            var quota = Math.Max(LeastQuota, buffers.Choices[i].Lane?.QuotaLeftAt(now) ?? 1);
            buffers.Usable[usable] = candidates[i];
            buffers.Places[usable] = i;
            buffers.Weights[usable++] = candidates[i].Weight * candidates[i].State.RampAt(now) * quota;
        }

        var request = new BalancingRequest
        {
            Now = now,
            Roll = roll,
            InputTokens = trip.InputTokens,
            OutputTokens = trip.OutputTokens,
            Affinity = trip.Affinity,
            Stream = trip.Stream,
        };
        var strategy = BalancingStrategies.ForSort(trip.Preferences?.Sort ?? PreferenceSort.None) ?? trip.Group.Strategy;
        var chosen = usable == 1 ? 0 : strategy.Pick(buffers.Usable[..usable], buffers.Weights[..usable], in request, buffers.Scores[..usable], commit);
        for (var i = 0; i < usable && !views.IsEmpty; i++)
        {
            ref var view = ref views[buffers.Places[i]];
            view = view with { Weight = buffers.Weights[i], Score = usable == 1 ? 0 : buffers.Scores[i] };
        }

        var deployment = buffers.Usable[chosen];
        var place = buffers.Places[chosen];
        var health = buffers.Health[place];
        return commit ? TakePlace(trip, deployment, in buffers.Choices[place], health, in needs, now, ref retry) : RoutePick.Of(deployment, buffers.Choices[place].Lane, health);
    }

    /// <summary>Takes the place at the chosen one. Another request may have been quicker: then the choice is made anew.</summary>
    private static RoutePick TakePlace(RouteTrip trip, Deployment deployment, in CredentialChoice choice, Health health, in CallNeeds needs, long now, ref bool retry)
    {
        // A probe is a real request: it goes only where a retry is certain, and keeps the retry until it is over.
        var isProbe = health == Health.Probe;
        if (isProbe && !deployment.State.TryBeginProbe(now))
        {
            retry = true;
            return RoutePick.Nothing(PickBlock.Open, 0);
        }

        if (choice.Lane is not null && !deployment.Upstream.Credentials.TryTake(in choice, in needs, now))
        {
            if (isProbe)
            {
                deployment.State.Abandoned(now, now);
            }

            retry = true;
            return RoutePick.Nothing(PickBlock.Busy, choice.UsableAt);
        }

        deployment.State.Load.Enter();
        return RoutePick.Of(deployment, choice.Lane, health);
    }

    private static bool TryFirstTier(RouteTrip trip, ReadOnlySpan<Deployment> candidates, ReadOnlySpan<int> places, out int tier)
    {
        tier = int.MaxValue;
        for (var i = 0; i < candidates.Length; i++)
        {
            if (places[i] >= 0)
            {
                tier = Math.Min(tier, Tier(trip, candidates[i]));
            }
        }

        return tier != int.MaxValue;
    }

    /// <summary>Providers that the request puts first go before the order of the document.</summary>
    private static int Tier(RouteTrip trip, Deployment deployment)
    {
        const int BehindPreferred = 1000;
        if (trip.Preferences is not { Order.Count: > 0 } preferences)
        {
            return deployment.Order;
        }

        for (var i = 0; i < preferences.Order.Count; i++)
        {
            if (string.Equals(preferences.Order[i], deployment.Provider.Name, StringComparison.Ordinal))
            {
                return i;
            }
        }

        return BehindPreferred + deployment.Order;
    }

    private readonly ref struct Buffers(Span<Health> health, Span<CredentialChoice> choices, Span<Deployment> usable, Span<int> places, Span<double> weights, Span<double> scores)
    {
        public readonly Span<Health> Health = health;
        public readonly Span<CredentialChoice> Choices = choices;
        public readonly Span<Deployment> Usable = usable;
        public readonly Span<int> Places = places;
        public readonly Span<double> Weights = weights;
        public readonly Span<double> Scores = scores;
    }

    [System.Runtime.CompilerServices.InlineArray(Few)]
    private struct FewChoices
    {
        private CredentialChoice _first;
    }

    [System.Runtime.CompilerServices.InlineArray(Few)]
    private struct FewDeployments
    {
        private Deployment _first;
    }

    /// <summary>Gathers why candidates cannot serve, so that the answer names what would mend it soonest.</summary>
    private struct Blocked
    {
        private bool _busy;
        private bool _limited;
        private bool _open;
        private bool _quarantined;
        private long _limitedUntil;

        public void Note(Deployment candidate, Health health, in CredentialChoice choice, bool tried)
        {
            if (tried)
            {
                return;
            }

            if (health == Health.Ejected)
            {
                _open = true;
                return;
            }

            switch (choice.Block)
            {
                case CredentialBlock.Busy:
                    _busy = true;
                    break;
                case CredentialBlock.Resting or CredentialBlock.Limited:
                    _limited = true;
                    _limitedUntil = _limitedUntil == 0 || (choice.UsableAt != 0 && choice.UsableAt < _limitedUntil) ? choice.UsableAt : _limitedUntil;
                    break;
                case CredentialBlock.Quarantined:
                    _quarantined = true;
                    break;
                case CredentialBlock.Open:
                    _open = true;
                    break;
                case CredentialBlock.None or CredentialBlock.Tried:
                    break;
            }
        }

        public readonly RoutePick ToPick(ReadOnlySpan<Deployment> candidates, long now) =>
            _busy ? RoutePick.Nothing(PickBlock.Busy, _limitedUntil)
            : _limited ? RoutePick.Nothing(PickBlock.Limited, _limitedUntil)
            : _open ? RoutePick.Nothing(PickBlock.Open, HealthGate.EarliestOpenUntil(candidates, now))
            : _quarantined ? RoutePick.Nothing(PickBlock.Quarantined, 0)
            : RoutePick.Nothing(PickBlock.Tried, 0);
    }
}

/// <summary>How one candidate stands in a choice.</summary>
/// <param name="Health">What its breakers say.</param>
/// <param name="Credential">The credential that it would use, or why none.</param>
/// <param name="Tried">It failed this request already.</param>
/// <param name="Tier">Lower goes first.</param>
/// <param name="Weight">As it counts now; 0 where it was not compared.</param>
/// <param name="Score">What the strategy made of it, lower is better; not a number where it was not compared.</param>
internal readonly record struct CandidateView(Health Health, CredentialChoice Credential, bool Tried, int Tier, double Weight, double Score);
