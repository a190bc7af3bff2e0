namespace Gateway.Core.Configuration.Documents;

/// <summary>Providers: what their settings say about each other.</summary>
internal static class ProviderRules
{
    public static void Check(ConfigNode provider, ConfigErrors errors)
    {
        // An "internal" that could not be read has its own error already.
        var isInternal = provider.Get("internal", provider.Names.ContainsKey("internal"));
        if (provider.Member("base_url") is { Value: Uri url } node && !isInternal && BaseUrl.IsInternal(url))
        {
            errors.Add(node, "leads to a loopback or private address; set internal: true to permit it");
        }

        if (provider.Member("list_models") is { Value: true } list && provider.Text("protocol") is "vertex" or "azure-openai" or "bedrock")
        {
            errors.Add(list, $"has no effect with protocol: {provider.Text("protocol")}, whose list is not what can be called; remove it");
        }

        CheckKeys(provider, errors);
        CheckHeaders(provider, errors);
        CheckConnection(provider, errors);
        CheckPaths(provider, errors);
    }

    /// <summary>One credential in two entries would have twice its limits, and go on under one name while it rests under the other.</summary>
    private static void CheckKeys(ConfigNode provider, ConfigErrors errors)
    {
        var seen = new Dictionary<string, ConfigNode>(StringComparer.Ordinal);
        foreach (var key in provider.ItemsOf("keys"))
        {
            if ((key.Value is null ? key.Member("secret") : key) is { Value: string secret } node && !seen.TryAdd(secret, node))
            {
                errors.Add(node, $"the same secret as {seen[secret].Path}; write it once, with a weight");
            }
        }
    }

    private static void CheckHeaders(ConfigNode provider, ConfigErrors errors)
    {
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, header) in provider.MembersOf("headers"))
        {
            if (!seen.Add(name))
            {
                errors.Add(header, "duplicate header; header names do not distinguish case");
            }

            var credential = CredentialHeader(provider.Text("protocol"));
            if (name.Equals(credential, StringComparison.OrdinalIgnoreCase) && provider.ItemsOf("keys").Any())
            {
                errors.Add(header, $"keys already make the {credential} header; use one of the two");
            }
        }
    }

    private static void CheckConnection(ConfigNode provider, ConfigErrors errors)
    {
        if (provider.Member("connection") is not { } connection)
        {
            return;
        }

        if (!connection.Names.ContainsKey("proxy"))
        {
            DocumentRules.AddNoEffect(connection, "proxy_credential", "without proxy; remove it", errors);
        }

        if (connection.Member("proxy_credential") is { Value: string credential } node && credential.IndexOf(':', StringComparison.Ordinal) <= 0)
        {
            errors.Add(node, "must be user:password");
        }

        if (provider.Member("base_url") is { Value: Uri { Scheme: "http" } } && connection.Member("tls") is { Names.Count: > 0 })
        {
            DocumentRules.AddNoEffect(connection, "tls", "with a base_url of http://; remove it", errors);
        }
    }

    private static void CheckPaths(ConfigNode provider, ConfigErrors errors)
    {
        if (provider.Member("probe")?.Member("path") is { Value: string probe } probeNode && probe.Contains(PathText.Model, StringComparison.Ordinal))
        {
            errors.Add(probeNode, $"must have no {PathText.Model}: a probe is about no model");
        }

        if (provider.Text("protocol") is not { } name)
        {
            return;
        }

        var protocol = ProtocolNames.All[name];
        foreach (var (operation, path) in provider.MembersOf("paths"))
        {
            var text = (string)path.Value!;
            if (!PathOperations.Of(protocol).Contains(operation))
            {
                errors.Add(path, $"has no effect with protocol: {name}, which has {string.Join(", ", PathOperations.All.Keys.Where(PathOperations.Of(protocol).Contains))}; remove it");
            }
            else if (text.Contains('?', StringComparison.Ordinal) && !PathOperations.HasQuery(protocol, operation))
            {
                errors.Add(path, "must have no query: the protocol's own path has none");
            }
            else if (operation is PathOperations.Files or PathOperations.Models && text.Contains(PathText.Model, StringComparison.Ordinal))
            {
                errors.Add(path, $"must have no {PathText.Model}: the operation is about no model");
            }
        }
    }

    private static string CredentialHeader(string? protocol) => protocol switch
    {
        "anthropic" => "x-api-key",
        "gemini" => "x-goog-api-key",
        "azure-openai" => "api-key",
        _ => "authorization",
    };
}
