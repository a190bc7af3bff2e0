using System.Text;

namespace Gateway.Core.Configuration.Documents;

/// <summary>
/// What a key may use and what a request holds travel with each request in a signed context of 8 KiB. What a document says must fit in, or requests would fail that nobody can help.
/// </summary>
internal static class ContextSize
{
    /// <summary>The rest is for names, models that the client chose, and the fields of fixed length.</summary>
    private const int MostBytes = 6 * 1024;

    // Numbers of a slot or a rate, lengths of texts: at most ten bytes each.
    private const int Numbers = 32;

    /// <summary>What stands for a scope that only a request makes: <c>end:DIGEST</c>, or the subject of a token.</summary>
    private const int EndUserScope = 48;

    private const int Subject = 160;

    public static void CheckKey(ConfigNode key, Owners owners, ConfigErrors errors)
    {
        var config = OwnerBuilder.Key(key);
        var bytes = PatternBytes(key);
        if (bytes > MostBytes)
        {
            errors.Add(key, $"models, providers, requires and labels must have at most {MostBytes} bytes together, two for each entry included; use * to say it shorter");
            return;
        }

        bytes += TicketBytes("key:".Length + config.Id.Length, config.Limits, config.Budgets) + TicketBytes(EndUserScope, owners.EndUsers.Limits, owners.EndUsers.Budgets);
        if (config.User is { } user && owners.Users.TryGetValue(user, out var owner))
        {
            bytes += TicketBytes("user:".Length + user.Length, owner.Limits, owner.Budgets);
        }

        if (owners.TeamOf(config) is { } team && owners.Teams.TryGetValue(team, out var described))
        {
            bytes += TicketBytes("team:".Length + team.Length, described.Limits, described.Budgets);
        }

        if (owners.Organisations.TryGetValue(owners.OrganisationOf(config), out var organisation))
        {
            bytes += TicketBytes("org:".Length + organisation.Name.Length, organisation.Limits, organisation.Budgets);
        }

        Report(key, bytes, errors);
    }

    /// <summary>For an issuer the largest of all teams, users and organisations count: its tokens may name any.</summary>
    public static void CheckIssuer(ConfigNode issuer, Owners owners, ConfigErrors errors)
    {
        var bytes = PatternBytes(issuer) + TicketBytes(Subject, LimitBuilder.Build(issuer), BudgetBuilder.Build(issuer)) + TicketBytes(EndUserScope, owners.EndUsers.Limits, owners.EndUsers.Budgets)
            + owners.Users.Values.Select(static user => TicketBytes("user:".Length + user.Name.Length, user.Limits, user.Budgets)).DefaultIfEmpty().Max()
            + owners.Teams.Values.Select(static team => TicketBytes("team:".Length + team.Name.Length, team.Limits, team.Budgets)).DefaultIfEmpty().Max()
            + owners.Organisations.Values.Select(static organisation => TicketBytes("org:".Length + organisation.Name.Length, organisation.Limits, organisation.Budgets)).DefaultIfEmpty().Max();
        Report(issuer, bytes, errors);
    }

    private static void Report(ConfigNode holder, int bytes, ConfigErrors errors)
    {
        if (bytes > MostBytes)
        {
            errors.Add(holder, $"is too much for the context of a request: patterns, budgets, limits of tokens and of concurrency, those of the owners included, take {bytes} bytes of {MostBytes}; " +
                "write fewer budgets, fewer limits by model or shorter names");
        }
    }

    private static int PatternBytes(ConfigNode key) =>
        key.ItemsOf("models").Concat(key.ItemsOf("providers")).Sum(static pattern => Encoding.UTF8.GetByteCount((string)pattern.Value!) + 2)
        + key.MembersOf("requires").Concat(key.MembersOf("labels")).Sum(static label => Encoding.UTF8.GetByteCount(label.Key) + 1 + Encoding.UTF8.GetByteCount((string)label.Value.Value!) + 2);

    /// <summary>If every limit applies: budgets, places and token rates, each with its scope.</summary>
    internal static int TicketBytes(int scope, ClientLimits limits, IReadOnlyList<BudgetConfig> budgets)
    {
        var bytes = budgets.Sum(budget => scope + "|month:2026-01-01@".Length + budget.TimeZone.Id.Length + Numbers) + LimitBytes(scope, limits);
        return bytes + limits.Models.Sum(entry => LimitBytes(scope + 1 + Encoding.UTF8.GetByteCount(entry.Key), entry.Value));
    }

    private static int LimitBytes(int scope, ClientLimits limits) =>
        (limits.Concurrency is null ? 0 : scope + "|concurrency".Length + 2) + (limits.Rates.Count(static rate => rate.Unit == RateUnit.Tokens) * (scope + "|tokens/86400".Length + Numbers));
}
