using System.Text;
using System.Text.Json;
using Gateway.Router.Protocols.Neutral;
using Gateway.Router.Tests.Hosting;

namespace Gateway.Router.Tests.Protocols.OpenAI;

/// <summary>What a recording says, found with a full parser and in the plainest way: the decoder must find the same.</summary>
internal sealed class ExpectedAnswer
{
    private readonly List<(string Key, string Id, string Name, StringBuilder Arguments)> _calls = [];

    public StringBuilder Text { get; } = new();

    public StringBuilder Reasoning { get; } = new();

    public string? FinishReason { get; private set; }

    public (long Input, long Output, long Cached, long Reasoning)? Usage { get; private set; }

    public string Id { get; private set; } = "";

    public string Model { get; private set; } = "";

    public IEnumerable<string> Calls => _calls.Select(static call => $"{call.Id} {call.Name} {call.Arguments}");

    public FinishReason? Reason => FinishReason switch
    {
        "stop" => Gateway.Router.Protocols.Neutral.FinishReason.Stop,
        "length" => Gateway.Router.Protocols.Neutral.FinishReason.Length,
        "tool_calls" or "function_call" => Gateway.Router.Protocols.Neutral.FinishReason.Tool,
        "content_filter" => Gateway.Router.Protocols.Neutral.FinishReason.Filtered,
        null => null,
        _ => throw new InvalidOperationException(FinishReason),
    };

    public static ExpectedAnswer Of(Recording recording)
    {
        var expected = new ExpectedAnswer();
        if (!recording.Streaming)
        {
            using var document = JsonDocument.Parse(recording.Response);
            expected.Add(document.RootElement, "message");
            return expected;
        }

        foreach (var line in Encoding.UTF8.GetString(recording.Response).Split('\n').Where(static line => line.StartsWith("data: {", StringComparison.Ordinal)))
        {
            using var document = JsonDocument.Parse(line[6..].TrimEnd());
            expected.Add(document.RootElement, "delta");
        }

        return expected;
    }

    private void Add(JsonElement chunk, string member)
    {
        if (chunk.TryGetProperty("choices", out var choices) && choices.GetArrayLength() > 0)
        {
            Id = Id.Length > 0 ? Id : chunk.GetProperty("id").GetString()!;
            Model = Model.Length > 0 ? Model : chunk.GetProperty("model").GetString()!;
            var choice = choices[0];
            var content = choice.GetProperty(member);
            Text.Append(String(content, "content"));
            Reasoning.Append(String(content, "reasoning_content") is { Length: > 0 } text ? text : String(content, "reasoning"));
            AddCalls(content);
            FinishReason ??= String(choice, "finish_reason") is { Length: > 0 } reason ? reason : null;
        }

        if ((chunk.TryGetProperty("usage", out var usage) && usage.ValueKind == JsonValueKind.Object)
            || (chunk.TryGetProperty("x_groq", out var groq) && groq.TryGetProperty("usage", out usage)))
        {
            Usage = (
                Number(usage, "prompt_tokens"), Number(usage, "completion_tokens"),
                Math.Max(Inner(usage, "prompt_tokens_details", "cached_tokens"), Number(usage, "prompt_cache_hit_tokens")), Inner(usage, "completion_tokens_details", "reasoning_tokens"));
        }
    }

    private void AddCalls(JsonElement content)
    {
        if (content.TryGetProperty("function_call", out var function) && function.ValueKind == JsonValueKind.Object)
        {
            _calls.Add(("function", "*", function.GetProperty("name").GetString()!, new StringBuilder(function.GetProperty("arguments").GetString())));
        }

        if (!content.TryGetProperty("tool_calls", out var calls) || calls.ValueKind != JsonValueKind.Array)
        {
            return;
        }

        foreach (var call in calls.EnumerateArray())
        {
            var key = call.TryGetProperty("index", out var index) ? index.ToString() : call.GetProperty("id").GetString()!;
            var found = _calls.FindIndex(entry => entry.Key == key);
            if (found < 0)
            {
                _calls.Add((key, String(call, "id")!, String(call.GetProperty("function"), "name")!, new StringBuilder()));
                found = _calls.Count - 1;
            }

            _calls[found].Arguments.Append(String(call.GetProperty("function"), "arguments"));
        }
    }

    private static string? String(JsonElement parent, string name) => parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static long Number(JsonElement parent, string name) => parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetInt64() : 0;

    private static long Inner(JsonElement parent, string name, string inner) => parent.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Object ? Number(value, inner) : 0;
}
