using Gateway.Core.Admission.Redis;
using Gateway.Core.Admission.Shared;

namespace Gateway.Core.Tests.Admission.Redis;

/// <summary>One organisation's state in a real Redis, with an Edge or Router (<see cref="Store"/>) and Usage (<see cref="Authority"/>).</summary>
internal sealed class AdmissionScene
{
    private static int _count;
    private readonly AdmissionRedis _redis;

    public AdmissionScene(AdmissionRedis redis)
    {
        _redis = redis;
        Store = NewStore();
        Authority = new RedisBudgetAuthority(redis.Calls(), TimeProvider.System);
    }

    public string Organisation { get; } = $"org{Interlocked.Increment(ref _count)}";

    public RedisAdmissionStore Store { get; }

    public RedisBudgetAuthority Authority { get; }

    public static LimitRule Requests(long perMinute, long burst, string scope = "key:demo", bool shadow = false) =>
        new(scope, "requests/60", LimitUnit.Requests, perMinute, TimeSpan.FromMinutes(1), burst, shadow);

    public static LimitRule Tokens(long perMinute, long burst, string scope = "key:demo") =>
        new(scope, "tokens/60", LimitUnit.Tokens, perMinute, TimeSpan.FromMinutes(1), burst, Shadow: false);

    public static LimitRule Concurrency(long limit, string scope = "key:demo", bool shadow = false) =>
        new(scope, "concurrency", LimitUnit.Concurrency, limit, TimeSpan.Zero, limit, shadow);

    public static LimitRule Sessions(long limit, TimeSpan window, string scope = "key:demo") =>
        new(scope, "sessions", LimitUnit.Sessions, limit, window, limit, Shadow: false);

    public static BudgetCharge Budget(long limit, string scope = "key:demo", bool hard = true, TimeSpan? resetsIn = null)
    {
        var now = DateTimeOffset.UtcNow;
        return new(new($"{scope}|day:{now:yyyy-MM-dd}@UTC", 0), 1, limit, hard, now + (resetsIn ?? TimeSpan.FromHours(5)));
    }

    public RedisAdmissionStore NewStore() => new(_redis.Calls(), TimeProvider.System);

    public AdmissionRequest Request(IReadOnlyList<LimitRule>? limits = null, IReadOnlyList<BudgetCharge>? budgets = null, MoneyBound bound = default, long tokens = 0, string session = "") => new()
    {
        Organisation = Organisation,
        RequestId = Guid.CreateVersion7(),
        Limits = limits ?? [],
        Budgets = budgets ?? [],
        Bound = bound,
        Tokens = tokens,
        Session = session,
    };

    public async Task<AdmissionAnswer> AdmitAsync(AdmissionRequest request, RedisAdmissionStore? store = null)
    {
        var answer = await (store ?? Store).AdmitAsync(request, CancellationToken.None);
        Assert.NotNull(answer);
        return answer;
    }

    public static AdmissionTicket Ticket(AdmissionRequest request, AdmissionAnswer? answer) => new()
    {
        Organisation = request.Organisation,
        Budgets = [.. request.Budgets.Select(static budget => budget.Booking)],
        IsHard = request.Budgets.Any(static budget => budget.Hard),
        HeldNanoUsd = answer?.HeldNanoUsd ?? 0,
        OutputCap = answer?.OutputCap ?? -1,
        Places = [.. request.Limits.Where(static rule => rule.Unit is LimitUnit.Concurrency).Select(static rule => rule.Id)],
        TokenRates = [.. request.Limits.Where(static rule => rule.Unit is LimitUnit.Tokens).Select(static rule => new TokenRate(rule.Id, rule.Limit, rule.Window))],
        ReservedTokens = request.Tokens,
    };

    public static Hold Hold(AdmissionRequest request, AdmissionAnswer? answer) => new(request.RequestId, request.Part, Ticket(request, answer));

    public async Task<SettleOutcome> SettleAsync(AdmissionRequest request, AdmissionAnswer? answer, long cost, long? tokens = null)
    {
        var outcome = await Store.SettleAsync(
            new Settlement { RequestId = request.RequestId, Part = request.Part, Ticket = Ticket(request, answer), CostNanoUsd = cost, Tokens = tokens }, CancellationToken.None);
        Assert.NotNull(outcome);
        return outcome.Value;
    }

    public async Task VoidAsync(AdmissionRequest request, AdmissionAnswer? answer = null) =>
        Assert.True(await Store.VoidAsync(Hold(request, answer), CancellationToken.None));

    public async Task<BudgetState> CountAsync(BudgetCharge budget)
    {
        var counts = await Authority.CountsAsync(Organisation, [budget.Booking], CancellationToken.None);
        Assert.NotNull(counts);
        return counts[0];
    }

    public async Task<long> BeginAsync()
    {
        var seen = await Authority.EpochAsync(Organisation, CancellationToken.None);
        Assert.NotNull(seen);
        var next = Math.Max(seen.Value.Id + 1, DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
        Assert.True(await Authority.BeginAsync(Organisation, seen.Value, next, CancellationToken.None));
        return next;
    }

    public async Task<long> OpenAsync()
    {
        var epoch = await BeginAsync();
        Assert.True(await Authority.OpenAsync(Organisation, epoch, CancellationToken.None));
        return epoch;
    }
}
