using System.Collections.Frozen;

namespace Gateway.Core.Configuration.Documents;

/// <summary>Routes: unique, outside of the gateway's own paths, and to models that exist.</summary>
internal static class RouteRules
{
    /// <summary>First segments of what the gateway serves itself.</summary>
    private static readonly FrozenSet<string> Own = FrozenSet.Create(StringComparer.OrdinalIgnoreCase,
        "v1", "v1beta", "api", "admin", "console", "health", "ready", "metrics", "internal");

    public static void Check(ConfigNode root, ModelNames names, ConfigErrors errors)
    {
        // Servers before ours may not tell case apart in paths.
        var seen = new Dictionary<string, ConfigNode>(StringComparer.OrdinalIgnoreCase);
        foreach (var route in root.ItemsOf("routes"))
        {
            if (route.Member("model") is { } model)
            {
                DocumentRules.CheckModel(model, names, errors);
            }

            if (route.Member("path") is not { Value: string text } path)
            {
                continue;
            }

            var first = text.Split('/')[1];
            if (Own.Contains(first))
            {
                errors.Add(path, $"begins with /{first.ToLowerInvariant()}, which the gateway serves itself; choose another beginning");
            }
            else if (!seen.TryAdd(PathText.RouteBase(text), path))
            {
                errors.Add(path, $"the same path as {seen[PathText.RouteBase(text)].Path}");
            }
        }
    }
}
