using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Anthropic;

/// <summary>Reads content: a string, or a list of blocks.</summary>
internal sealed class ContentReader(List<ForeignField> foreign, TranslationNotes notes)
{
    public List<ForeignField> Foreign => foreign;

    public TranslationNotes Notes => notes;

    /// <param name="path">Of the block.</param>
    public void ReadBlock(JsonElement block, SourcePath path, List<NeutralPart> parts)
    {
        AnthropicFields.Object(block, path);
        var type = AnthropicFields.RequiredText(block, "type"u8, path.At("type"));
        var cache = CacheOf(block, path);
        switch (type)
        {
            case "text":
                parts.Add(new TextPart(AnthropicFields.RequiredText(block, "text"u8, path.At("text")), path) { Cache = cache });
                break;
            case "image":
                parts.Add(MediaReader.Image(block, path, cache));
                break;
            case "document":
                MediaReader.Document(block, path, cache, parts, this);
                break;
            case "tool_use":
                parts.Add(Call(block, path) with { Cache = cache });
                break;
            case "tool_result":
                parts.Add(Result(block, path) with { Cache = cache });
                break;
            case "thinking":
                parts.Add(new ReasoningPart(AnthropicFields.OptionalText(block, "thinking"u8, path.At("thinking")) ?? "", path)
                {
                    Signature = AnthropicFields.OptionalText(block, "signature"u8, path.At("signature")) is { Length: > 0 } signature ? signature : null,
                });
                break;
            case "redacted_thinking":
                parts.Add(new ReasoningPart("", path) { Redacted = AnthropicFields.RequiredText(block, "data"u8, path.At("data")) });
                break;
            default:
                // Search results, and the calls and results of tools that run at Anthropic: nobody else understands them.
                foreign.Add(new ForeignField(path.At("type"), ChangesAnswer: true));
                break;
        }
    }

    /// <summary>Content inside of a block: a string or a list of blocks of its own.</summary>
    /// <param name="owner">The object that holds a member <c>content</c>.</param>
    /// <param name="member">Name of that member in messages.</param>
    public void ReadInner(JsonElement owner, SourcePath path, string member, List<NeutralPart> parts)
    {
        if (!owner.TryGetProperty("content"u8, out var content) || AnthropicFields.IsNull(content))
        {
            return;
        }

        if (content.ValueKind == JsonValueKind.String)
        {
            parts.Add(new TextPart(AnthropicFields.Text(content, path.At(member)), path));
            return;
        }

        if (content.ValueKind != JsonValueKind.Array)
        {
            throw AnthropicFields.Wrong(path.At(member), "a string or a list of blocks");
        }

        var index = 0;
        foreach (var block in content.EnumerateArray())
        {
            // One level deep: calls and results do not stand in results.
            var place = string.Create(CultureInfo.InvariantCulture, $"{member}[{index++}]");
            AnthropicFields.Object(block, path.At(place));
            ReadInnerBlock(block, path, place, parts);
        }
    }

    public static CacheMark? CacheOf(JsonElement owner, SourcePath path)
    {
        if (!owner.TryGetProperty("cache_control"u8, out var mark) || AnthropicFields.IsNull(mark))
        {
            return null;
        }

        AnthropicFields.Object(mark, path.At("cache_control"));
        return new CacheMark(AnthropicFields.OptionalText(mark, "ttl"u8, path.At("cache_control.ttl")));
    }

    private void ReadInnerBlock(JsonElement block, SourcePath path, string place, List<NeutralPart> parts)
    {
        var at = path.At(place);
        var type = AnthropicFields.RequiredText(block, "type"u8, path.At(place + ".type"));
        if (type == "text")
        {
            parts.Add(new TextPart(AnthropicFields.RequiredText(block, "text"u8, path.At(place + ".text")), at) { Cache = CacheOf(block, path) });
        }
        else if (type is "image" or "document")
        {
            ReadBlock(block, at, parts);
        }
        else
        {
            foreign.Add(new ForeignField(path.At(place + ".type"), ChangesAnswer: true));
        }
    }

    private static ToolCallPart Call(JsonElement block, SourcePath path)
    {
        var id = AnthropicFields.RequiredText(block, "id"u8, path.At("id"));
        var name = AnthropicFields.RequiredText(block, "name"u8, path.At("name"));
        var arguments = "{}";
        if (block.TryGetProperty("input"u8, out var input) && !AnthropicFields.IsNull(input))
        {
            arguments = Encoding.UTF8.GetString(CompactJson.Strip(JsonMarshal.GetRawUtf8Value(AnthropicFields.Object(input, path.At("input")))));
        }

        return new ToolCallPart(id.Length > 0 ? id : throw AnthropicFields.Wrong(path.At("id"), "a string that is not empty"), name, arguments, path);
    }

    private ToolResultPart Result(JsonElement block, SourcePath path)
    {
        var id = AnthropicFields.RequiredText(block, "tool_use_id"u8, path.At("tool_use_id"));
        var isError = AnthropicFields.OptionalFlag(block, "is_error"u8, path.At("is_error")) ?? false;
        var parts = new List<NeutralPart>();
        ReadInner(block, path, "content", parts);
        return new ToolResultPart(id, null, parts, isError, path);
    }
}
