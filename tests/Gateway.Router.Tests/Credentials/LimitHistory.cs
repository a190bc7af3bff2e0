using Gateway.Core.Configuration;
using Gateway.Router.Credentials;

namespace Gateway.Router.Tests.Credentials;

/// <summary>Random calls against random limits, with a record of what was admitted when.</summary>
internal sealed class LimitHistory
{
    private readonly Random _random;
    private readonly UpstreamLimits _all;
    private readonly UpstreamLimits[] _each;
    private readonly Keys _keys;
    private readonly List<(CredentialLane Lane, CallNeeds Needs)> _running = [];

    // Key index, time, requests and tokens: what was taken, and as negative what was given back.
    private readonly List<(int Key, long At, long Requests, long Tokens)> _record = [];

    public LimitHistory(Random random)
    {
        _random = random;
        _all = Limits(3);
        _each = [Limits(1), Limits(1)];
        _keys = new Keys(_all, Keys.Key("a", random.Next(1, 4), _each[0]), Keys.Key("b", random.Next(1, 4), _each[1]));
    }

    public void Run(int steps)
    {
        for (var step = 0; step < steps; step++)
        {
            switch (_random.Next(4))
            {
                case 0:
                    _keys.Wait(_random.NextDouble() * 4);
                    break;
                case 1 when _running.Count > 0:
                    var (lane, needs) = _running[_random.Next(_running.Count)];
                    _running.Remove((lane, needs));
                    long? used = _random.Next(4) == 0 ? null : _random.Next(0, (int)needs.Tokens * 2);
                    _keys.Return(lane, needs, used);
                    _record.Add((lane.Credential!.Index, _keys.Now, used is null ? -1 : 0, (used ?? 0) - needs.Tokens));
                    break;
                default:
                    Take();
                    break;
            }
        }
    }

    public void Check()
    {
        Check(_all, _record);
        for (var i = 0; i < _each.Length; i++)
        {
            Check(_each[i], [.. _record.Where(entry => entry.Key == i)]);
        }

        foreach (var (lane, needs) in _running)
        {
            _keys.Return(lane, needs, 0);
        }

        Assert.Equal(0, _keys.Pool.Running);
    }

    private void Take()
    {
        var needs = new CallNeeds(_random.Next(1, 60), (ulong)_random.Next(0, 6));
        var tried = (ulong)_random.Next(3);
        var choice = _keys.Peek(needs, tried);
        if (!choice.IsUsable)
        {
            Assert.True(choice.UsableAt == 0 || choice.UsableAt > _keys.Now);
            return;
        }

        Assert.True(_keys.Pool.TryTake(in choice, in needs, _keys.Now));
        _running.Add((choice.Lane!, needs));
        _record.Add((choice.Lane!.Credential!.Index, _keys.Now, 1, needs.Tokens));
        Assert.True(_running.Count <= _all.Concurrency);
        for (var i = 0; i < _each.Length; i++)
        {
            Assert.True(_running.Count(call => call.Lane.Credential!.Index == i) <= _each[i].Concurrency);
        }
    }

    /// <summary>In every interval that begins and ends with a call: at most the burst and what the rate gives in it, what came back in it subtracted.</summary>
    private static void Check(UpstreamLimits limits, List<(int Key, long At, long Requests, long Tokens)> record)
    {
        for (var from = 0; from < record.Count; from++)
        {
            if (record[from].Requests <= 0)
            {
                continue;
            }

            var (requests, tokens) = (0L, 0L);
            for (var to = from; to < record.Count; to++)
            {
                requests += record[to].Requests;
                tokens += record[to].Tokens;
                if (record[to].Requests > 0)
                {
                    var minutes = (record[to].At - record[from].At) / (double)TimeSpan.TicksPerMinute;
                    Assert.True(requests <= Burst(limits.RequestsPerMinute!.Value) + (limits.RequestsPerMinute.Value * minutes) + 1e-6);
                    Assert.True(tokens <= Burst(limits.TokensPerMinute!.Value) + (limits.TokensPerMinute.Value * minutes) + 1e-6);
                }
            }
        }
    }

    private static long Burst(long perMinute) => Math.Max(1, perMinute / 6);

    private UpstreamLimits Limits(int scale) => new()
    {
        RequestsPerMinute = _random.Next(6, 60) * scale,
        TokensPerMinute = _random.Next(400, 3000) * scale,
        Concurrency = _random.Next(1, 5) * scale,
        SessionsPer5Minutes = _random.Next(2, 8),
    };
}
