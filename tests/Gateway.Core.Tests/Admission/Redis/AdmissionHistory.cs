using Gateway.Core.Admission.Redis;
using Gateway.Core.Admission.Shared;
using StackExchange.Redis;

namespace Gateway.Core.Tests.Admission.Redis;

/// <summary>One random history in an organisation of its own: what the store answers is what the model says, and the invariants hold after every step.</summary>
/// <param name="stores">Two processes.</param>
internal sealed class AdmissionHistory(int seed, IDatabase redis, RedisAdmissionStore[] stores, RedisBudgetAuthority authority)
{
    private readonly Random _random = new(seed);
    private readonly AdmissionModel _model = new();
    private readonly string _organisation = $"history{seed}";
    private readonly List<BudgetCharge> _budgets = [];
    private readonly List<AdmissionRequest> _requests = [];
    private readonly Dictionary<(Guid, int), AdmissionAnswer> _admitted = [];
    private readonly Dictionary<Guid, (long Cost, AdmissionTicket Ticket)> _ledger = [];
    private readonly HashSet<(Guid, int)> _voided = [];
    private readonly HashSet<(Guid, int)> _swept = [];
    private readonly List<string> _steps = [];
    private long _epoch = 1_000;

    public Dictionary<string, int> Seen { get; } = [];

    public async Task RunAsync()
    {
        try
        {
            MakeScopes();
            MakeRequests();
            await RebuildAsync();
            var steps = _random.Next(12, 40);
            for (var i = 0; i < steps; i++)
            {
                await StepAsync();
                await CheckAsync();
            }

            await EndAsync();
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            throw new InvalidOperationException($"History {seed}: {string.Join(", ", _steps)}: {failure.Message}", failure);
        }
        finally
        {
            await ForgetAsync();
        }
    }

    private void MakeScopes()
    {
        string[] scopes = ["key:a", "key:b", "team:a", "org:a"];
        foreach (var scope in scopes)
        {
            if (_random.Next(4) == 0)
            {
                continue;
            }

            var slots = _random.Next(4) == 0 ? 25 : 1;
            var now = DateTimeOffset.UtcNow;
            var booking = slots > 1 ? new BudgetSlot(scope + "|rolling:86400", now.UtcTicks / TimeSpan.TicksPerHour) : new BudgetSlot($"{scope}|day:{now:yyyy-MM-dd}@UTC", 0);
            _budgets.Add(new BudgetCharge(booking, slots, _random.Next(20, 400), _random.Next(5) > 0, now.AddHours(1)));
        }
    }

    private void MakeRequests()
    {
        LimitRule[] limits =
        [
            new("key:a", "requests/86400", LimitUnit.Requests, 2, TimeSpan.FromDays(1), 2, Shadow: false),
            new("team:a", "requests/86400", LimitUnit.Requests, 3, TimeSpan.FromDays(1), 3, Shadow: false),
            new("team:a", "concurrency", LimitUnit.Concurrency, 2, TimeSpan.Zero, 2, Shadow: false),
        ];
        var count = _random.Next(3, 9);
        for (var i = 0; i < count; i++)
        {
            var input = _random.Next(0, 40);
            var cap = _random.Next(0, 40);
            var request = new AdmissionRequest
            {
                Organisation = _organisation,
                RequestId = Guid.CreateVersion7(),
                Limits = [.. limits.Where(_ => _random.Next(3) == 0)],
                Budgets = [.. _budgets.Where(_ => _random.Next(3) > 0).Select(budget => budget.Slots > 1 && _random.Next(2) == 0 ? Earlier(budget) : budget)],
                Bound = new MoneyBound(input / 2, input, _random.Next(0, 4), cap, _random.Next(0, cap + 1)),
            };
            _requests.Add(request);
            if (_random.Next(4) == 0 && request.Budgets.Count > 0)
            {
                _requests.Add(request with { Part = 1, Limits = [], Bound = new MoneyBound(5, 5, 1, 10, 1) });
            }
        }
    }

    private static BudgetCharge Earlier(BudgetCharge budget) => budget with { Booking = budget.Booking with { Slot = budget.Booking.Slot - 1 } };

    private async Task StepAsync()
    {
        var request = _requests[_random.Next(_requests.Count)];
        switch (_random.Next(20))
        {
            case < 9:
                await AdmitAsync(request);
                break;
            case < 13:
                await SettleAsync(request);
                break;
            case < 15:
                await VoidAsync(request);
                break;
            case < 17:
                await RenewAsync(request);
                break;
            case 17:
                await ExpireAsync(request);
                break;
            case 18:
                await SweepAsync();
                break;
            default:
                if (_random.Next(3) == 0)
                {
                    await LoseAsync();
                }

                break;
        }
    }

    private async Task AdmitAsync(AdmissionRequest request)
    {
        Note("admit", request);
        var answer = await Store.AdmitAsync(request, CancellationToken.None);
        var (outcome, held, cap) = _model.Admit(request);

        Assert.NotNull(answer);
        Assert.Equal((outcome, held, cap), (answer.Outcome, answer.HeldNanoUsd, answer.OutputCap));
        Count(outcome.ToString());
        if (outcome is AdmissionOutcome.Admitted)
        {
            _admitted.TryAdd((request.RequestId, request.Part), answer);
        }

        if (answer.Budgets.Count > 0 && _model.Phase is EpochPhase.Open)
        {
            Assert.Equal(request.Budgets.Select(budget => _model.State(budget.Booking, budget.Slots)), answer.Budgets);
        }
    }

    private async Task SettleAsync(AdmissionRequest request)
    {
        if (request.Part != 0)
        {
            await VoidAsync(request);
            return;
        }

        Note("settle", request);
        var ticket = Ticket(request);

        // What it cost is final and in the ledger before anybody is told.
        if (!_ledger.TryGetValue(request.RequestId, out var final))
        {
            final = (_random.Next(0, (int)Math.Max(1, ticket.HeldNanoUsd) + 1), ticket);
            _ledger.Add(request.RequestId, final);
        }

        var outcome = await Store.SettleAsync(new Settlement { RequestId = request.RequestId, Ticket = ticket, CostNanoUsd = final.Cost }, CancellationToken.None);
        Assert.Equal(_model.Settle(request.RequestId, 0, ticket, final.Cost), outcome);
        Count(outcome.ToString()!);
    }

    private async Task VoidAsync(AdmissionRequest request)
    {
        Note("void", request);
        _voided.Add((request.RequestId, request.Part));
        var ticket = Ticket(request);
        Assert.True(await Store.VoidAsync(new Hold(request.RequestId, request.Part, ticket), CancellationToken.None));
        _model.Void(request.RequestId, request.Part, ticket);
    }

    private async Task RenewAsync(AdmissionRequest request)
    {
        Note("renew", request);
        if (!_admitted.ContainsKey((request.RequestId, request.Part)))
        {
            return;
        }

        var ticket = Ticket(request);
        var state = await Store.RenewAsync(_organisation, "router", [new Hold(request.RequestId, request.Part, ticket)], isAll: false, CancellationToken.None);
        Assert.Equal(new EpochState(_model.Epoch, _model.Phase), state);
        _model.Renew(request.RequestId, request.Part, ticket);
    }

    private async Task ExpireAsync(AdmissionRequest request)
    {
        Note("expire", request);
        if (_model.Holds.Contains((request.RequestId, request.Part)))
        {
            await redis.SortedSetAddAsync(Key("exp"), RedisKeys.Member(request.RequestId, request.Part), 1);
            _model.Expire(request.RequestId, request.Part);
        }
    }

    private async Task SweepAsync()
    {
        Note("sweep", null);
        var expired = await authority.ExpiredAsync(_organisation, 100, CancellationToken.None);
        Assert.Equal(_model.Expired.Order(), expired!.Select(static hold => (hold.RequestId, hold.Part)).Order());
        foreach (var hold in expired!)
        {
            Count("swept");
            if (_ledger.TryGetValue(hold.RequestId, out var final))
            {
                var outcome = await stores[0].SettleAsync(new Settlement { RequestId = hold.RequestId, Part = hold.Part, Ticket = hold.Ticket, CostNanoUsd = final.Cost }, CancellationToken.None);
                Assert.Equal(_model.Settle(hold.RequestId, hold.Part, hold.Ticket, final.Cost), outcome);
            }
            else
            {
                _swept.Add((hold.RequestId, hold.Part));
                Assert.True(await stores[0].VoidAsync(hold, CancellationToken.None));
                _model.Void(hold.RequestId, hold.Part, hold.Ticket);
            }
        }
    }

    private async Task LoseAsync()
    {
        var all = _random.Next(2) == 0;
        Note(all ? "restart" : "discard", null);
        Count("lost");
        if (all)
        {
            await ForgetAsync();
        }
        else
        {
            Assert.True(await authority.DiscardAsync(_organisation, new EpochState(_model.Epoch, _model.Phase), CancellationToken.None));
        }

        _model.Lose(all);
        for (var i = _random.Next(3); i > 0; i--)
        {
            await AdmitAsync(_requests[_random.Next(_requests.Count)]);
            await SettleAsync(_requests[_random.Next(_requests.Count)]);
        }

        await RebuildAsync();
    }

    private async Task RebuildAsync()
    {
        _epoch += _random.Next(1, 5);
        Note("begin", null);
        Assert.True(await authority.BeginAsync(_organisation, default, _epoch, CancellationToken.None));
        _model.Begin(_epoch);

        // Holders tell what runs, in two calls with others in between.
        Hold[] running =
        [
            .. _requests.Where(request => _admitted.ContainsKey((request.RequestId, request.Part)) && !_ledger.ContainsKey(request.RequestId) && !_voided.Contains((request.RequestId, request.Part)))
                .Select(request => new Hold(request.RequestId, request.Part, Ticket(request))),
        ];
        var half = running.Length / 2;
        await AnnounceAsync(running[..half], isAll: false);
        await AdmitAsync(_requests[_random.Next(_requests.Count)]);
        await AnnounceAsync(running[half..], isAll: true);
        await SettleAsync(_requests[_random.Next(_requests.Count)]);

        var spent = _ledger.Values.SelectMany(static final => final.Ticket.Budgets.Select(slot => (slot, final.Cost))).GroupBy(static entry => entry.slot).Select(static slot => new SpentEntry(slot.Key, slot.Sum(static entry => entry.Cost))).ToList();
        (Guid RequestId, long)[] settled = [.. _ledger.Where(static final => final.Value.Ticket.Budgets.Count > 0).Select(static final => (final.Key, final.Value.Cost))];
        Assert.True(await authority.FillAsync(_organisation, _epoch, spent, settled, CancellationToken.None));
        _model.Fill(spent, settled.Select(static final => final.RequestId));
        Assert.True(await authority.OpenAsync(_organisation, _epoch, CancellationToken.None));
        _model.Open();

        // What was admitted fits together again; the rest was used without a hold, or its hold had been given up.
        foreach (var (requestId, final) in _ledger.Where(final => !IsCovered(final.Key, 0, final.Value.Cost)))
        {
            _model.Exceed(final.Ticket, final.Cost);
        }

        foreach (var hold in running.Where(hold => !IsCovered(hold.RequestId, hold.Part, 0)))
        {
            _model.Exceed(hold.Ticket, hold.Ticket.HeldNanoUsd);
        }

        await CheckAsync();
    }

    private bool IsCovered(Guid requestId, int part, long cost) =>
        _admitted.TryGetValue((requestId, part), out var answer) && answer.HeldNanoUsd >= cost && !_voided.Contains((requestId, part)) && !_swept.Contains((requestId, part));

    private async Task AnnounceAsync(Hold[] holds, bool isAll)
    {
        Assert.NotNull(await stores[1].RenewAsync(_organisation, "router", holds, isAll, CancellationToken.None));
        foreach (var hold in holds)
        {
            _model.Renew(hold.RequestId, hold.Part, hold.Ticket);
        }
    }

    // I3 by the model, and the model by the store.
    private async Task CheckAsync()
    {
        List<BudgetSlot> slots = [.. _budgets.Select(static budget => budget.Booking), .. _budgets.Where(static budget => budget.Slots > 1).Select(static budget => Earlier(budget).Booking)];
        var counts = await authority.CountsAsync(_organisation, slots, CancellationToken.None);
        Assert.Equal(slots.Select(slot => _model.Phase is EpochPhase.Missing ? default : _model.State(slot)), counts);
        foreach (var budget in _budgets)
        {
            var state = _model.State(budget.Booking, budget.Slots);
            Assert.True(state.HeldNanoUsd >= 0, "less than nothing is held");
            if (budget.Hard)
            {
                Assert.True(
                    state.SpentNanoUsd + state.HeldNanoUsd <= budget.LimitNanoUsd + _model.Excess.GetValueOrDefault(budget.Booking.Id),
                    $"{budget.Booking.Id}: {state.SpentNanoUsd} spent and {state.HeldNanoUsd} held of {budget.LimitNanoUsd}");
            }
        }
    }

    // I4: everything ends, or its holder dies and it is swept.
    private async Task EndAsync()
    {
        foreach (var request in _requests)
        {
            switch (_random.Next(3))
            {
                case 0:
                    await SettleAsync(request);
                    break;
                case 1:
                    await VoidAsync(request);
                    break;
                default:
                    await ExpireAsync(request);
                    await VoidPlacesAsync(request);
                    break;
            }
        }

        await SweepAsync();
        await CheckAsync();
        foreach (var budget in _budgets)
        {
            var state = (await authority.CountsAsync(_organisation, [budget.Booking], CancellationToken.None))![0];
            Assert.Equal(0, state.HeldNanoUsd);
        }

        Assert.Empty(_model.Holds);
        Assert.Equal(0, await redis.HashLengthAsync(Key("holds")));
        Assert.Equal(0, await redis.SortedSetLengthAsync(Key("exp")));
        Assert.Equal(_model.PlacesTaken, await redis.SortedSetLengthAsync(Key("c:team:a|concurrency")));
    }

    private Task VoidPlacesAsync(AdmissionRequest request) => request.Limits.Count > 0 && request.Budgets.Count == 0 ? VoidAsync(request) : Task.CompletedTask;

    private AdmissionTicket Ticket(AdmissionRequest request) => AdmissionScene.Ticket(request, _admitted.GetValueOrDefault((request.RequestId, request.Part)));

    private RedisAdmissionStore Store => stores[_random.Next(stores.Length)];

    private string Key(string name) => "{" + _organisation + "}:" + name;

    private void Count(string what) => Seen[what] = Seen.GetValueOrDefault(what) + 1;

    private void Note(string step, AdmissionRequest? request) => _steps.Add(request is null ? step : $"{step} {_requests.IndexOf(request)}");

    private async Task ForgetAsync()
    {
        var keys = new RedisKeys(_organisation);
        List<RedisKey> all = [keys.Epoch, keys.Seen, keys.Holds, keys.Expiring, keys.Holders, keys.Known, keys.Scope("key:a"), keys.Scope("team:a"), keys.Places("team:a|concurrency")];
        all.AddRange(_budgets.Select(budget => keys.Budget(budget.Booking.Id)));
        foreach (var request in _requests)
        {
            all.Add(keys.Final(request.RequestId, money: true));
            all.Add(keys.Final(request.RequestId, money: false));
        }

        await redis.KeyDeleteAsync([.. all.Distinct()]);
    }
}
