using System.Text.Json;

namespace Gateway.Simulator.Protocols.Anthropic;

/// <summary><c>cache_control</c> on tools, system and content blocks.</summary>
internal static class AnthropicCacheMarks
{
    public const string Member = "cache_control";
    private const int Max = 4;

    /// <returns>How long the marked prefix lives, or null for no mark.</returns>
    /// <exception cref="ProviderException">The mark is malformed.</exception>
    public static TimeSpan? Check(JsonElement holder, string path, AnthropicProvider provider)
    {
        if (Json.Member(holder, "cache_control"u8) is not { } mark)
        {
            return null;
        }

        AnthropicFields.CacheControl.Check(mark, provider, $"{path}.{Member}");
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
