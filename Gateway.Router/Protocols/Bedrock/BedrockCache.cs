using System.Text.Json;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Bedrock;

/// <summary>Writes cache points behind what is marked, in the order tools, system, messages. Of more than four the last four stand.</summary>
internal sealed class BedrockCache
{
    private const int Most = 4;
    private int _skip = -Most;
    private readonly bool _isKnown;

    public BedrockCache(NeutralRequest request, BedrockTalk talk, BedrockModel model)
    {
        _isKnown = model.HasCache;
        foreach (var tool in request.Tools)
        {
            _skip += tool.Cache is null ? 0 : 1;
        }

        Count(talk.System);
        foreach (var turn in talk.Turns)
        {
            Count(turn.Parts);
        }
    }

    public void Write(Utf8JsonWriter json, CacheMark? mark)
    {
        if (mark is null || !_isKnown || _skip-- > 0)
        {
            return;
        }

        json.WriteStartObject();
        json.WriteStartObject("cachePoint"u8);
        json.WriteString("type"u8, "default"u8);
        if (mark.Ttl is "1h")
        {
            json.WriteString("ttl"u8, mark.Ttl);
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>Reasoning takes no mark.</summary>
    public static CacheMark? Of(NeutralPart part) => part is ReasoningPart ? null : part.Cache;

    private void Count(List<NeutralPart> parts)
    {
        foreach (var part in parts)
        {
            _skip += Of(part) is null ? 0 : 1;
        }
    }
}
