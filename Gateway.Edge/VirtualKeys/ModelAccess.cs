using System.Diagnostics.CodeAnalysis;
using Gateway.Core.Configuration.Documents;
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
        return MayUse(key, target) ? null : Refusal(key, directory, model, target);
    }

    /// <param name="key">Whose.</param>
    /// <param name="target">Null for a model that there is not.</param>
    public static bool MayUse(VirtualKey key, [NotNullWhen(true)] ModelTarget? target) => target is not null && IsAllowed(key, target);

    /// <summary>What to say. It costs more than the decision, so limits come before it.</summary>
    public static GatewayError Refusal(VirtualKey key, ModelDirectory directory, string model, ModelTarget? target) => target is null
        ? new(GatewayErrorKind.ModelNotFound, $"The model '{model}' does not exist in this gateway. {Advice(key, directory, model)}", "model")
        : new(GatewayErrorKind.ModelForbidden, $"Your API key may not use the model '{model}'. {Advice(key, directory, model)}", "model");

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
            .OrderBy(target => Nearest.Distance(model, target.Name)).ThenBy(static target => target.Name, StringComparer.Ordinal)
            .Take(MaxSuggestions).Select(static target => $"'{target.Name}'").ToArray();
        return nearest.Length == 0
            ? "Ask the operator of this gateway which models your key may use."
            : $"Nearest to it that you may use: {string.Join(", ", nearest)}. GET /v1/models lists all.";
    }
}
