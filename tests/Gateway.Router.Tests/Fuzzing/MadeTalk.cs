using System.Globalization;
using System.Text.Json.Nodes;

namespace Gateway.Router.Tests.Fuzzing;

internal enum MadeKind
{
    Text,
    Image,
    ImageUrl,
    Pdf,
}

internal sealed record MadePart(MadeKind Kind, string Text = "");

/// <param name="Arguments">An object.</param>
internal sealed record MadeCall(string Id, string Name, string Arguments, string Result, bool Fails);

/// <summary>What the user said, what the assistant answered to it, and what its calls gave.</summary>
internal sealed record MadeRound(List<MadePart> User, string? Thought, string? Answer, List<MadeCall> Calls);

/// <summary>A talk that every protocol can hold, with the options of a request: each protocol's own maker writes it down in its words.</summary>
internal sealed class MadeTalk
{
    public const string Png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
    public const string Pdf = "JVBERi0xLjQKJSVFT0YK";

    private static readonly string[] Texts =
        ["hi", "Grüße 😀", "a \"quote\" \\ and\nlines", "{\"$ref\":\"#/x\"}", "\u2028 \u0085", " x ", "data: [DONE]\n\n", "\0", "<b>&amp;'", "日本語", new('w', 300)];

    private static readonly string[] Schemas =
    [
        """{"type":"object","properties":{"city":{"type":"string"}},"required":["city"]}""",
        """{"type":"object","properties":{"n":{"type":["integer","null"],"minimum":0},"list":{"type":"array","items":{"$ref":"#/$defs/item"}}},"$defs":{"item":{"type":"object","properties":{"x":{"enum":["a","b"]}}}},"additionalProperties":false}""",
        """{"type":"object","properties":{"tree":{"$ref":"#/$defs/node"}},"$defs":{"node":{"type":"object","properties":{"next":{"$ref":"#/$defs/node"}}}}}""",
        """{"type":"object","properties":{"any":{"oneOf":[{"type":"string","format":"uri"},{"type":"number","exclusiveMinimum":1}]},"c":{"const":5}}}""",
        """{"type":"object","properties":{}}""",
    ];

    private static readonly string[] Arguments = ["{}", """{"city":"Köln \"am\" Rhein"}""", """{"a":[1,2.50,-0,1e3],"b":{"c":null}}""", """{"z":1,"a":"\u0041"}""", """{ "spaced" : true }"""];

    private readonly Random _random;

    public MadeTalk(Random random)
    {
        _random = random;
        Tools = [.. new[] { "get_weather", "search-web", "f", new string('n', 64) }.Where(_ => random.OneIn(3))];
        for (var count = random.Next(3); count > 0; count--)
        {
            System.Add(Text());
        }

        var calls = 0;
        for (var count = random.Next(4); count > 0; count--)
        {
            var made = new List<MadeCall>();
            for (var more = Tools.Count > 0 && random.OneIn(2) ? random.Next(1, 4) : 0; more > 0; more--)
            {
                made.Add(new MadeCall(string.Create(CultureInfo.InvariantCulture, $"call_{calls++}"), random.Pick(Tools), random.Pick(Arguments), random.OneIn(8) ? "" : Text(), random.OneIn(6)));
            }

            Rounds.Add(new MadeRound(Said(), random.OneIn(3) ? Text() : null, made.Count > 0 && random.OneIn(2) ? null : Text(), made));
        }

        Last = Rounds.Count > 0 && Rounds[^1].Calls.Count > 0 && random.OneIn(2) ? [] : Said();
    }

    public List<string> System { get; } = [];

    public List<MadeRound> Rounds { get; } = [];

    /// <summary>What the user says last; empty where the results of calls are the last.</summary>
    public List<MadePart> Last { get; }

    public List<string> Tools { get; }

    public string Text() => _random.Pick(Texts);

    /// <summary>One that OpenAI takes as strict.</summary>
    public static JsonNode StrictSchema() => JsonNode.Parse("""{"type":"object","properties":{"city":{"type":"string"}},"required":["city"],"additionalProperties":false}""")!;

    public JsonNode Schema() => JsonNode.Parse(_random.Pick(Schemas))!;

    public bool Maybe(int of = 3) => _random.OneIn(of);

    public T Pick<T>(params T[] from) => _random.Pick(from);

    private List<MadePart> Said()
    {
        var parts = new List<MadePart> { new(MadeKind.Text, Text()) };
        for (var more = _random.Next(3); more > 0; more--)
        {
            parts.Add(_random.Next(12) switch
            {
                0 => new MadePart(MadeKind.ImageUrl),
                1 => new MadePart(MadeKind.Pdf),
                2 or 3 or 4 => new MadePart(MadeKind.Image),
                _ => new MadePart(MadeKind.Text, Text()),
            });
        }

        return parts;
    }
}

/// <summary>Short ways to write JSON.</summary>
internal static class Made
{
    public static JsonObject Object(params (string Name, JsonNode? Value)[] members) => new(members.Select(static member => KeyValuePair.Create(member.Name, member.Value)));

    public static JsonArray Array(IEnumerable<JsonNode?> items) => new([.. items]);

    public static JsonNode Json(string text) => JsonNode.Parse(text)!;
}
