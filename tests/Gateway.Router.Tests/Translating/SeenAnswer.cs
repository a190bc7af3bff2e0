using System.Text;
using System.Text.Json.Nodes;

namespace Gateway.Router.Tests.Translating;

/// <summary>
/// What a client of some protocol understands of an answer, read without any of the Router's own code: two answers that say the same give
/// the same value, whatever protocol they are in.
/// </summary>
/// <param name="Finish">stop, length, tool, filtered, refusal, error, or none.</param>
internal sealed record SeenAnswer(string Text, string Reasoning, string Calls, string Finish, long Input, long Cached, long Output)
{
    /// <param name="protocol">openai, responses, anthropic, gemini, ollama or bedrock.</param>
    public static SeenAnswer Read(string protocol, bool stream, ReadOnlySpan<byte> body)
    {
        var seen = new Collected();
        switch (protocol, stream)
        {
            case ("openai", false): OpenAIReading.Plain(JsonNode.Parse(body)!, seen); break;
            case ("openai", true): OpenAIReading.Stream(SseData(body), seen); break;
            case ("responses", false): ResponsesReading.Plain(JsonNode.Parse(body)!, seen); break;
            case ("responses", true): ResponsesReading.Stream(SseData(body), seen); break;
            case ("anthropic", false): AnthropicReading.Plain(JsonNode.Parse(body)!, seen); break;
            case ("anthropic", true): AnthropicReading.Stream(SseData(body), seen); break;
            case ("gemini", false): GeminiReading.Chunk(JsonNode.Parse(body)!, seen); break;
            case ("gemini", true): SseData(body).ForEach(data => GeminiReading.Chunk(JsonNode.Parse(data)!, seen)); break;
            case ("ollama", _): Lines(body).ForEach(line => OllamaReading.Line(JsonNode.Parse(line)!, seen)); break;
            case ("bedrock", false): BedrockReading.Plain(JsonNode.Parse(body)!, seen); break;
            case ("bedrock", true): BedrockReading.Stream(body, seen); break;
            default: throw new ArgumentOutOfRangeException(nameof(protocol), protocol, "No such protocol.");
        }

        return seen.ToAnswer();
    }

    /// <summary>The data of each event; comments and names are left out, and so is OpenAI's end marker.</summary>
    public static List<string> SseData(ReadOnlySpan<byte> stream)
    {
        var text = Encoding.UTF8.GetString(stream).TrimStart('\uFEFF').Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        return
        [
            .. text.Split("\n\n").Select(static block => string.Join('\n', block.Split('\n').Where(static line => line.StartsWith("data:", StringComparison.Ordinal)).Select(static line => line[5..].TrimStart(' '))))
                .Where(static data => data.Length > 0 && data != "[DONE]"),
        ];
    }

    private static List<string> Lines(ReadOnlySpan<byte> stream) => [.. Encoding.UTF8.GetString(stream).Split('\n').Where(static line => line.Trim().Length > 0)];

    internal sealed class Collected
    {
        private readonly List<(string Key, string Name, StringBuilder Arguments)> _calls = [];

        public StringBuilder Text { get; } = new();

        public StringBuilder Reasoning { get; } = new();

        public string? Finish { get; set; }

        public bool Refused { get; set; }

        public long Input { get; set; }

        public long Cached { get; set; }

        public long Output { get; set; }

        public bool HasCalls => _calls.Count > 0;

        public void Call(string key, string? name, string? arguments)
        {
            var at = _calls.FindIndex(call => call.Key == key);
            if (at < 0)
            {
                _calls.Add((key, name ?? "", new StringBuilder(arguments)));
                return;
            }

            _calls[at].Arguments.Append(arguments);
        }

        public SeenAnswer ToAnswer() => new(
            Text.ToString(), Reasoning.ToString(), string.Join(' ', _calls.Select(static call => $"{call.Name}({Canonical(call.Arguments.ToString())})")),
            Refused ? "refusal" : HasCalls && Finish is "stop" or null && HasCalls ? "tool" : Finish ?? "none", Input, Cached, Output);

        /// <summary>The same text for the same value.</summary>
        private static string Canonical(string json) => json.Length == 0 ? "{}" : JsonNode.Parse(json)!.ToJsonString();
    }
}

internal static class Nodes
{
    public static string? Text(this JsonNode? node, string name) => node is JsonObject o && o[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;

    public static long Number(this JsonNode? node, string name) => node is JsonObject o && o[name] is JsonValue value && value.TryGetValue<double>(out var number) ? (long)number : 0;

    public static IEnumerable<JsonNode> List(this JsonNode? node, string name) => node is JsonObject o && o[name] is JsonArray list ? list.OfType<JsonNode>() : [];
}
