using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Gateway.Core.Catalog;
using Gateway.Core.Configuration;

namespace Gateway.Edge.Budgets;

/// <summary>
/// The end users that request bodies name. Names come from anybody, so what they take is bounded, here and in the shared state: so many have a scope of their own, and all
/// others share a fixed number of scopes by their digest, which is strict to them and never lets one off its limits. Thread-safe: a lock where a new one comes.
/// </summary>
internal sealed class EndUserScopes
{
    public const int MostExact = 16_384;
    public const int SharedScopes = 2_048;

    private static readonly TimeSpan LeastKept = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan MostKept = TimeSpan.FromDays(1);
    private static readonly TimeSpan BetweenSweeps = TimeSpan.FromSeconds(10);

    private readonly EndUserConfig _config;
    private readonly TimeProvider _time;
    private readonly int _mostExact;
    private readonly TimeSpan _kept;
    private readonly ConcurrentDictionary<UInt128, Place> _exact = new();
    private readonly EndUserScope?[] _shared = new EndUserScope?[SharedScopes];
    private readonly Lock _lock = new();
    private int _count;
    private long _sweptAt;

    public EndUserScopes(EndUserConfig config, TimeProvider time, int mostExact = MostExact)
    {
        (_config, _time, _mostExact) = (config, time, mostExact);

        // As long as the shared state may remember somebody, the place is not given to another.
        var window = config.Limits.Rates.Select(static rate => rate.Window).Concat(config.Limits.Sessions.Select(static sessions => sessions.Window))
            .Concat(config.Limits.Models.SelectMany(static model => model.Value.Rates.Select(static rate => rate.Window)))
            .Concat(config.Budgets.Select(static _ => MostKept)).DefaultIfEmpty(LeastKept).Max();
        _kept = TimeSpan.FromTicks(Math.Clamp(window.Ticks, LeastKept.Ticks, MostKept.Ticks));
    }

    /// <summary>End users with a scope of their own.</summary>
    public int Count => Volatile.Read(ref _count);

    /// <param name="organisation">Whose end user it is.</param>
    /// <param name="user">As the body names it.</param>
    public EndUserScope Find(string organisation, string user)
    {
        var digest = Digest(organisation, user);
        if (!_exact.TryGetValue(digest, out var place))
        {
            return Add(digest);
        }

        place.LastUsed = _time.GetTimestamp();
        return place.Scope ??= Make(NameOf(digest));
    }

    private static UInt128 Digest(string organisation, string user)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        Span<byte> text = stackalloc byte[2048];

        // Names of organisations have no line feed, so that no two pairs are one text; a user has at most 256 characters.
        var length = Encoding.UTF8.GetBytes(organisation, text);
        text[length++] = (byte)'\n';
        length += Encoding.UTF8.GetBytes(user, text[length..]);
        SHA256.HashData(text[..length], hash);
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }

    private EndUserScope Add(UInt128 digest)
    {
        lock (_lock)
        {
            if (_exact.TryGetValue(digest, out var known))
            {
                return known.Scope ??= Make(NameOf(digest));
            }

            if (_count >= _mostExact)
            {
                Sweep_NeedsLock();
            }

            if (_count >= _mostExact)
            {
                var index = (int)(digest % SharedScopes);
                return _shared[index] ??= Make(string.Create(CultureInfo.InvariantCulture, $"~{index}"));
            }

            // Of a flood of names each comes once: what is made for one is kept when it comes again.
            _exact[digest] = new Place { LastUsed = _time.GetTimestamp() };
            _count++;
            return Make(NameOf(digest));
        }
    }

    private void Sweep_NeedsLock()
    {
        if (_sweptAt != 0 && _time.GetElapsedTime(_sweptAt) < BetweenSweeps)
        {
            return;
        }

        _sweptAt = _time.GetTimestamp();
        foreach (var (digest, place) in _exact)
        {
            if (_time.GetElapsedTime(place.LastUsed) > _kept && _exact.TryRemove(digest, out _))
            {
                _count--;
            }
        }
    }

    private static string NameOf(UInt128 digest) => digest.ToString("x32", CultureInfo.InvariantCulture)[..24];

    private EndUserScope Make(string name) => new(new OwnerScope(OwnerScope.EndUser, name, _config.Limits, _config.Budgets));

    /// <summary>Whoever comes at the same moment may make the scope twice: it is the same then.</summary>
    private sealed class Place
    {
        private long _lastUsed;

        /// <summary>Timestamp.</summary>
        public long LastUsed { get => Volatile.Read(ref _lastUsed); set => Volatile.Write(ref _lastUsed, value); }

        public EndUserScope? Scope { get; set; }
    }
}

/// <summary>One end user, or those who share a scope. Thread-safe: what it keeps may be made twice, and is the same then.</summary>
internal sealed class EndUserScope(OwnerScope owner)
{
    private readonly BudgetCharges _charges = new([owner]);
    private Rules? _rules;
    private Charges? _all;

    public string Id => owner.Id;

    public bool NeedsSize { get; } = owner.NeedsSize;

    /// <summary>The key's rules for a model and this user's. The latest is kept: a user mostly has one key and one model.</summary>
    public RuleSet With(RuleSet ofKey, ModelTarget? target)
    {
        var kept = Volatile.Read(ref _rules);
        if (kept is null || !ReferenceEquals(kept.OfKey, ofKey) || !ReferenceEquals(kept.Target, target))
        {
            List<Gateway.Core.Admission.Shared.LimitRule> own = [];
            owner.Collect(own, target);
            kept = new Rules(ofKey, target, own.Count == 0 ? ofKey : ofKey.With(new RuleSet(own)));
            Volatile.Write(ref _rules, kept);
        }

        return kept.Set;
    }

    /// <summary>The key's charges and this user's.</summary>
    public ChargeSet With(ChargeSet ofKey, DateTimeOffset now)
    {
        var own = _charges.At(now);
        if (own.IsEmpty)
        {
            return ofKey;
        }

        var kept = Volatile.Read(ref _all);
        if (kept is null || !ReferenceEquals(kept.OfKey, ofKey) || !ReferenceEquals(kept.Own, own))
        {
            kept = new Charges(ofKey, own, ofKey.With(own));
            Volatile.Write(ref _all, kept);
        }

        return kept.Set;
    }

    private sealed record Rules(RuleSet OfKey, ModelTarget? Target, RuleSet Set);

    private sealed record Charges(ChargeSet OfKey, ChargeSet Own, ChargeSet Set);
}

internal static class EndUserConfigs
{
    public static bool IsEmpty(this EndUserConfig config) => config.Limits.IsEmpty && config.Budgets.Count == 0;
}
