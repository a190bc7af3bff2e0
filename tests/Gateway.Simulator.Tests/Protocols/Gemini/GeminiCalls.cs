using System.Text;
using System.Text.Json;

namespace Gateway.Simulator.Tests.Protocols.Gemini;

/// <summary>Short ways to ask like a Gemini client.</summary>
internal static class GeminiCalls
{
    public const string Tools = ""","tools":[{"functionDeclarations":[{"name":"f","parameters":{"type":"OBJECT","properties":{"q":{"type":"STRING"},"n":{"type":"INTEGER"}}}},{"name":"g"}]}]""";

    public static string Path(string model = "gemini-2.5-flash", string method = "generateContent", string query = "") =>
        $"/v1beta/models/{model}:{method}?key=k{query}";

    public static string Events(string model = "gemini-2.5-flash") => Path(model, "streamGenerateContent", "&alt=sse");

    public static string Say(string text, string rest = "") => $$"""{"contents":[{"role":"user","parts":[{"text":"{{text}}"}]}]{{rest}}}""";

    public static string Config(string members) => $$$""","generationConfig":{{{{members}}}}""";

    public static async Task<string> TextAsync(this TestSimulator simulator, string body, string path)
    {
        using var response = await simulator.SendAsync(body, path);
        return await response.Content.ReadAsStringAsync();
    }

    public static async Task<List<JsonElement>> ChunksAsync(this TestSimulator simulator, string body, string? path = null) =>
        [.. TestSimulator.Events(await simulator.TextAsync(body, path ?? Events())).Select(data => JsonElement.Parse(data))];

    public static IEnumerable<JsonElement> Parts(this JsonElement answer, int candidate = 0) => answer.TryGetProperty("candidates", out var candidates)
        ? candidates.EnumerateArray().Where(entry => entry.GetProperty("index").GetInt32() == candidate).SelectMany(entry => entry.GetProperty("content").GetProperty("parts").EnumerateArray())
        : [];

    /// <summary>The text without thoughts.</summary>
    public static string Said(this IEnumerable<JsonElement> answers, int candidate = 0, bool thought = false)
    {
        var text = new StringBuilder();
        foreach (var part in answers.SelectMany(answer => answer.Parts(candidate)))
        {
            text.Append(part.TryGetProperty("text", out var said) && part.TryGetProperty("thought", out _) == thought ? said.GetString() : "");
        }

        return text.ToString();
    }

    public static string? Finish(this JsonElement answer) =>
        answer.TryGetProperty("candidates", out var candidates) && candidates[0].TryGetProperty("finishReason", out var reason) ? reason.GetString() : null;

    public static int Usage(this JsonElement answer, string name) =>
        answer.GetProperty("usageMetadata").TryGetProperty(name, out var count) ? count.GetInt32() : 0;
}
