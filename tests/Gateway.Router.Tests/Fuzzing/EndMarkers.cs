using System.Text;
using System.Text.RegularExpressions;

namespace Gateway.Router.Tests.Fuzzing;

/// <summary>What says "this answer is complete" in each protocol, looked for in the bare text. Rather too much is taken for an end than too little.</summary>
internal static partial class EndMarkers
{
    public static bool StandIn(string protocol, ReadOnlySpan<byte> bytes)
    {
        var text = Encoding.Latin1.GetString(bytes);
        return protocol switch
        {
            "openai" => text.Contains("[DONE]", StringComparison.Ordinal) || FinishReason().IsMatch(text),
            "responses" => text.Contains("response.completed", StringComparison.Ordinal) || text.Contains("response.incomplete", StringComparison.Ordinal),
            "anthropic" => text.Contains("message_stop", StringComparison.Ordinal) || StopReason().IsMatch(text),
            "gemini" => text.Contains("finishReason", StringComparison.Ordinal) || text.Contains("blockReason", StringComparison.Ordinal),
            "ollama" => Done().IsMatch(text),
            "bedrock" => text.Contains("messageStop", StringComparison.Ordinal),
            _ => throw new ArgumentOutOfRangeException(nameof(protocol), protocol, "No such protocol."),
        };
    }

    [GeneratedRegex("\"finish_reason\"\\s*:\\s*(?!null)")]
    private static partial Regex FinishReason();

    [GeneratedRegex("\"stop_reason\"\\s*:\\s*(?!null)")]
    private static partial Regex StopReason();

    [GeneratedRegex("\"done\"\\s*:\\s*(?!false)")]
    private static partial Regex Done();
}
