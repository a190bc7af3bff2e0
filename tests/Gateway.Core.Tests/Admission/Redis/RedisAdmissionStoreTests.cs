using Gateway.Core.Admission.Shared;

namespace Gateway.Core.Tests.Admission.Redis;

/// <summary>Decisions of the scripts in a real Redis.</summary>
public sealed class RedisAdmissionStoreTests(AdmissionRedis redis) : IClassFixture<AdmissionRedis>
{
    private readonly AdmissionScene _scene = new(redis);

    [Fact]
    public async Task A_request_without_budgets_needs_no_epoch()
    {
        var request = _scene.Request(limits: [AdmissionScene.Requests(perMinute: 60, burst: 2)]);

        var answer = await _scene.AdmitAsync(request);

        Assert.Equal(AdmissionOutcome.Admitted, answer.Outcome);
        Assert.Equal((-1, -1L, 0L), (answer.Binding, answer.OutputCap, answer.HeldNanoUsd));
        Assert.Equal(1, answer.Limits[0].Remaining);
        Assert.Equal(TimeSpan.FromSeconds(1), answer.Limits[0].ResetAfter);
    }

    [Fact]
    public async Task Without_an_epoch_hard_budgets_are_rebuilding_and_soft_ones_are_skipped()
    {
        var hard = await _scene.AdmitAsync(_scene.Request(budgets: [AdmissionScene.Budget(1_000)], bound: new(10, 10, 1, 10, 10)));
        var soft = await _scene.AdmitAsync(_scene.Request(budgets: [AdmissionScene.Budget(1_000, hard: false)], bound: new(10, 10, 1, 10, 10)));

        Assert.Equal(AdmissionOutcome.Rebuilding, hard.Outcome);
        Assert.Equal((AdmissionOutcome.Admitted, 0L), (soft.Outcome, soft.HeldNanoUsd));
    }

    [Fact]
    public async Task Money_is_held_and_booked()
    {
        await _scene.OpenAsync();
        var budget = AdmissionScene.Budget(1_000);
        var request = _scene.Request(budgets: [budget], bound: new(10, 10, 1, 20, 20));

        var answer = await _scene.AdmitAsync(request);
        Assert.Equal((AdmissionOutcome.Admitted, 30L, 20L), (answer.Outcome, answer.HeldNanoUsd, answer.OutputCap));
        Assert.Equal(new BudgetState(0, 30), answer.Budgets[0]);
        Assert.Equal(new BudgetState(0, 30), await _scene.CountAsync(budget));

        Assert.Equal(SettleOutcome.Settled, await _scene.SettleAsync(request, answer, 25));
        Assert.Equal(new BudgetState(25, 0), await _scene.CountAsync(budget));
        Assert.Equal(SettleOutcome.Repeated, await _scene.SettleAsync(request, answer, 25));
        Assert.Equal(new BudgetState(25, 0), await _scene.CountAsync(budget));
    }
}
