using System.Diagnostics.CodeAnalysis;
using Gateway.Core.Catalog;
using Gateway.Core.Configuration.Documents;
using Gateway.Core.Errors;

namespace Gateway.Edge.VirtualKeys;

/// <summary>Whether a virtual key may use a model, and what to say when it may not.</summary>
internal static class ModelAccess
{
    private const int MaxSuggestions = 3;

    /// <param name="key">Whose.</param>
    /// <param name="target">Null for a model that there is not.</param>
    public static bool MayUse(VirtualKey key, [NotNullWhen(true)] ModelTarget? target) => target is not null && IsAllowed(key, target);

    /// <summary>What to say. It costs more than the decision, so limits come before it.</summary>
    /// <param name="key">Whose.</param>
    /// <param name="directory">All names.</param>
    /// <param name="model">The name asked for.</param>
    /// <param name="target">What it leads to; null for nowhere.</param>
    /// <param name="param">The field of the body that has it.</param>
    public static GatewayError Refusal(VirtualKey key, ModelDirectory directory, string model, ModelTarget? target, string param = "model")
    {
        // With a key it could be another answer: which models there are is for those who have one.
        if (key.IsNobody)
        {
            return KeyErrors.Missing;
        }

        return target is null
            ? new(GatewayErrorKind.ModelNotFound, $"The model '{model}' does not exist in this gateway. {Advice(key, directory, model)}", param)
            : new(GatewayErrorKind.ModelForbidden, $"Your API key may not use the model '{model}'. {Advice(key, directory, model)}", param);
    }

    /// <summary>The other models that a body names (<c>models</c>): a key that could not use one of them by itself cannot use it in the place of another.</summary>
    /// <returns>The error, or null.</returns>
    public static GatewayError? CheckAlternatives(VirtualKey key, ModelDirectory directory, IReadOnlyList<string> models)
    {
        for (var i = 0; i < models.Count; i++)
        {
            var target = directory.Resolve(models[i]);
            if (!MayUse(key, target))
            {
                return Refusal(key, directory, models[i], target, "models");
            }
        }

        return null;
    }

    /// <summary>Whether a key may use each of some models.</summary>
    public static bool MayUseAll(VirtualKey key, ModelDirectory directory, IReadOnlyList<string> models)
    {
        for (var i = 0; i < models.Count; i++)
        {
            if (!MayUse(key, directory.Resolve(models[i])))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The access level and the key's patterns must allow it, and one of the providers must be open to the key.</summary>
    public static bool IsAllowed(VirtualKey key, ModelTarget target) =>
        ModelPermission.MayUse(target, key.Id, key.Models) && ModelPermission.MayUseAProvider(target, key.Providers);

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
