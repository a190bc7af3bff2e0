using Gateway.Core.Admission.Shared;
using Gateway.Core.Configuration;
using Gateway.Core.Configuration.Documents;
using Gateway.Core.Wire;

namespace Gateway.Core.Tests.Configuration;

/// <summary>What rules reckon with is never less than what a request's context has to hold.</summary>
public sealed class ContextSizeTests
{
    /// <summary>Fields that each ticket has once.</summary>
    private const int Once = 24;

    [Theory]
    [InlineData("limits: { concurrency: 1 }")]
    [InlineData("limits: { tokens_per_second: 1000000000000, tokens_per_minute: 1000000000000, tokens_per_hour: 1000000000000, tokens_per_day: 1000000000000, requests_per_minute: 1, sessions_1d: 5 }")]
    [InlineData("limits: { models: { \"gpt-4*\": { tokens_per_day: 1000000000000, concurrency: 1 }, \"\u00e9\u00e9\u00e9*\": { tokens_per_day: 1000000000000, concurrency: 1 }, \"*\": { concurrency: 3 } } }")]
    [InlineData("budget: { usd: 9000000, window: rolling, length: 90d }")]
    [InlineData("budgets: [ { usd: 9000000, window: month, time_zone: America/Argentina/ComodRivadavia }, { usd: 9000000, window: week }, { usd: 1, window: rolling, length: 1h }, { usd: 1, window: lifetime, mode: soft } ]")]
    public void Ticket_OfAnyLimitsAndBudgets_IsNotLongerThanReckoned(string members)
    {
        var key = Documents.Good($"version: 1\nkeys: [ {{ id: {new string('k', 128)}, secret: s-secret, models: [\"*\"], {members} }} ]").Keys[0];
        var scope = $"key:{key.Id}";

        var ticket = TicketOf(scope, key);
        var writer = new WireWriter(new byte[64 * 1024]);
        AdmissionTicketCodec.Write(ref writer, ticket);

        Assert.InRange(writer.Written, 1, ContextSize.TicketBytes(scope.Length, key.Limits, key.Budgets) + Once);
    }

    private static AdmissionTicket TicketOf(string scope, VirtualKeyConfig key)
    {
        var charges = key.Budgets.Select(budget => BudgetClock.ChargeAt(scope, budget, new DateTimeOffset(2100, 12, 31, 0, 0, 0, TimeSpan.Zero))).ToList();
        var limits = key.Limits.Models.Select(static entry => (":" + entry.Key, entry.Value)).Prepend(("", key.Limits)).ToList();
        return new AdmissionTicket
        {
            Organisation = "default",
            Budgets = [.. charges.Select(static charge => charge.Booking)],
            Terms = [.. charges.Select(static charge => new BudgetTerms(charge.Slots, charge.LimitNanoUsd, charge.Hard))],
            Places = [.. limits.Where(static entry => entry.Item2.Concurrency is not null).Select(entry => $"{scope}|concurrency{entry.Item1}")],
            TokenRates = [.. limits.SelectMany(entry => entry.Item2.Rates.Where(static rate => rate.Unit == RateUnit.Tokens)
                .Select(rate => new TokenRate($"{scope}|tokens/{rate.Window.TotalSeconds:0}{entry.Item1}", rate.Limit, rate.Window)))],
        };
    }
}
