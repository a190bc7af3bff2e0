using static Gateway.Moderation.Content.Shapes.CommonShapes;

namespace Gateway.Moderation.Content.Shapes;

/// <summary>
/// Bodies of Ollama's endpoints. Its server takes names in any case; here only the usual spelling has a rule, and any other is read whole.
/// </summary>
internal static class OllamaShapes
{
    public static readonly Shape Chat = new() { Other = Data };

    public static readonly Shape Generate = new() { Other = Data };

    public static readonly Shape Embed = new() { Other = Data };

    static OllamaShapes()
    {
        var message = new Shape { Strings = StringUse.Text, Other = Data };
        message["role", "tool_call_id"] = Machine;
        message["content", "thinking"] = Parts;
        message["images"] = Pictures;
        message["tool_calls"] = new Shape
        {
            Other = Data,
            ["id", "type"] = Machine,
            ["function"] = new Shape { Other = Data, ["name"] = Texts, ["index"] = Shape.Nothing },
        };

        Chat["messages"] = message;
        Chat["tools", "format"] = Descriptions;
        AddKnobs(Chat);

        Generate["prompt", "suffix", "system", "template"] = Texts;
        Generate["images"] = Pictures;
        Generate["format"] = Descriptions;

        // What was said before, as token ids.
        Generate["context"] = Texts;
        AddKnobs(Generate);

        Embed["input", "prompt"] = Texts;
        AddKnobs(Embed);
    }

    private static Shape Pictures => new() { Strings = StringUse.File, Other = Data };

    private static void AddKnobs(Shape root) => root["model", "options", "keep_alive", "think"] = Shape.Nothing;
}
