using System.Text.Json;
using Gateway.Core.Money;

namespace Gateway.Router.Protocols.Responses;

/// <summary>Reads the <c>usage</c> of a response into neutral counts.</summary>
internal static class ResponsesUsage
{
    /// <param name="usage">A value; anything but an object with a count gives null.</param>
    public static TokenUsage? Read(JsonElement usage)
    {
        if (usage.ValueKind != JsonValueKind.Object || !TryCount(usage, "input_tokens", out var input) | !TryCount(usage, "output_tokens", out var output))
        {
            return null;
        }

        TryDetail(usage, "input_tokens_details", "cached_tokens", out var cached);
        TryDetail(usage, "input_tokens_details", "cache_write_tokens", out var written);
        TryDetail(usage, "output_tokens_details", "reasoning_tokens", out var reasoning);

        // Parts are never more than what they are parts of, whatever a server says.
        cached = Math.Min(input, cached);
        return new TokenUsage(input, cached, Math.Min(input - cached, written), output, Math.Min(output, reasoning));
    }

    private static bool TryDetail(JsonElement usage, string details, string name, out long count)
    {
        count = 0;
        return usage.TryGetProperty(details, out var parts) && parts.ValueKind == JsonValueKind.Object && TryCount(parts, name, out count);
    }

    private static bool TryCount(JsonElement parent, string name, out long count)
    {
        count = 0;
        if (!parent.TryGetProperty(name, out var value) || value.ValueKind != JsonValueKind.Number)
        {
            return false;
        }

        // Some servers write 12.0.
        count = value.TryGetInt64(out var whole) ? whole : value.TryGetDouble(out var number) ? (long)Math.Min(number, TokenUsage.Most) : 0;
        count = Math.Clamp(count, 0, TokenUsage.Most);
        return true;
    }
}
