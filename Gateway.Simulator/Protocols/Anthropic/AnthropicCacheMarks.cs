using System.Text.Json;

namespace Gateway.Simulator.Protocols.Anthropic;

/// <summary><c>cache_control</c> on tools, system and content blocks.</summary>
internal static class AnthropicCacheMarks
{
    public const string Member = "cache_control";
    private const int Max = 4;

    /// <param name="holder">What may carry a mark.</param>
    /// <param name="path">Its path; empty for the body.</param>
    /// <param name="provider">Words refusals.</param>
    /// <returns>How long the marked prefix lives, or null for no mark.</returns>
    /// <exception cref="ProviderException">The mark is malformed.</exception>
    public static TimeSpan? Check(JsonElement holder, string path, AnthropicProvider provider)
    {
        if (Json.Member(holder, "cache_control"u8) is not { } mark)
        {
            return null;
        }

        path = path.Length == 0 ? Member : $"{path}.{Member}";
        if (mark.ValueKind != JsonValueKind.Object)
        {
            throw AnthropicError.Invalid(path, "Input should be an object");
        }

        AnthropicFields.CacheControl.Check(mark, provider, path);
        return Json.Text(mark, "ttl"u8) == "1h" ? TimeSpan.FromHours(1) : TimeSpan.FromMinutes(5);
    }

    /// <exception cref="AnthropicError">More marks than one request may have.</exception>
    public static void CheckCount(PromptPrefix prefix)
    {
        if (prefix.Marks.Count > Max)
        {
            throw AnthropicError.Invalid($"A maximum of {Max} blocks with cache_control may be provided. Found {prefix.Marks.Count}.");
        }
    }
}
