using static Gateway.Moderation.Content.Shapes.CommonShapes;

namespace Gateway.Moderation.Content.Shapes;

/// <summary>Bodies of <c>/v1/messages</c> and of its token count.</summary>
internal static class AnthropicShapes
{
    public static readonly Shape Messages = new() { Other = Data };

    static AnthropicShapes()
    {
        // Blocks of a turn, and of results inside it, are one text.
        var blocks = new Shape { Strings = StringUse.Part, IsOneText = true, Other = Any };
        blocks["text", "content"] = blocks;
        blocks["type", "id", "tool_use_id", "signature", "encrypted_content", "encrypted_index", "cache_control", "file_id", "media_type"] = Machine;

        // Sealed reasoning; only its maker can open it.
        blocks["data"] = Machine;
        blocks["input"] = Data;

        // A string is the name of a search result, which the model sees.
        var source = new Shape { Strings = StringUse.Text, IsFile = true, Items = blocks, Other = Any, ["content"] = blocks };
        source.AddRulesOf(Media);
        blocks["source"] = source;

        var message = new Shape { Strings = StringUse.Text, Other = Any };
        message["role"] = Machine;
        message["content"] = blocks;

        Messages["system"] = blocks;
        Messages["messages"] = message;
        Messages["tools", "output_config", "output_format"] = Descriptions;
        Messages[
            "model", "metadata", "stop_sequences", "tool_choice", "thinking", "service_tier", "mcp_servers", "container", "context_management",
            "cache_control", "inference_geo", "speed"] = Shape.Nothing;
    }
}
