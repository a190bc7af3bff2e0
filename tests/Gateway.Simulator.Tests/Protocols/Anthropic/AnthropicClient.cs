using System.Text;
using System.Text.Json;

namespace Gateway.Simulator.Tests.Protocols.Anthropic;

/// <summary>Asks as Anthropic's clients do.</summary>
internal static class AnthropicClient
{
    public const string Tools = ""","tools":[{"name":"f","input_schema":{"type":"object","properties":{"q":{"type":"string"}}}},{"name":"g","input_schema":{"type":"object"}}]""";
    public const string Thinking = ""","thinking":{"type":"enabled","budget_tokens":1024}""";

    /// <summary>A request with one user message.</summary>
    public static string Ask(string text, string rest = "", string model = "claude-3-5-haiku-20241022") =>
        $$"""{"model":"{{model}}","max_tokens":2048,"messages":[{"role":"user","content":"{{text}}"}]{{rest}}}""";

    /// <summary>A request with these messages.</summary>
    public static string Talk(string messages, string rest = "") => $$"""{"model":"m","max_tokens":2048,"messages":[{{messages}}]{{rest}}}""";

    public static async Task<HttpResponseMessage> SendAsync(TestSimulator simulator, string body, string path = "/v1/messages")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Add("anthropic-version", "2023-06-01");
        request.Headers.Add("x-api-key", "test-key");
        return await simulator.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    public static async Task<JsonElement> JsonAsync(TestSimulator simulator, string body, string path = "/v1/messages")
    {
        using var response = await SendAsync(simulator, body, path);
        return JsonElement.Parse(await response.Content.ReadAsStringAsync());
    }

    /// <summary>The data of every event; its name must be its type.</summary>
    public static async Task<List<JsonElement>> EventsAsync(TestSimulator simulator, string body)
    {
        using var response = await SendAsync(simulator, body);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        return Events(await response.Content.ReadAsStringAsync());
    }

    public static List<JsonElement> Events(string stream)
    {
        var events = new List<JsonElement>();
        foreach (var piece in stream.ReplaceLineEndings("\n").Split("\n\n", StringSplitOptions.RemoveEmptyEntries))
        {
            var lines = piece.Split('\n');
            var data = JsonElement.Parse(lines[1]["data: ".Length..]);
            Assert.Equal(lines[0]["event: ".Length..], Type(data));
            events.Add(data);
        }

        return events;
    }

    public static string? Type(JsonElement holder) => holder.GetProperty("type").GetString();

    /// <summary>What a client makes of the events: the whole message.</summary>
    public static string Fold(List<JsonElement> events)
    {
        var blocks = new List<Dictionary<string, object?>>();
        var text = new StringBuilder();
        foreach (var data in events)
        {
            switch (Type(data))
            {
                case "content_block_start":
                    Assert.Equal(blocks.Count, data.GetProperty("index").GetInt32());
                    blocks.Add(data.GetProperty("content_block").EnumerateObject().ToDictionary(member => member.Name, member => (object?)member.Value));
                    text.Clear();
                    break;
                case "content_block_delta":
                    Assert.Equal(blocks.Count - 1, data.GetProperty("index").GetInt32());
                    var delta = data.GetProperty("delta");
                    var member = Type(delta) switch { "text_delta" => "text", "thinking_delta" => "thinking", "signature_delta" => "signature", _ => "partial_json" };
                    text.Append(member == "signature" ? "" : delta.GetProperty(member).GetString());
                    blocks[^1][member == "partial_json" ? "input" : member] = member switch
                    {
                        "partial_json" => text.Length == 0 ? blocks[^1]["input"] : text.ToString(),
                        "signature" => delta.GetProperty("signature").GetString(),
                        _ => text.ToString(),
                    };
                    break;
                case "content_block_stop":
                    Assert.Equal(blocks.Count - 1, data.GetProperty("index").GetInt32());
                    if (blocks[^1].GetValueOrDefault("input") is string arguments)
                    {
                        blocks[^1]["input"] = JsonElement.Parse(arguments);
                    }

                    break;
            }
        }

        return JsonSerializer.Serialize(blocks);
    }

    /// <summary>The content of a whole message with ids left out, to hold against another request's.</summary>
    public static string WithoutIds(string content) => System.Text.RegularExpressions.Regex.Replace(content, "\"toolu_[^\"]*\"", "\"id\"");
}
