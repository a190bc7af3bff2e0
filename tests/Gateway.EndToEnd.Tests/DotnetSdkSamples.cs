using System.Text.Json;

namespace Gateway.EndToEnd.Tests;

/// <summary>What both .NET clients are asked for.</summary>
internal static class DotnetSdkSamples
{
    public const string Story = "Tell me a story.";

    /// <summary>An object with the text <c>city</c>, as strict as OpenAI wants it.</summary>
    public const string City = """{"type":"object","properties":{"city":{"type":"string"}},"required":["city"],"additionalProperties":false}""";

    public const string Person = """{"type":"object","properties":{"name":{"type":"string"},"age":{"type":"integer"}},"required":["name","age"],"additionalProperties":false}""";

    /// <summary>One red pixel.</summary>
    public const string Png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";

    /// <summary>Long enough to be left in its middle.</summary>
    public const string Endless = "[sim tokens=1000 gap=20ms]";

    public static TheoryData<string> Upstreams => [.. ProtocolRig.Upstreams];

    public static TheoryData<string, int> Statuses(params int[] statuses)
    {
        var data = new TheoryData<string, int>();
        foreach (var upstream in ProtocolRig.Upstreams)
        {
            foreach (var status in statuses)
            {
                data.Add(upstream, status);
            }
        }

        return data;
    }

    public static void AssertPerson(string json)
    {
        using var document = JsonDocument.Parse(json);
        Assert.Equal(JsonValueKind.String, document.RootElement.GetProperty("name").ValueKind);
        Assert.True(document.RootElement.GetProperty("age").TryGetInt64(out _));
    }

    public static void AssertCity(string json)
    {
        using var document = JsonDocument.Parse(json);
        Assert.Equal(JsonValueKind.String, document.RootElement.GetProperty("city").ValueKind);
    }
}
