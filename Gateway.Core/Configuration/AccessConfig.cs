using System.Globalization;
using System.Text;

namespace Gateway.Core.Configuration;

/// <summary>How much a scope (key, user, team, organisation, end user) may send. Nothing said is no limit.</summary>
public sealed record ClientLimits
{
    public static ClientLimits None { get; } = new();

    /// <summary>Rates of requests and tokens, at most one for each unit and window.</summary>
    public IReadOnlyList<RateConfig> Rates { get; init; } = [];

    /// <summary>Requests at the same time; null for no limit.</summary>
    public long? Concurrency { get; init; }

    /// <summary>Different sessions in a window of 5 minutes, an hour or a day, at most one for each window.</summary>
    public IReadOnlyList<SessionLimitConfig> Sessions { get; init; } = [];

    /// <summary>Limits for models whose name matches the pattern, whatever way they are asked for; they hold beside those for all models.</summary>
    public IReadOnlyList<KeyValuePair<string, ClientLimits>> Models { get; init; } = [];

    /// <summary>What of each rate may come at once, as time: <see cref="RateConfig.Burst"/> is made of it. Null for the default, a sixth of the window (a second's rate whole).</summary>
    public TimeSpan? Burst { get; init; }

    /// <summary>Counts and reports, and never refuses.</summary>
    public bool Shadow { get; init; }

    public bool IsEmpty => Rates.Count == 0 && Concurrency is null && Sessions.Count == 0 && Models.Count == 0;
}

/// <summary>What a rate counts.</summary>
public enum RateUnit : byte
{
    Requests,

    /// <summary>Input and output together.</summary>
    Tokens,
}

/// <param name="Unit">What is counted.</param>
/// <param name="Limit">So many in a window.</param>
/// <param name="Window">A second, a minute, an hour or a day.</param>
/// <param name="Burst">So many at once, at least 1: in any interval of length W at most Burst + Limit * W / Window.</param>
public sealed record RateConfig(RateUnit Unit, long Limit, TimeSpan Window, long Burst);

/// <param name="Window">5 minutes, an hour or a day.</param>
public sealed record SessionLimitConfig(long Limit, TimeSpan Window);

/// <summary>When the money of a budget is counted anew.</summary>
public enum BudgetWindow : byte
{
    /// <summary>Calendar day in the budget's time zone.</summary>
    Day,

    /// <summary>Calendar week, from Monday on.</summary>
    Week,

    /// <summary>Calendar month.</summary>
    Month,

    /// <summary>The last <see cref="BudgetConfig.Length"/>, at every moment.</summary>
    Rolling,

    /// <summary>Never.</summary>
    Lifetime,
}

/// <summary>Money that a scope may spend.</summary>
public sealed record BudgetConfig
{
    /// <summary>Most that one budget can hold in nano-USD: the sums of the admission scripts are exact up to 9e15.</summary>
    public const long MostNanoUsd = 9_000_000L * Money.TokenPrice.NanoPerUsd;

    /// <summary>In nano-USD, 0 to <see cref="MostNanoUsd"/>.</summary>
    public required long LimitNanoUsd { get; init; }

    public BudgetWindow Window { get; init; } = BudgetWindow.Month;

    /// <summary>For <see cref="BudgetWindow.Rolling"/>: an hour to 90 days. Zero otherwise.</summary>
    public TimeSpan Length { get; init; }

    /// <summary>For the calendar windows.</summary>
    public TimeZoneInfo TimeZone { get; init; } = TimeZoneInfo.Utc;

    /// <summary>Refuses when it is spent, and is never overspent. Otherwise it reports.</summary>
    public bool Hard { get; init; } = true;

    /// <summary>Added to the limit until <see cref="RaiseUntil"/>. Nano-USD.</summary>
    public long RaiseNanoUsd { get; init; }

    /// <summary>Null when there is no raise.</summary>
    public DateTimeOffset? RaiseUntil { get; init; }

    /// <summary>Percent of the limit at which the log and <see cref="Webhook"/> are told, in ascending order.</summary>
    public IReadOnlyList<int> Alerts { get; init; } = [];

    /// <summary>Who is told of alerts; null for the log alone.</summary>
    public Uri? Webhook { get; init; }

    /// <summary>For hard budgets: the model that answers when the money does not suffice for the one that was asked for; null refuses.</summary>
    public string? FallbackModel { get; init; }

    /// <summary>The limit at an instant in nano-USD, a raise included.</summary>
    public long LimitAt(DateTimeOffset now) => RaiseUntil > now ? Math.Min(MostNanoUsd, LimitNanoUsd + RaiseNanoUsd) : LimitNanoUsd;

    // The addresses of webhooks are secrets with most vendors: who knows one may post.
    private bool PrintMembers(StringBuilder text)
    {
        text.Append(CultureInfo.InvariantCulture, $"LimitNanoUsd = {LimitNanoUsd}, Window = {Window}, Length = {Length}, TimeZone = {TimeZone.Id}, Hard = {Hard}, ");
        text.Append(CultureInfo.InvariantCulture, $"RaiseNanoUsd = {RaiseNanoUsd}, RaiseUntil = {RaiseUntil:O}, Alerts = {string.Join(' ', Alerts)}, Webhook = {SecretText.Of(Webhook?.Host)}, FallbackModel = {FallbackModel}");
        return true;
    }
}

/// <summary>The root of an owner tree: organisation, team, user, key. All of it shares one admission state.</summary>
public sealed record OrganisationConfig
{
    /// <summary>The organisation of teams, users and keys that name none.</summary>
    public const string DefaultName = "default";

    public required string Name { get; init; }

    public ClientLimits Limits { get; init; } = ClientLimits.None;

    public IReadOnlyList<BudgetConfig> Budgets { get; init; } = [];
}

/// <summary>A person or program that owns keys.</summary>
public sealed record UserConfig
{
    public required string Name { get; init; }

    /// <summary>Team of the user's keys that name none.</summary>
    public string? Team { get; init; }

    /// <summary>For users without a team; null for the team's, else the default one. All of the user's keys are in it, so that there is one count.</summary>
    public string? Organisation { get; init; }

    public ClientLimits Limits { get; init; } = ClientLimits.None;

    public IReadOnlyList<BudgetConfig> Budgets { get; init; } = [];
}

/// <summary>What holds for each end user that request bodies name, per organisation.</summary>
public sealed record EndUserConfig
{
    public static EndUserConfig None { get; } = new();

    public ClientLimits Limits { get; init; } = ClientLimits.None;

    public IReadOnlyList<BudgetConfig> Budgets { get; init; } = [];
}

/// <summary>An issuer whose JSON Web Tokens are taken in the place of virtual keys.</summary>
public sealed record JwtIssuerConfig
{
    /// <summary>Name in key ids (<c>jwt:NAME:SUBJECT</c>), reports and errors.</summary>
    public required string Name { get; init; }

    /// <summary>Exact value of <c>iss</c>.</summary>
    public required string Issuer { get; init; }

    /// <summary>One of them must be in <c>aud</c>.</summary>
    public required IReadOnlyList<string> Audiences { get; init; }

    /// <summary>Where its public keys are; null when <see cref="Keys"/> has them.</summary>
    public Uri? JwksUrl { get; init; }

    /// <summary>Public keys in PEM, or shared secrets (HS256) of at least 32 bytes.</summary>
    public IReadOnlyList<string> Keys { get; init; } = [];

    /// <summary>Permits loopback and private addresses for <see cref="JwksUrl"/>.</summary>
    public bool Internal { get; init; }

    /// <summary>Names of the claims, with <c>.</c> between the names of nested ones.</summary>
    public string SubjectClaim { get; init; } = "sub";

    public string? TeamClaim { get; init; }

    public string? UserClaim { get; init; }

    public string? RolesClaim { get; init; }

    /// <summary>Claim with model patterns; they narrow what <see cref="Models"/> allows.</summary>
    public string? ModelsClaim { get; init; }

    /// <summary>A token must carry one of these roles; empty for no matter.</summary>
    public IReadOnlyList<string> RequiredRoles { get; init; } = [];

    /// <summary>Model patterns that holders may use.</summary>
    public IReadOnlyList<string> Models { get; init; } = [];

    public IReadOnlyList<string> Providers { get; init; } = ["*"];

    /// <summary>Team of tokens without a team claim; null for none.</summary>
    public string? Team { get; init; }

    /// <summary>For each subject.</summary>
    public ClientLimits Limits { get; init; } = ClientLimits.None;

    /// <summary>For each subject.</summary>
    public IReadOnlyList<BudgetConfig> Budgets { get; init; } = [];

    private bool PrintMembers(StringBuilder text)
    {
        text.Append(CultureInfo.InvariantCulture, $"Name = {Name}, Issuer = {Issuer}, JwksUrl = {JwksUrl}, Keys = {Keys.Count} x {SecretText.Hidden}");
        return true;
    }
}
