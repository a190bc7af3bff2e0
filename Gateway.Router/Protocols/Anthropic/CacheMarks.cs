using System.Text.Json;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Anthropic;

/// <summary>Writes cache marks. Anthropic takes four: the last ones reach furthest, so those are kept.</summary>
/// <param name="total">Marks that the request would have.</param>
internal sealed class CacheMarks(int total)
{
    private const int Most = 4;

    private int _skip = Math.Max(0, total - Most);

    public void Write(Utf8JsonWriter json, CacheMark? mark)
    {
        if (mark is null || _skip-- > 0)
        {
            return;
        }

        json.WriteStartObject("cache_control"u8);
        json.WriteString("type"u8, "ephemeral"u8);
        if (mark.Ttl is not null)
        {
            json.WriteString("ttl"u8, mark.Ttl);
        }

        json.WriteEndObject();
    }

    /// <summary>Marks in a list of parts, those inside of tool results included.</summary>
    public static int Count(IReadOnlyList<NeutralPart> parts)
    {
        var count = 0;
        foreach (var part in parts)
        {
            // Thinking cannot be marked.
            count += part.Cache is not null && part is not ReasoningPart ? 1 : 0;
            count += part is ToolResultPart result ? Count(result.Parts) : 0;
        }

        return count;
    }
}
