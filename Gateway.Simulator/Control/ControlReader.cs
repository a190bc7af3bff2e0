using System.Text.Json;
using Gateway.Simulator.Faults;

namespace Gateway.Simulator.Control;

/// <summary>Reads control documents strictly: a misspelt member would be a test that tests nothing.</summary>
internal static class ControlReader
{
    private const int MaxRules = 1000;
    private const int MaxKeptText = 65_536;

    private static readonly string[] DocumentMembers = ["rules", "keep_text"];

    private static readonly string[] RuleMembers =
        ["credential", "model", "directives", "every", "share", "seed", "times", "once_per_user", "after", "for", "limits", "capacity"];

    private static readonly string[] LimitMembers = ["requests", "tokens", "concurrency", "window"];

    /// <exception cref="ControlException">The document cannot be used.</exception>
    public static ControlDocument Read(ReadOnlyMemory<byte> json)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(json);
        }
        catch (JsonException error)
        {
            throw new ControlException($"The control is no JSON: {error.Message}");
        }

        using (document)
        {
            var root = Members(document.RootElement, "the control", DocumentMembers);
            var rules = root.TryGetValue("rules", out var list) ? Rules(list) : [];
            return new ControlDocument(rules, (int)(Whole(root, "", "keep_text", 0, MaxKeptText) ?? 0));
        }
    }

    private static ControlRule[] Rules(JsonElement list)
    {
        if (list.ValueKind != JsonValueKind.Array || list.GetArrayLength() > MaxRules)
        {
            throw new ControlException($"rules must be a list of at most {MaxRules} objects.");
        }

        return [.. list.EnumerateArray().Select((rule, index) => Rule(rule, $"rules[{index}]."))];
    }

    private static ControlRule Rule(JsonElement json, string at)
    {
        var members = Members(json, at.TrimEnd('.'), RuleMembers);
        var directives = members.TryGetValue("directives", out var said) ? Texts(said, at + "directives") : [];
        var rule = new ControlRule
        {
            Credential = Text(members, at, "credential"),
            Model = Text(members, at, "model"),
            Directives = directives,
            Scripts = [.. directives.Select(line => Script(line, at + "directives"))],
            Every = (int)(Whole(members, at, "every", 1, int.MaxValue) ?? 1),
            Share = Share(members, at),
            Seed = (ulong)(Whole(members, at, "seed", 0, long.MaxValue) ?? 1),
            Times = Whole(members, at, "times", 0, long.MaxValue),
            OncePerUser = Flag(members, at, "once_per_user"),
            After = Time(members, at, "after") ?? TimeSpan.Zero,
            For = Time(members, at, "for"),
            Limits = members.TryGetValue("limits", out var limits) ? Limits(limits, at + "limits.") : null,
            Capacity = (int?)Whole(members, at, "capacity", 1, 100_000),
        };
        return rule.Scripts.Count > 0 || rule.Limits is not null || rule.Capacity is not null
            ? rule
            : throw new ControlException($"{at.TrimEnd('.')} does nothing: give it directives, limits or capacity.");
    }

    private static ControlLimits Limits(JsonElement json, string at)
    {
        var members = Members(json, at.TrimEnd('.'), LimitMembers);
        var limits = new ControlLimits
        {
            Requests = (int?)Whole(members, at, "requests", 1, int.MaxValue),
            Tokens = Whole(members, at, "tokens", 1, int.MaxValue),
            Concurrency = (int?)Whole(members, at, "concurrency", 1, int.MaxValue),
            Window = Time(members, at, "window") ?? TimeSpan.FromMinutes(1),
        };
        return limits.Window > TimeSpan.Zero ? limits : throw new ControlException($"{at}window must be longer than nothing.");
    }

    private static FaultScript Script(string line, string at)
    {
        try
        {
            return FaultDirectives.Add(FaultScript.None, line);
        }
        catch (FaultDirectiveException error)
        {
            throw new ControlException($"{at}: {error.Message}");
        }
    }

    private static Dictionary<string, JsonElement> Members(JsonElement json, string what, string[] known)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            throw new ControlException($"{what} must be an object with some of: {string.Join(", ", known)}.");
        }

        var members = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        foreach (var member in json.EnumerateObject())
        {
            if (!known.Contains(member.Name, StringComparer.Ordinal))
            {
                throw new ControlException($"{what} has no member '{member.Name}'. There is: {string.Join(", ", known)}.");
            }

            if (!members.TryAdd(member.Name, member.Value))
            {
                throw new ControlException($"{what} has '{member.Name}' twice.");
            }
        }

        return members;
    }

    private static string? Text(Dictionary<string, JsonElement> members, string at, string name) => !members.TryGetValue(name, out var value) ? null
        : value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : throw new ControlException($"{at}{name} must be a text.");

    private static string[] Texts(JsonElement value, string at) => value.ValueKind switch
    {
        JsonValueKind.String => [value.GetString()!],
        JsonValueKind.Array when value.GetArrayLength() > 0 && value.EnumerateArray().All(entry => entry.ValueKind == JsonValueKind.String) =>
            [.. value.EnumerateArray().Select(entry => entry.GetString()!)],
        _ => throw new ControlException($"{at} must be directives parted by blanks, or a list of such texts that are taken in turn."),
    };

    private static long? Whole(Dictionary<string, JsonElement> members, string at, string name, long min, long max) => !members.TryGetValue(name, out var value) ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number >= min && number <= max
            ? number : throw new ControlException($"{at}{name} must be a whole number from {min} to {max}.");

    private static bool Flag(Dictionary<string, JsonElement> members, string at, string name) => members.TryGetValue(name, out var value)
        && (value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.ValueKind == JsonValueKind.True : throw new ControlException($"{at}{name} must be true or false."));

    private static double Share(Dictionary<string, JsonElement> members, string at) => !members.TryGetValue("share", out var value) ? 1
        : value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var share) && share is >= 0 and <= 1
            ? share : throw new ControlException($"{at}share must be a number from 0 to 1.");

    private static TimeSpan? Time(Dictionary<string, JsonElement> members, string at, string name) => !members.TryGetValue(name, out var value) ? null
        : value.ValueKind == JsonValueKind.String && FaultDirectives.Duration(value.GetString()!) is { } time
            ? time : throw new ControlException($"{at}{name} must be a text such as \"200ms\", \"1.5s\" or \"2m\", at most an hour.");
}
