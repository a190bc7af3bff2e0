using System.Runtime.InteropServices;

namespace Gateway.Core.Configuration.Documents;

/// <summary>Fallbacks lead somewhere, not back, and each to a place of its own.</summary>
internal static class FallbackRules
{
    /// <summary>Names of a circle that a message shows; more help nobody.</summary>
    private const int MaxShown = 12;

    public static void Check(ConfigNode root, ModelNames names, ConfigErrors errors)
    {
        var ways = new Dictionary<string, List<Way>>(StringComparer.Ordinal);
        foreach (var (name, group) in root.MembersOf("models"))
        {
            if (WaysOf(group, names, errors) is { Count: > 0 } found)
            {
                ways.Add(name, found);
            }
        }

        CheckCircles(ways, errors);
    }

    private static List<Way> WaysOf(ConfigNode group, ModelNames names, ConfigErrors errors)
    {
        var ways = new List<Way>();
        var seen = new Dictionary<string, FallbackTriggers>(StringComparer.Ordinal);
        foreach (var fallback in group.ItemsOf("fallbacks"))
        {
            if ((fallback.Value is null ? fallback.Member("model") : fallback) is not { Value: string name } node)
            {
                continue;
            }

            DocumentRules.CheckModel(node, names, errors);
            if (names.Target(name) is not { } target)
            {
                continue;
            }

            ref var triggers = ref CollectionsMarshal.GetValueRefOrAddDefault(seen, target, out _);
            var own = GroupBuilder.Triggers(fallback);
            if ((triggers & own) != 0)
            {
                errors.Add(node, "leads to the same model as an entry before it, for the same failure; one of the two is never used");
            }

            triggers |= own;
            ways.Add(new(node, target));
        }

        return ways;
    }

    /// <summary>Depth first, without recursion: a document can hold more groups in a row than a stack holds calls.</summary>
    private static void CheckCircles(Dictionary<string, List<Way>> ways, ConfigErrors errors)
    {
        var done = new HashSet<string>(StringComparer.Ordinal);
        var depth = new Dictionary<string, int>(StringComparer.Ordinal);
        var trail = new List<(string Group, int Next)>();
        foreach (var start in ways.Keys)
        {
            if (done.Contains(start))
            {
                continue;
            }

            trail.Add((start, 0));
            depth.Add(start, 0);
            while (trail.Count > 0)
            {
                var (group, next) = trail[^1];
                if (next == ways[group].Count)
                {
                    trail.RemoveAt(trail.Count - 1);
                    depth.Remove(group);
                    done.Add(group);
                    continue;
                }

                trail[^1] = (group, next + 1);
                var way = ways[group][next];
                if (depth.TryGetValue(way.Target, out var from))
                {
                    errors.Add(way.Node, $"leads in a circle: {Circle(trail[from..].Select(static step => step.Group), way.Target)}");
                }
                else if (ways.ContainsKey(way.Target) && !done.Contains(way.Target))
                {
                    depth.Add(way.Target, trail.Count);
                    trail.Add((way.Target, 0));
                }
            }
        }
    }

    private static string Circle(IEnumerable<string> groups, string first)
    {
        var names = groups.Select(Shown.Text).ToList();
        var shown = names.Count > MaxShown ? names.Take(MaxShown - 1).Append("...").Append(names[^1]) : names;
        return $"{string.Join(" -> ", shown)} -> {Shown.Text(first)}";
    }

    /// <param name="Node">The name as it stands in the document.</param>
    /// <param name="Target">What it leads to.</param>
    private readonly record struct Way(ConfigNode Node, string Target);
}
