using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Gateway.Core.Configuration;
using Gateway.Core.Configuration.Settings;

namespace Gateway.Core.Tests.Configuration;

/// <summary>Every setting is alive: what the table calls available changes the configuration, all else is refused by name.</summary>
public sealed partial class SettingsTableTests
{
    /// <summary>Leaves with a single possible value, or whose change needs another member; each has its own test.</summary>
    private static readonly string[] Elsewhere = ["version", "providers.NAME.protocol", "moderation.policies.NAME.input[].check", "processors.NAME.type"];

    public static TheoryData<string> SamplePaths => [.. SettingSamples.Values.Keys];

    public static TheoryData<string> LaterPaths => [.. SettingsReference.All().Where(static row => !row.Setting.Available && row.Setting.Name.Length > 0).Select(static row => row.Path)];

    public static TheoryData<string, string> LaterChoices
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var (path, setting) in SettingsReference.All().Where(static row => row.Setting.Available))
            {
                foreach (var choice in setting.LaterChoices)
                {
                    data.Add(path, choice);
                }
            }

            return data;
        }
    }

    public static TheoryData<string, string> Defaults
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var (path, setting) in SettingsReference.All().Where(static row => row.Setting is { Available: true, Default: not null }))
            {
                if (!setting.Default!.StartsWith('`'))
                {
                    data.Add(path, setting.Default);
                }
            }

            return data;
        }
    }

    [Fact]
    public void Table_EveryAvailableLeaf_HasASample()
    {
        var sampled = SettingSamples.Values.Keys.Select(General).Concat(Elsewhere).ToHashSet(StringComparer.Ordinal);
        var leaves = SettingsReference.All()
            .Where(static row => row.Setting is { Available: true, Name.Length: > 0 } && (!row.Setting.IsContainer || row.Setting.Item is { IsContainer: false }))
            .Select(static row => row.Path);

        Assert.Superset(leaves.ToHashSet(StringComparer.Ordinal), sampled);
    }

    [Theory]
    [MemberData(nameof(SamplePaths))]
    public void AvailableSetting_WithAnotherValue_ChangesTheConfiguration(string path)
    {
        var without = Documents.Good(Prepared(path).ToJsonString());

        var with = Documents.Good(With(path, JsonNode.Parse(SettingSamples.Values[path])!));

        Assert.NotEqual(Dump(without), Dump(with));
    }

    [Theory]
    [MemberData(nameof(Defaults))]
    public void AvailableSetting_WithItsDocumentedDefault_ChangesNothing(string path, string standard)
    {
        JsonNode value = standard switch
        {
            "[]" => new JsonArray(),
            "{}" => new JsonObject(),
            "[\"*\"]" => new JsonArray("*"),
            "[error]" => new JsonArray("error"),
            _ => JsonValue.Create(standard),
        };

        Assert.Equal(Dump(Documents.Good(Prepared(path).ToJsonString())), Dump(Documents.Good(With(Specific(path), value))));
    }

    [Theory]
    [MemberData(nameof(LaterPaths))]
    public void UnavailableSetting_Anywhere_IsRefusedByName(string path)
    {
        var refused = Documents.Load(With(Specific(path), JsonValue.Create("x"))).Errors;

        // The error names the setting, or the section above it when that as a whole is not available.
        var error = Assert.Single(refused);
        Assert.Equal("not available yet", error.Message);
        Assert.StartsWith(error.Path, Specific(path), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(LaterChoices))]
    public void UnavailableChoice_OfAnAvailableSetting_IsRefusedByName(string path, string choice)
    {
        var error = Assert.Single(Documents.Load(With(Specific(path), JsonValue.Create(choice))).Errors);

        Assert.Equal(Specific(path), error.Path);
        Assert.StartsWith($"\"{choice}\" is not available yet; use ", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ModerationCheck_OfTheOtherKind_ChangesTheConfiguration()
    {
        var with = Documents.Good(With("moderation.policies.x.input[0]", JsonNode.Parse("""{ "check": "regex", "pattern": "e+", "action": "redact" }""")!));

        Assert.Equal("e+", with.Moderation.Policies["x"].Input[0].Pattern);
        Assert.Empty(with.Moderation.Policies["x"].Input[0].Keywords);
    }

    private static string General(string path) => EntryName().Replace(path, "$1.NAME").Replace("[0]", "[]", StringComparison.Ordinal).Replace("[1]", "[]", StringComparison.Ordinal);

    private static string Specific(string path) => path switch
    {
        "models.NAME.priority" => "models.hybrid.priority",
        "models.NAME.sticky_by" => "models.sticky.sticky_by",
        "models.NAME.fallbacks[].on" => "models.falling.fallbacks[0].on",
        _ when QProvider().IsMatch(path) => path.Replace("providers.NAME", "providers.q", StringComparison.Ordinal).Replace("[]", "[0]", StringComparison.Ordinal),
        _ => path.Replace("[]", "[0]", StringComparison.Ordinal)
            .Replace("providers.NAME", "providers.p", StringComparison.Ordinal).Replace("models.NAME", "models.m", StringComparison.Ordinal)
            .Replace("policies.NAME", "policies.x", StringComparison.Ordinal).Replace("teams.NAME", "teams.t", StringComparison.Ordinal)
            .Replace("processors.NAME", "processors.x", StringComparison.Ordinal).Replace("users.NAME", "users.u", StringComparison.Ordinal)
            .Replace("organisations.NAME", "organisations.o", StringComparison.Ordinal),
    };

    [GeneratedRegex(@"\b(providers|models|policies|teams|processors|users|organisations)\.[a-z]+(?=\.)")]
    private static partial Regex EntryName();

    /// <summary>What needs a neighbour that only the second provider has.</summary>
    [GeneratedRegex(@"\Aproviders\.NAME\.(keys\[\]|probe|slow_stream)")]
    private static partial Regex QProvider();

    /// <summary>The full document with one value set; objects and lists on the way are made where they are missing.</summary>
    private static string With(string path, JsonNode value)
    {
        var root = Prepared(path);
        var node = root;
        var steps = path.Replace("[", ".[", StringComparison.Ordinal).Split('.');
        for (var i = 0; i < steps.Length; i++)
        {
            var isLast = i == steps.Length - 1;
            JsonNode next = isLast ? value : steps[i + 1][0] == '[' ? new JsonArray() : new JsonObject();
            if (steps[i][0] == '[')
            {
                var index = steps[i][1] - '0';
                var list = node.AsArray();
                if (index == list.Count)
                {
                    list.Add(next);
                }
                else if (isLast)
                {
                    list[index] = next;
                }

                node = list[index]!;
            }
            else
            {
                var members = node.AsObject();
                if (isLast || !members.ContainsKey(steps[i]))
                {
                    members[steps[i]] = next;
                }

                node = members[steps[i]]!;
            }
        }

        return root.ToJsonString();
    }

    private static JsonNode Prepared(string path)
    {
        var root = JsonNode.Parse(SettingSamples.Full)!;
        AllowanceSamples.Prepare(root, path);
        PriceSamples.Prepare(root, path);
        return root;
    }

    private static string Dump(GatewayConfig config) => JsonSerializer.Serialize(config);
}
