using System.Text.Json;

namespace Gateway.Simulator.Tests.Protocols.Ollama;

/// <summary>Short ways to ask like an Ollama client.</summary>
internal static class OllamaCalls
{
    public const string Chat = "/api/chat";
    public const string Generate = "/api/generate";
    public const string Whole = ""","stream":false""";
    public const string Tools = ""","tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{"q":{"type":"string"}}}}},{"type":"function","function":{"name":"g"}}]""";

    public static string Say(string text, string rest = "", string model = "llama3.2") =>
        $$"""{"model":"{{model}}","messages":[{"role":"user","content":"{{text}}"}]{{rest}}}""";

    public static string Prompt(string text, string rest = "") => $$"""{"model":"llama3.2","prompt":"{{text}}"{{rest}}}""";

    public static async Task<string> TextAsync(this TestSimulator simulator, string body, string path = Chat)
    {
        using var response = await simulator.SendAsync(body, path);
        return await response.Content.ReadAsStringAsync();
    }

    public static async Task<List<JsonElement>> LinesAsync(this TestSimulator simulator, string body, string path = Chat) =>
        [.. (await simulator.TextAsync(body, path)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonElement.Parse(line))];

    public static string Said(this IEnumerable<JsonElement> lines, string member = "content") => string.Concat(lines.Select(line =>
        (line.TryGetProperty("message", out var message) ? message : line).TryGetProperty(member, out var text) ? text.GetString() : ""));

    public static bool Done(this JsonElement line) => line.GetProperty("done").GetBoolean();

    public static int Count(this JsonElement line, string name) => line.GetProperty(name).GetInt32();
}
