using System.Globalization;
using Gateway.Core;
using Gateway.Core.Admission;
using Gateway.Core.Admission.Shared;
using Gateway.Core.Configuration;
using Gateway.Core.Errors;
using Gateway.Core.Money;
using Gateway.Edge.Admission;

namespace Gateway.Edge.Budgets;

/// <summary>What clients are told of limits and budgets, in words and in the header of refusals. End users are never named.</summary>
internal static class AdmissionText
{
    /// <summary>What somebody is told whose budget never starts anew: not to ask again today.</summary>
    private static readonly TimeSpan Never = TimeSpan.FromDays(1);

    private static readonly TimeSpan LeastWait = TimeSpan.FromSeconds(1);

    public static readonly GatewayError Rebuilding = new(
        GatewayErrorKind.BudgetUnavailable,
        "What your budgets have left cannot be told at the moment, so the request was not sent. Nothing is wrong with it or with your key; try again.",
        RetryAfter: TimeSpan.FromSeconds(2));

    public static readonly GatewayError Late = new(
        GatewayErrorKind.ServiceUnavailable, "The gateway was too slow to decide on the request, so it was not sent. Try again.", RetryAfter: TimeSpan.FromSeconds(1));

    public static GatewayError NotPriced(string model) => new(
        GatewayErrorKind.ModelNotPriced, $"The model '{model}' has no price in this gateway, and your API key has a hard budget that its cost could not be held to. Use another model, or ask the operator to price it.", "model");

    /// <summary>The one limit of a key that has no other.</summary>
    public static GatewayError Refused(RateLimit limit, in RateDecision decision) => new(
        GatewayErrorKind.RateLimited,
        $"Your API key may send {limit.Limit} requests per {Window(limit.Window)}, at most {limit.Burst} at once. Try again in {RateLimitHeaders.Duration(decision.RetryAfter)}.",
        RetryAfter: decision.RetryAfter);

    public static GatewayError Refused(LimitRule rule, in LimitState state, TimeSpan retryAfter, long tokens)
    {
        var who = Subject(rule.Scope);
        var models = Pattern(rule) is { Length: > 0 } pattern ? $" to models like '{pattern}'" : "";
        var what = rule.Unit switch
        {
            LimitUnit.Requests => string.Create(CultureInfo.InvariantCulture, $"may send {rule.Limit} requests per {Window(rule.Window)}{models}, at most {rule.Burst} at once; {state.Remaining} are left."),
            LimitUnit.Tokens => string.Create(CultureInfo.InvariantCulture, $"may use {rule.Limit} tokens per {Window(rule.Window)}{models}, at most {rule.Burst} at once; {state.Remaining} are left, and this request needs about {tokens}."),
            LimitUnit.Concurrency => string.Create(CultureInfo.InvariantCulture, $"may have {rule.Limit} requests{models} running at the same time, and has."),
            LimitUnit.Sessions => string.Create(CultureInfo.InvariantCulture, $"may have {rule.Limit} sessions{models} in {Span(rule.Window)}, and has; those are served on."),
        };
        return new GatewayError(GatewayErrorKind.RateLimited, $"{who} {what} Try again in {RateLimitHeaders.Duration(retryAfter)}.", RetryAfter: retryAfter);
    }

    public static GatewayError Refused(string owner, BudgetConfig budget, in BudgetCharge charge, in BudgetState state, DateTimeOffset now)
    {
        var anew = charge.ResetsAt is { } at
            ? string.Create(CultureInfo.InvariantCulture, $"{(budget.Window == BudgetWindow.Rolling ? "More is free from" : "It starts anew at")} {RateLimitHeaders.Instant(at)}.") : "It does not start anew.";
        return new GatewayError(
            GatewayErrorKind.BudgetExceeded,
            $"{Subject(owner)} may spend {Usd(charge.LimitNanoUsd)} USD {Per(budget)}: {Usd(state.SpentNanoUsd)} USD are spent and {Usd(state.HeldNanoUsd)} USD are held for running requests, which leaves too little for this one. {anew}",
            RetryAfter: charge.ResetsAt is { } reset && reset - now is var wait ? (wait > LeastWait ? wait : LeastWait) : Never);
    }

    /// <summary>Value of <see cref="GatewayHeaders.Limit"/>.</summary>
    public static string Header(LimitRule rule, in LimitState state) => string.Create(
        CultureInfo.InvariantCulture, $"{Scope(rule.Scope)}; name={Escape(rule.Name)}; limit={rule.Limit}; remaining={state.Remaining}; reset={Seconds(state.ResetAfter)}");

    /// <summary>The same for the one limit of a key that has no other.</summary>
    public static string Header(string keyId, RateLimit limit, in RateDecision decision) => string.Create(
        CultureInfo.InvariantCulture, $"{Scope($"{OwnerScope.Key}:{keyId}")}; name=requests/{(long)limit.Window.TotalSeconds}; limit={limit.Limit}; remaining={decision.Remaining}; reset={Seconds(decision.ResetAfter)}");

    /// <summary>The same for a budget: amounts in USD.</summary>
    public static string Header(string owner, BudgetConfig budget, in BudgetCharge charge, in BudgetState state, DateTimeOffset now) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Scope(owner)}; name=usd/{AdmissionMetrics.WordOf(budget.Window)}; limit={Usd(charge.LimitNanoUsd)}; remaining={Usd(Remaining(charge, state))}{(charge.ResetsAt is { } at ? $"; reset={Seconds(at - now)}" : "")}");

    public static long Remaining(in BudgetCharge charge, in BudgetState state) => Math.Max(0, charge.LimitNanoUsd - state.SpentNanoUsd - state.HeldNanoUsd);

    /// <summary>Exact, without zeros that say nothing.</summary>
    public static string Usd(long nanoUsd) => (nanoUsd / (decimal)TokenPrice.NanoPerUsd).ToString("0.#########", CultureInfo.InvariantCulture);

    /// <summary>The part of a scope before its name: key, user, team, org or end.</summary>
    public static string KindOf(string scope) => scope[..scope.IndexOf(':', StringComparison.Ordinal)];

    public static string NameOf(string scope) => scope[(scope.IndexOf(':', StringComparison.Ordinal) + 1)..];

    /// <summary>The pattern of a rule for some models; empty for one for all.</summary>
    public static string Pattern(LimitRule rule) => rule.Name.IndexOf(':', StringComparison.Ordinal) is >= 0 and var colon ? rule.Name[(colon + 1)..] : "";

    private static string Subject(string scope) => KindOf(scope) switch
    {
        OwnerScope.Key => "Your API key",
        OwnerScope.User => $"The owner of your API key ('{NameOf(scope)}')",
        OwnerScope.Team => $"Your team '{NameOf(scope)}'",
        OwnerScope.Organisation => $"Your organisation '{NameOf(scope)}'",
        _ => "The end user of the request",
    };

    private static string Scope(string scope) => KindOf(scope) is OwnerScope.EndUser ? "scope=end_user" : $"scope={KindOf(scope)}; owner={Escape(NameOf(scope))}";

    // What is configured may hold what a header may not.
    private static string Escape(string text) => Uri.EscapeDataString(text).Replace("%2F", "/", StringComparison.Ordinal).Replace("%3A", ":", StringComparison.Ordinal);

    private static string Per(BudgetConfig budget) => budget.Window switch
    {
        BudgetWindow.Day => "a day",
        BudgetWindow.Week => "a week",
        BudgetWindow.Month => "a month",
        BudgetWindow.Rolling => $"in {Span(budget.Length)}",
        BudgetWindow.Lifetime => "in all",
    };

    private static string Window(TimeSpan window) => window.TotalSeconds switch
    {
        1 => "second",
        60 => "minute",
        3_600 => "hour",
        86_400 => "day",
        _ => Span(window),
    };

    private static string Span(TimeSpan span)
    {
        var (count, unit) = span.Ticks % TimeSpan.TicksPerDay == 0 ? (span.Ticks / TimeSpan.TicksPerDay, "day") : span.Ticks % TimeSpan.TicksPerHour == 0 ? (span.Ticks / TimeSpan.TicksPerHour, "hour")
            : span.Ticks % TimeSpan.TicksPerMinute == 0 ? (span.Ticks / TimeSpan.TicksPerMinute, "minute") : (span.Ticks / TimeSpan.TicksPerSecond, "second");
        return string.Create(CultureInfo.InvariantCulture, $"{count} {unit}{(count == 1 ? "" : "s")}");
    }

    /// <summary>Rounded up to milliseconds.</summary>
    internal static string Seconds(TimeSpan value) => (Math.Ceiling((decimal)value.Ticks / TimeSpan.TicksPerMillisecond) / 1000m).ToString("0.###", CultureInfo.InvariantCulture);
}
