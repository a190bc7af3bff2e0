using System.Collections.Frozen;
using Gateway.Core.Admission.Shared;
using Gateway.Core.Configuration;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Core.Tests.Admission;

/// <summary>Holds are renewed in time, all of them are told again when the counters are made anew, and "all" is said only when it is true.</summary>
public sealed class HoldKeeperTests : IDisposable
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly ManualTime _time = new();
    private readonly Store _store = new();
    private readonly Config _config = new("acme");
    private readonly Records _records = new();
    private readonly HoldKeeper _keeper;

    public HoldKeeperTests() => _keeper = new HoldKeeper(_store, _config, _time, "router:1", _records, NullLogger<HoldKeeper>.Instance);

    public void Dispose() => _keeper.Dispose();

    [Fact]
    public async Task Every_second_each_organisation_hears_that_the_holder_lives()
    {
        await _keeper.StartAsync(CancellationToken.None);
        for (var i = 0; i < 3; i++)
        {
            var before = _store.Calls.Count;
            await PassAsync(() => _store.Calls.Count >= before + 2);
        }

        Assert.Equal(["acme", "default"], _store.Calls.Select(static call => call.Organisation).Distinct().Order());
        Assert.All(_store.Calls, static call => Assert.Equal(("router:1", 0, false), (call.Holder, call.Holds.Count, call.IsAll)));
        await _keeper.StopAsync(CancellationToken.None);
    }

    [Fact]
    public async Task A_hold_is_renewed_every_four_seconds_until_it_is_removed()
    {
        await RoundAsync();
        var hold = Hold();
        _keeper.Add(hold);
        var renewed = new List<int>();
        for (var second = 1; second <= 13; second++)
        {
            renewed.AddRange((await RoundAsync()).SelectMany(static call => call.Holds).Select(_ => second));
            if (second == 12)
            {
                _keeper.Remove(hold.RequestId, hold.Part);
            }
        }

        Assert.Equal([4, 8, 12], renewed);
        Assert.Equal(0, _keeper.Count);
    }

    [Fact]
    public async Task An_organisation_that_left_the_document_keeps_its_holds()
    {
        await RoundAsync();
        _keeper.Add(Hold(organisation: "gone"));
        await RoundAsync();

        _time.Advance(3 * Second);
        Assert.Equal("gone", Assert.Single(await RoundAsync(), static call => call.Holds.Count == 1).Organisation);
    }

    [Fact]
    public async Task A_call_that_is_not_answered_is_made_again_in_the_next_round()
    {
        await RoundAsync();
        _keeper.Add(Hold());
        _time.Advance(3 * Second);
        _store.Answer = null;

        Assert.Single((await RoundAsync()).SelectMany(static call => call.Holds));
        Assert.Single((await RoundAsync()).SelectMany(static call => call.Holds));
        _store.Answer = new EpochState(1, EpochPhase.Open);
        Assert.Single((await RoundAsync()).SelectMany(static call => call.Holds));
        Assert.Empty((await RoundAsync()).SelectMany(static call => call.Holds));
    }

    [Fact]
    public async Task Holds_are_told_in_calls_of_128()
    {
        await RoundAsync();
        for (var i = 0; i < 300; i++)
        {
            _keeper.Add(Hold());
        }

        _time.Advance(3 * Second);
        Assert.Equal([128, 128, 44], (await RoundAsync()).Where(static call => call.Organisation == "acme").Select(static call => call.Holds.Count));
    }

    [Fact]
    public async Task While_the_counters_are_made_again_all_is_told_at_once_and_all_is_said_when_the_ledger_has_the_rest()
    {
        await RoundAsync();
        for (var i = 0; i < 200; i++)
        {
            _keeper.Add(Hold());
        }

        (_records.Written, _records.InLedger) = (50, 40);
        _store.Answer = new EpochState(0, EpochPhase.Missing);
        Assert.Empty((await RoundAsync()).SelectMany(static call => call.Holds));

        _store.Answer = new EpochState(2, EpochPhase.Filling);
        Assert.Equal(200, OfAcme(await RoundAsync()).Holds.Count);
        Assert.DoesNotContain(_store.Calls, static call => call.IsAll);

        // What is written from now on was not settled in the lost counters.
        (_records.Written, _records.InLedger) = (70, 49);
        Assert.False(OfAcme(await RoundAsync()).IsAll);
        _records.InLedger = 50;
        Assert.True(OfAcme(await RoundAsync()).IsAll);

        var late = Hold();
        _keeper.Add(late);
        var next = OfAcme(await RoundAsync());
        Assert.Equal((late.RequestId, true), (Assert.Single(next.Holds).RequestId, next.IsAll));

        _store.Answer = new EpochState(2, EpochPhase.Open);
        await RoundAsync();
        Assert.False(OfAcme(await RoundAsync()).IsAll);
    }

    [Fact]
    public async Task All_is_not_said_when_a_part_of_it_was_not_answered()
    {
        await RoundAsync();
        for (var i = 0; i < 200; i++)
        {
            _keeper.Add(Hold());
        }

        _store.Answer = new EpochState(2, EpochPhase.Filling);
        _store.Fails = static call => call.Holds.Count == 72;
        var round = await RoundAsync();
        Assert.True(round[^1].IsAll);
        _store.Fails = static call => call.Holds.Count == 72 && !call.IsAll;

        // The part is due again, and with it all is told.
        var again = OfAcme(await RoundAsync());
        Assert.Equal((72, true), (again.Holds.Count, again.IsAll));
    }

    [Fact]
    public async Task Counters_that_were_made_anew_behind_our_back_are_told_all_too()
    {
        await RoundAsync();
        _keeper.Add(Hold());
        _store.Answer = new EpochState(7, EpochPhase.Open);

        Assert.Single(OfAcme(await RoundAsync()).Holds);

        // So is what was let through before and comes only now.
        _keeper.Add(Hold());
        Assert.Single(OfAcme(await RoundAsync()).Holds);
        _time.Advance(TimeSpan.FromMinutes(1));
        await RoundAsync();
        _keeper.Add(Hold());
        Assert.Empty(OfAcme(await RoundAsync()).Holds);
    }

    [Fact]
    public async Task A_holder_that_settles_nothing_has_nothing_to_wait_for()
    {
        using var edge = new HoldKeeper(_store, _config, _time, "edge:1", settled: null, NullLogger<HoldKeeper>.Instance);
        _store.Answer = new EpochState(2, EpochPhase.Filling);

        await edge.RenewAsync(CancellationToken.None);

        Assert.Contains(_store.Calls, static call => call is { Organisation: "acme", IsAll: true });
    }

    private static Hold Hold(string organisation = "acme") => new(Guid.CreateVersion7(), 0, new AdmissionTicket { Organisation = organisation, HeldNanoUsd = 5 });

    private async Task<List<Call>> RoundAsync()
    {
        var before = _store.Calls.Count;
        _time.Advance(Second);
        await _keeper.RenewAsync(CancellationToken.None);
        return [.. _store.Calls.Skip(before)];
    }

    /// <summary>All that was told to acme in a round, as one call.</summary>
    private static Call OfAcme(List<Call> round)
    {
        var calls = round.FindAll(static call => call.Organisation == "acme");
        return calls[^1] with { Holds = [.. calls.SelectMany(static call => call.Holds).DistinctBy(static hold => hold.RequestId)] };
    }

    private async Task PassAsync(Func<bool> happened)
    {
        // In steps: the service makes its timer some time after its start.
        for (var i = 0; i < 6000 && !happened(); i++)
        {
            _time.Advance(Second / 10);
            await Task.Delay(1);
        }

        Assert.True(happened());
    }

    private sealed record Call(string Organisation, string Holder, IReadOnlyList<Hold> Holds, bool IsAll);

    private sealed class Records : ISettledRecords
    {
        public long Written { get; set; }

        public long InLedger { get; set; }

        public long Mark() => Written;

        public bool AreInLedger(long mark) => InLedger >= mark;
    }

    private sealed class Config(string organisation) : IConfigStore, IDisposable
    {
        public ConfigSnapshot Current { get; } = new(
            new GatewayConfig
            {
                Server = new ServerConfig(),
                Providers = FrozenDictionary<string, ProviderConfig>.Empty,
                Models = FrozenDictionary<string, ModelGroupConfig>.Empty,
                Aliases = FrozenDictionary<string, string>.Empty,
                Resolve = new ResolveConfig(),
                Keys = [],
                Moderation = new ModerationConfig { Policies = FrozenDictionary<string, ModerationPolicyConfig>.Empty },
                Organisations = new[] { new OrganisationConfig { Name = organisation } }.ToFrozenDictionary(static one => one.Name),
            },
            1, "000000000000", "test");

        public string? Problem => null;

        public IDisposable OnChange(Action<ConfigSnapshot> build) => this;

        public void Dispose()
        {
        }
    }

    private sealed class Store : IAdmissionStore
    {
        private readonly List<Call> _calls = [];

        public bool IsUp => true;

        public EpochState? Answer { get; set; } = new EpochState(1, EpochPhase.Open);

        /// <summary>Calls that find no answer.</summary>
        public Func<Call, bool> Fails { get; set; } = static _ => false;

        public IReadOnlyList<Call> Calls
        {
            get
            {
                lock (_calls)
                {
                    return [.. _calls];
                }
            }
        }

        public ValueTask<EpochState?> RenewAsync(string organisation, string holder, IReadOnlyList<Hold> holds, bool isAll, CancellationToken cancellationToken)
        {
            var call = new Call(organisation, holder, holds, isAll);
            lock (_calls)
            {
                _calls.Add(call);
            }

            return new(Fails(call) ? null : Answer);
        }

        public ValueTask<AdmissionAnswer?> AdmitAsync(AdmissionRequest request, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<AdmissionAnswer?> PeekAsync(AdmissionRequest request, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<SettleOutcome?> SettleAsync(Settlement settlement, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<bool> VoidAsync(Hold hold, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
