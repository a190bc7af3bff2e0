namespace Gateway.Core.Configuration.Documents;

/// <summary>Issuers of tokens: each known by one name and one value of <c>iss</c>, with one place where its keys are.</summary>
internal static class IssuerRules
{
    public static void Check(ConfigNode root, ModelNames names, Owners owners, ConfigErrors errors)
    {
        var issuers = new Dictionary<string, ConfigNode>(StringComparer.Ordinal);
        var ids = new Dictionary<string, ConfigNode>(StringComparer.Ordinal);
        foreach (var issuer in root.Member("auth")?.ItemsOf("jwt") ?? [])
        {
            CheckUnique(issuer.Member("name"), ids, "the same name as", errors);
            CheckUnique(issuer.Member("issuer"), issuers, "the same issuer as", errors);
            if (issuer.Member("name") is { Value: string name } node && name.Contains(':', StringComparison.Ordinal))
            {
                errors.Add(node, "must have no colon: jwt:NAME:SUBJECT would have two meanings");
            }

            CheckKeys(issuer, errors);
            if (!issuer.Names.ContainsKey("roles_claim"))
            {
                DocumentRules.AddNoEffect(issuer, "required_roles", "without roles_claim; say which claim has the roles", errors, static member => member.Items.Count > 0);
            }

            KeyRules.CheckPatterns(issuer, names, errors);
            LimitRules.Check(issuer, names, errors);
            BudgetRules.Check(issuer, names, errors);
            ContextSize.CheckIssuer(issuer, owners, errors);
        }
    }

    private static void CheckKeys(ConfigNode issuer, ConfigErrors errors)
    {
        if (!issuer.Names.ContainsKey("jwks_url"))
        {
            DocumentRules.AddNoEffect(issuer, "internal", "without jwks_url; remove it", errors, static member => member.Value is true);
            if (!issuer.Names.ContainsKey("keys"))
            {
                errors.Add(issuer.Position, $"{issuer.Path}.jwks_url", "is missing: an https URL, or write keys");
            }

            return;
        }

        DocumentRules.AddNoEffect(issuer, "keys", "with jwks_url; write one of the two", errors);

        // An "internal" that could not be read has its own error already.
        if (issuer.Member("jwks_url") is not { Value: Uri url } node || issuer.Get("internal", issuer.Names.ContainsKey("internal")))
        {
            return;
        }

        if (url.Scheme != "https")
        {
            errors.Add(node, "must begin with https://: who changes the keys on the way makes tokens; set internal: true to permit http");
        }
        else if (BaseUrl.IsInternal(url))
        {
            errors.Add(node, "leads to a loopback or private address; set internal: true to permit it");
        }
    }

    private static void CheckUnique(ConfigNode? node, Dictionary<string, ConfigNode> seen, string message, ConfigErrors errors)
    {
        if (node?.Value is string value && !seen.TryAdd(value, node))
        {
            errors.Add(node, $"{message} {seen[value].Path}");
        }
    }
}
