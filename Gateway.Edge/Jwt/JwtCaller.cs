using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Gateway.Core.Configuration;
using Gateway.Core.Errors;
using Gateway.Core.Requests;

namespace Gateway.Edge.Jwt;

/// <summary>Makes of the claims of a token that was checked what a key of the document would be.</summary>
internal static class JwtCaller
{
    /// <summary>Longest subject, team or user in characters that is used as it is.</summary>
    private const int MaxName = 128;

    /// <summary>Patterns, and roles, that one token may carry.</summary>
    private const int MaxItems = 256;

    private const string Hashed = "#";

    /// <returns>The error, or null when <paramref name="key"/> is the caller's.</returns>
    public static GatewayError? Read(JwtIssuerConfig issuer, JsonElement claims, out VirtualKeyConfig? key)
    {
        key = null;
        if (!JwtToken.TryFind(claims, issuer.SubjectClaim, out var subject) || Text(subject) is not { Length: > 0 } name)
        {
            return JwtErrors.NoClaim(issuer.SubjectClaim);
        }

        if (issuer.RequiredRoles.Count > 0 && !HasRole(issuer, claims))
        {
            return JwtErrors.Role(issuer.RolesClaim!);
        }

        if (ReadName(claims, issuer.TeamClaim, out var team) is { } wrongTeam)
        {
            return wrongTeam;
        }

        if (ReadName(claims, issuer.UserClaim, out var user) is { } wrongUser)
        {
            return wrongUser;
        }

        if (ReadModels(issuer, claims, out var models) is { } wrongModels)
        {
            return wrongModels;
        }

        key = new VirtualKeyConfig
        {
            Id = $"jwt:{issuer.Name}:{Shortened(name)}",
            Secret = "",
            Team = team ?? issuer.Team,
            User = user,
            Models = models,
            Providers = issuer.Providers,
            Limits = issuer.Limits,
            Budgets = issuer.Budgets,
        };
        return null;
    }

    /// <summary>
    /// What both allow. Of two patterns one must lie within the other; two that only overlap (<c>gpt-*</c> and <c>*-mini</c>) have no pattern in common, and what
    /// cannot be said is not allowed.
    /// </summary>
    internal static IReadOnlyList<string> Narrow(IReadOnlyList<string> allowed, IEnumerable<string> wished)
    {
        var both = new List<string>();
        foreach (var wish in wished)
        {
            foreach (var pattern in allowed)
            {
                // As a name, a star is met only by a star: then whatever the one stands for the other does too.
                var common = NamePattern.Matches(pattern, wish) ? wish : NamePattern.Matches(wish, pattern) ? pattern : null;
                if (common is not null && !both.Contains(common, StringComparer.Ordinal))
                {
                    both.Add(common);
                }
            }
        }

        return both;
    }

    private static bool HasRole(JwtIssuerConfig issuer, JsonElement claims)
    {
        if (issuer.RolesClaim is not { } path || !JwtToken.TryFind(claims, path, out var roles))
        {
            return false;
        }

        foreach (var role in Items(roles))
        {
            if (issuer.RequiredRoles.Contains(role, StringComparer.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    private static GatewayError? ReadName(JsonElement claims, string? path, out string? name)
    {
        name = null;
        if (path is null || !JwtToken.TryFind(claims, path, out var value) || value.ValueKind == JsonValueKind.Null)
        {
            return null;
        }

        // It becomes part of the names of limits and budgets.
        if (value.ValueKind != JsonValueKind.String || value.GetString() is not { Length: > 0 } text || !IsName(text))
        {
            return JwtErrors.Claim(path, "is no name: 1 to 128 letters, digits and . _ : / @ + -");
        }

        name = text;
        return null;
    }

    private static GatewayError? ReadModels(JwtIssuerConfig issuer, JsonElement claims, out IReadOnlyList<string> models)
    {
        models = issuer.Models;
        if (issuer.ModelsClaim is not { } path || !JwtToken.TryFind(claims, path, out var value))
        {
            return null;
        }

        if (value.ValueKind is not (JsonValueKind.String or JsonValueKind.Array))
        {
            return JwtErrors.Claim(path, "is no list of model names");
        }

        models = Narrow(issuer.Models, Items(value));
        return null;
    }

    /// <summary>The texts of a list, or the words of a text, as <c>scope</c> has them.</summary>
    private static IEnumerable<string> Items(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => value.EnumerateArray().Where(static item => item.ValueKind == JsonValueKind.String).Select(static item => item.GetString()!).Take(MaxItems),
        JsonValueKind.String => value.GetString()!.Split(' ', StringSplitOptions.RemoveEmptyEntries).Take(MaxItems),
        _ => [],
    };

    private static string? Text(JsonElement value) => value.ValueKind switch { JsonValueKind.String => value.GetString(), JsonValueKind.Number => value.GetRawText(), _ => null };

    private static bool IsName(string text)
    {
        foreach (var character in text)
        {
            if (!char.IsAsciiLetterOrDigit(character) && character is not ('.' or '_' or ':' or '/' or '@' or '+' or '-'))
            {
                return false;
            }
        }

        return text.Length <= MaxName;
    }

    /// <summary>The mark is no character of a name, so that no subject can pretend to be another's digest.</summary>
    private static string Shortened(string subject) => IsName(subject) ? subject : Hashed + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(subject)))[..32];
}
