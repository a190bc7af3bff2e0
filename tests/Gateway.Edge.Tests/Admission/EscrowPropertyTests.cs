using Gateway.Core.Admission.Local;
using Gateway.Core.Admission.Shared;
using Gateway.Edge.Tests.Rig;

namespace Gateway.Edge.Tests.Admission;

/// <summary>Two Edges, one budget, and a store that goes away for one of them or for both: what was spent and what running requests may still spend never pass the limit.</summary>
public sealed class EscrowPropertyTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task Nothing_is_overspent_whatever_goes_away_and_comes_back(int seed)
    {
        var random = new Random(seed);
        var (admitted, degraded, refused) = (0, 0, 0);
        for (var history = 0; history < 4; history++)
        {
            await using var world = new World(random);
            for (var step = 0; step < 150; step++)
            {
                await world.StepAsync();
                Assert.True(world.Committed <= World.Limit, $"history {history}, step {step}: {world.Committed} of {World.Limit}");
            }

            admitted += world.Admitted;
            degraded += world.Degraded;
            refused += world.Refused;
        }

        // All of it happened.
        Assert.True(admitted > 0 && degraded > 0 && refused > 0, $"{admitted} {degraded} {refused}");
    }

    private sealed class World : IAsyncDisposable
    {
        public const long Limit = 20_000;

        private readonly Random _random;
        private readonly ManualTime _time = new();

        // A store that nobody reaches does not give back what ended meanwhile either: its clock stands.
        private readonly ManualTime _storeTime = new();
        private readonly LocalAdmissionStore _counters;
        private readonly SharedStoreModel[] _shared;
        private readonly AdmittingEdge[] _edges;
        private readonly BudgetCharge _budget = Ask.Budget(Limit);
        private readonly List<Running> _running = [];
        private readonly List<Settlement> _unsettled = [];
        private bool _isDown;
        private long _spent;

        public World(Random random)
        {
            _random = random;
            _counters = new LocalAdmissionStore(_storeTime);
            _shared = [new SharedStoreModel(_storeTime, _counters), new SharedStoreModel(_storeTime, _counters)];
            _edges = [new AdmittingEdge(_time, _shared[0]), new AdmittingEdge(_time, _shared[1])];
        }

        public int Admitted { get; private set; }

        public int Degraded { get; private set; }

        public int Refused { get; private set; }

        /// <summary>What ended requests cost, and what running ones may.</summary>
        public long Committed => _spent + _running.Sum(static running => running.Hold.Ticket.HeldNanoUsd);

        public async Task StepAsync()
        {
            switch (_random.Next(40))
            {
                case 0:
                    _isDown = !_isDown;
                    Link();
                    break;
                case 1 or 2:
                    var edge = _random.Next(2);
                    _edges[edge].IsCut = !_edges[edge].IsCut;
                    Link();
                    break;
                case 3:
                    _shared[_random.Next(2)].LosesAnswers ^= true;
                    break;
                case 4 or 5:
                    await SecondsAsync(_random.Next(1, 40));
                    break;
                case < 12:
                    await SecondsAsync(1);
                    break;
                case < 20 when _running.Count > 0:
                    End(_running[_random.Next(_running.Count)]);
                    break;
                default:
                    // Now and then so much of it that the budget is used up while somebody is cut off.
                    var (one, most) = (_random.Next(3), _random.Next(6) == 0 ? 1_500 : 20);
                    for (var i = _random.Next(most); i >= 0; i--)
                    {
                        await AdmitAsync(one < 2 ? one : _random.Next(2));
                    }

                    break;
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _edges[0].DisposeAsync();
            await _edges[1].DisposeAsync();
        }

        private void Link()
        {
            for (var i = 0; i < 2; i++)
            {
                _shared[i].IsUp = !_isDown && !_edges[i].IsCut;
            }
        }

        private async Task AdmitAsync(int edge)
        {
            var request = Ask.Paying(_random.Next(1, 8), _budget);
            var answer = await _edges[edge].AdmitPatientlyAsync(request);
            if (answer.Outcome is not AdmissionOutcome.Admitted)
            {
                Refused++;
                return;
            }

            Admitted++;
            Degraded += answer.Degraded ? 1 : 0;
            Assert.True(answer.HeldNanoUsd > 0);
            _running.Add(new Running(_edges[edge], Ask.HoldOf(request, answer)));
        }

        private void End(Running running)
        {
            _running.Remove(running);
            var cost = _random.NextInt64(running.Hold.Ticket.HeldNanoUsd / 2, running.Hold.Ticket.HeldNanoUsd + 1);
            _spent += cost;
            running.Edge.Admission.Ended(running.Hold);
            _unsettled.Add(new Settlement { RequestId = running.Hold.RequestId, Ticket = running.Hold.Ticket, CostNanoUsd = cost });
            SettleAll();
        }

        // The Routers reach the store whenever it is there at all.
        private void SettleAll()
        {
            if (!_isDown)
            {
                _unsettled.ForEach(settlement => _counters.Settle(settlement));
                _unsettled.Clear();
            }
        }

        private async Task SecondsAsync(int seconds)
        {
            for (var i = 0; i < seconds; i++)
            {
                _time.Advance(TimeSpan.FromSeconds(1));
                if (!_isDown)
                {
                    _storeTime.Advance(TimeSpan.FromSeconds(1));
                    _running.ForEach(running => _counters.Renew(running.Hold));
                    SettleAll();
                }

                foreach (var (edge, shared) in _edges.Zip(_shared))
                {
                    if (shared.IsUp)
                    {
                        foreach (var hold in edge.Keeper.Holds.Values)
                        {
                            _counters.Renew(hold);
                        }
                    }

                    await edge.Escrow!.RoundAsync(CancellationToken.None);
                }
            }
        }

        private sealed record Running(AdmittingEdge Edge, Hold Hold);
    }
}
