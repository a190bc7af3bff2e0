using Gateway.Core.Admission.Redis;
using Gateway.Core.Admission.Shared;
using Gateway.Edge.Tests.Rig;
using StackExchange.Redis;

namespace Gateway.Core.Tests.Admission.Redis;

/// <summary>A Redis that forgets scripts, refuses, is full or does not answer.</summary>
public sealed class RedisFailureTests : IAsyncLifetime
{
    private const string Organisation = "failing";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly BudgetCharge Budget = AdmissionScene.Budget(1_000);
    private readonly ManualTime _time = new();
    private RedisProcess _redis = null!;
    private ConnectionMultiplexer _connection = null!;
    private RedisAdmissionStore _store = null!;
    private RedisBudgetAuthority _authority = null!;

    public async Task InitializeAsync()
    {
        _redis = await RedisProcess.StartNewAsync();
        _connection = await ConnectionMultiplexer.ConnectAsync(_redis.ConnectionString + ",syncTimeout=60000,allowAdmin=true");
        var calls = new RedisCalls(_connection, _time);
        (_store, _authority) = (new RedisAdmissionStore(calls, TimeProvider.System), new RedisBudgetAuthority(calls, TimeProvider.System));
        Assert.True(await _authority.BeginAsync(Organisation, default, 5, CancellationToken.None));
        Assert.True(await _authority.OpenAsync(Organisation, 5, CancellationToken.None));
    }

    public async Task DisposeAsync()
    {
        await _connection.CloseAsync(allowCommandsToComplete: false);
        await _redis.DisposeAsync();
    }

    [Fact]
    public async Task Forgotten_scripts_are_told_again()
    {
        await _redis.CommandAsync("SCRIPT FLUSH");
        var answer = await _store.AdmitAsync(Request(), CancellationToken.None);
        await _redis.CommandAsync("SCRIPT FLUSH");

        Assert.Equal(AdmissionOutcome.Admitted, answer!.Outcome);
        Assert.Equal(EpochPhase.Open, (await _store.RenewAsync(Organisation, "router", [], isAll: false, CancellationToken.None))!.Value.Phase);
    }

    [Theory]
    [InlineData("CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0")]
    [InlineData("REPLICAOF 127.0.0.1 1", "REPLICAOF NO ONE")]
    public async Task A_redis_that_cannot_write_gives_no_answer_and_changes_nothing(string breaks, string mends)
    {
        var first = Request();
        var held = await _store.AdmitAsync(first, CancellationToken.None);
        await _redis.CommandAsync(breaks);

        Assert.Null(await _store.AdmitAsync(Request(), CancellationToken.None));
        Assert.Null(await _store.SettleAsync(Settlement(first, held!), CancellationToken.None));
        Assert.False(await _store.VoidAsync(AdmissionScene.Hold(first, held), CancellationToken.None));
        Assert.Null(await _store.RenewAsync(Organisation, "router", [AdmissionScene.Hold(first, held)], isAll: true, CancellationToken.None));

        await _redis.CommandAsync(mends);
        Assert.Equal(new BudgetState(0, 30), await CountAsync());
        Assert.Equal(SettleOutcome.Settled, await _store.SettleAsync(Settlement(first, held!), CancellationToken.None));
        Assert.Equal(new BudgetState(7, 0), await CountAsync());
    }

    [Theory]
    [InlineData("SET {failing}:holds x")]
    [InlineData("SET {failing}:exp x")]
    [InlineData("SET {failing}:s:key:demo x")]
    [InlineData("SET {failing}:c:key:demo|concurrency x")]
    public async Task A_key_of_a_wrong_type_gives_no_answer_and_holds_no_money(string command)
    {
        await _redis.CommandAsync(command);

        Assert.Null(await _store.AdmitAsync(Request(), CancellationToken.None));

        Assert.Equal(new BudgetState(0, 0), await CountAsync());
    }

    [Fact]
    public async Task No_answer_in_time_is_none_and_a_void_forbids_what_may_still_come()
    {
        var request = Request();
        await _redis.PauseAsync();
        var asking = _store.AdmitAsync(request, CancellationToken.None).AsTask();

        // Its budget is hard: nothing but the answer could admit it.
        _time.Advance(RedisCalls.Deadline);
        Assert.False(asking.IsCompleted);
        _time.Advance(RedisCalls.UrgentDeadline - RedisCalls.Deadline);
        Assert.Null(await asking.WaitAsync(Patience));

        await _redis.ResumeAsync();
        Assert.True(await _store.VoidAsync(AdmissionScene.Hold(request, null), CancellationToken.None));
        Assert.Equal(AdmissionOutcome.Void, (await _store.AdmitAsync(request, CancellationToken.None))!.Outcome);
        Assert.Equal(new BudgetState(0, 0), await CountAsync());
    }

    [Fact]
    public async Task The_caller_may_leave_before_the_answer()
    {
        using var left = new CancellationTokenSource();
        await _redis.PauseAsync();
        var asking = _store.AdmitAsync(Request(), left.Token).AsTask();

        await left.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => asking.WaitAsync(Patience));
        await _redis.ResumeAsync();
    }

    private static AdmissionRequest Request() => new()
    {
        Organisation = Organisation,
        RequestId = Guid.CreateVersion7(),
        Limits = [AdmissionScene.Requests(60, 9), AdmissionScene.Concurrency(9)],
        Budgets = [Budget],
        Bound = new(30, 30, 0, 0, 0),
    };

    private static Settlement Settlement(AdmissionRequest request, AdmissionAnswer answer) =>
        new() { RequestId = request.RequestId, Ticket = AdmissionScene.Ticket(request, answer), CostNanoUsd = 7 };

    private async Task<BudgetState> CountAsync() => (await _authority.CountsAsync(Organisation, [Budget.Booking], CancellationToken.None))![0];
}
