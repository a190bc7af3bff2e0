using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Gateway.Core.Configuration.Documents;
using Gateway.Core.Errors;

namespace Gateway.Edge.Admin;

/// <summary>Which keys an operator asks to see. Prefixes are those of ids: what a secret begins with finds nothing.</summary>
internal sealed record KeysQuery
{
    public const int MaxLimit = 1000;

    private static readonly string[] Names = ["limit", "cursor", "prefix", "team", "user"];

    public int Limit { get; private init; } = 100;

    /// <summary>Id after which the page begins; null for the first one.</summary>
    public string? After { get; private init; }

    public string? Prefix { get; private init; }

    public string? Team { get; private init; }

    public string? User { get; private init; }

    /// <exception cref="GatewayException">Something is wrong; the error names the parameter.</exception>
    public static KeysQuery Read(IQueryCollection query)
    {
        var asked = new KeysQuery();
        foreach (var (name, values) in query)
        {
            if (values is not [{ } value])
            {
                throw Wrong(name, $"'{Shown(name)}' is there twice.");
            }

            asked = name switch
            {
                "limit" => asked with { Limit = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit is > 0 and <= MaxLimit ? limit : throw Wrong(name, $"'limit' must be a whole number from 1 to {MaxLimit}.") },
                "cursor" => asked with { After = ReadCursor(value) },
                "prefix" => asked with { Prefix = Text(name, value) },
                "team" => asked with { Team = Text(name, value) },
                "user" => asked with { User = Text(name, value) },
                _ => throw Wrong(name, $"'{Shown(name)}' is not known. {(Nearest.Of(name, Names) is { } near ? $"Did you mean '{near}'?" : $"There are {string.Join(", ", Names)}.")}"),
            };
        }

        return asked;
    }

    /// <summary>One page, in the order of ids, and the cursor of the next one; null on the last.</summary>
    public (IReadOnlyList<KeyAnswer> Page, string? Next) Take(IEnumerable<KeyAnswer> keys)
    {
        var found = keys.Where(IsMeant).OrderBy(static key => key.Key.Id, StringComparer.Ordinal).Take(Limit + 1).ToList();
        if (found.Count <= Limit)
        {
            return (found, null);
        }

        found.RemoveAt(Limit);
        return (found, Base64Url.EncodeToString(Encoding.UTF8.GetBytes(found[^1].Key.Id)));
    }

    private bool IsMeant(KeyAnswer key) =>
        (After is null || string.CompareOrdinal(key.Key.Id, After) > 0)
        && (Prefix is null || key.Key.Id.StartsWith(Prefix, StringComparison.Ordinal))
        && (Team is null || string.Equals(key.Team, Team, StringComparison.Ordinal))
        && (User is null || string.Equals(key.Key.User, User, StringComparison.Ordinal));

    private static string ReadCursor(string value)
    {
        try
        {
            return Encoding.UTF8.GetString(Base64Url.DecodeFromChars(value)) is { Length: > 0 and <= 256 } id ? id : throw new FormatException();
        }
        catch (FormatException)
        {
            throw Wrong("cursor", "'cursor' must be what 'next' of the page before said.");
        }
    }

    private static string Text(string name, string value) => value.Length is > 0 and <= 256 ? value : throw Wrong(name, $"'{name}' must have 1 to 256 characters.");

    private static string Shown(string name) => name.Length <= 64 ? name : name[..64];

    private static GatewayException Wrong(string name, string message) => new(GatewayErrorKind.InvalidRequest, message, Shown(name));
}
