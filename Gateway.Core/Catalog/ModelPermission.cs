using Gateway.Core.Configuration;
using Gateway.Core.Context;
using Gateway.Core.Requests;

namespace Gateway.Core.Catalog;

/// <summary>Who may use a model. Edge and Router decide by this alone.</summary>
public static class ModelPermission
{
    /// <summary>Whether a caller may use a model, whoever serves it.</summary>
    /// <param name="target">What the name asked for leads to.</param>
    /// <param name="keyId">Whose call it is; <see cref="ContextClaims.PublicKeyId"/> for one without a key.</param>
    /// <param name="models">The key's patterns. They name a model as it is asked for, or what an alias stands for.</param>
    public static bool MayUse(ModelTarget target, string keyId, IReadOnlyList<string> models) => target.Access switch
    {
        AccessLevel.Public => true,
        AccessLevel.Internal => IsKey(keyId),
        AccessLevel.Private => IsKey(keyId) && (NamePattern.MatchesAny(models, target.Name) || NamePattern.MatchesAny(models, target.Target)),
    };

    /// <summary>Whether at least one of the providers that serve a model is open to a caller.</summary>
    /// <param name="target">What the name asked for leads to.</param>
    /// <param name="providers">The key's patterns.</param>
    public static bool MayUseAProvider(ModelTarget target, IReadOnlyList<string> providers)
    {
        for (var i = 0; i < target.Providers.Count; i++)
        {
            if (NamePattern.MatchesAny(providers, target.Providers[i]))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsKey(string keyId) => !string.Equals(keyId, ContextClaims.PublicKeyId, StringComparison.Ordinal);
}
