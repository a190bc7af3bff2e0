using Gateway.Core.Errors;
using Gateway.Core.Requests;

namespace Gateway.Edge.VirtualKeys;

/// <summary>Whether a virtual key may use a model, and what to say when it may not.</summary>
internal static class ModelAccess
{
    private const int MaxSuggestions = 3;

    /// <returns>The error, or null when <paramref name="target"/> may be used.</returns>
    public static GatewayError? Authorise(VirtualKey key, ModelDirectory directory, string model, out ModelTarget? target)
    {
        target = directory.Resolve(model);
        if (target is null)
        {
            return new GatewayError(GatewayErrorKind.ModelNotFound, $"The model '{model}' does not exist in this gateway. {Advice(key, directory, model)}", "model");
        }

        return IsAllowed(key, target) ? null
            : new GatewayError(GatewayErrorKind.ModelForbidden, $"Your API key may not use the model '{model}'. {Advice(key, directory, model)}", "model");
    }

    /// <summary>A key may use what its patterns name, by the alias or by what that stands for, if one of the providers is open to it too.</summary>
    public static bool IsAllowed(VirtualKey key, ModelTarget target) =>
        (NamePattern.MatchesAny(key.Models, target.Name) || NamePattern.MatchesAny(key.Models, target.Target)) && MayUseOne(key, target.Providers);

    private static bool MayUseOne(VirtualKey key, IReadOnlyList<string> providers)
    {
        for (var i = 0; i < providers.Count; i++)
        {
            if (NamePattern.MatchesAny(key.Providers, providers[i]))
            {
                return true;
            }
        }

        return false;
    }

    // Only names that the key may use: a suggestion must neither tempt nor tell what others have.
    private static string Advice(VirtualKey key, ModelDirectory directory, string model)
    {
        var nearest = directory.Names.Where(target => IsAllowed(key, target))
            .OrderBy(target => EditDistance(model, target.Name)).ThenBy(static target => target.Name, StringComparer.Ordinal)
            .Take(MaxSuggestions).Select(static target => $"'{target.Name}'").ToArray();
        return nearest.Length == 0
            ? "Ask the operator of this gateway which models your key may use."
            : $"Nearest to it that you may use: {string.Join(", ", nearest)}. GET /v1/models lists all.";
    }

    /// <summary>Levenshtein distance without regard to case. Both names are short: a model name has at most 128 characters.</summary>
    internal static int EditDistance(string left, string right)
    {
        var row = new int[right.Length + 1];
        for (var j = 0; j <= right.Length; j++)
        {
            row[j] = j;
        }

        for (var i = 1; i <= left.Length; i++)
        {
            var diagonal = row[0];
            row[0] = i;
            for (var j = 1; j <= right.Length; j++)
            {
                var cost = char.ToLowerInvariant(left[i - 1]) == char.ToLowerInvariant(right[j - 1]) ? 0 : 1;
                (diagonal, row[j]) = (row[j], Math.Min(Math.Min(row[j] + 1, row[j - 1] + 1), diagonal + cost));
            }
        }

        return row[right.Length];
    }
}
