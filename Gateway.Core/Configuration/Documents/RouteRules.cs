using System.Collections.Frozen;

namespace Gateway.Core.Configuration.Documents;

/// <summary>Routes: unique, outside of the gateway's own paths, and to models and through processors that exist.</summary>
internal static class RouteRules
{
    /// <summary>First segments of what the gateway serves itself.</summary>
    private static readonly FrozenSet<string> Own = FrozenSet.Create(StringComparer.OrdinalIgnoreCase,
        "v1", "v1beta", "api", "admin", "console", "health", "ready", "metrics", "internal");

    // They travel with each request in a signed context, which holds 8 KiB with everything else.
    private const int MaxProcessorBytes = 512;

    public static void Check(ConfigNode root, ModelNames names, ConfigErrors errors)
    {
        foreach (var (_, processor) in root.MembersOf("processors"))
        {
            if (processor.Member("model") is { } model)
            {
                DocumentRules.CheckModel(model, names, errors);
            }
        }

        // Servers before ours may not tell case apart in paths.
        var seen = new Dictionary<string, ConfigNode>(StringComparer.OrdinalIgnoreCase);
        foreach (var route in root.ItemsOf("routes"))
        {
            if (route.Member("model") is { } model)
            {
                DocumentRules.CheckModel(model, names, errors);
            }

            CheckProcessors(route, names, errors);
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

    private static void CheckProcessors(ConfigNode route, ModelNames names, ConfigErrors errors)
    {
        var bytes = 0;
        foreach (var processor in route.ItemsOf("processors"))
        {
            DocumentRules.CheckReference(processor, names.Processors, "processor", errors);
            bytes += ((string)processor.Value!).Length;
        }

        if (bytes > MaxProcessorBytes)
        {
            errors.Add(route.Member("processors")!, $"names must have at most {MaxProcessorBytes} bytes together; choose shorter ones");
        }
    }
}
