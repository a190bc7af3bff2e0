namespace Gateway.Moderation.Content.Shapes;

/// <summary>Values that protocols have in common.</summary>
internal static class CommonShapes
{
    /// <summary>Free JSON that a model reads as it is, such as arguments and results of tools: every string and every name.</summary>
    public static readonly Shape Data = new() { Strings = StringUse.Text, NamesAreText = true };

    /// <summary>Strings, each a text of its own; numbers are token ids.</summary>
    public static readonly Shape Texts = new() { Strings = StringUse.Text, NumbersAreTokens = true };

    /// <summary>All that a message or a part of one says, whatever the field is called: providers add fields that their models read.</summary>
    public static readonly Shape Any = new() { Strings = StringUse.Text };

    /// <summary>An id, a kind or a seal. Only a string is: what else stands in its place is read.</summary>
    public static readonly Shape Machine = new() { Items = Any, Other = Any };

    /// <summary>An image, sound or file: its address alone, or an object around its address or data.</summary>
    public static readonly Shape Media = new() { Strings = StringUse.File, IsFile = true, Items = Any, Other = Any };

    /// <summary>A string, or parts that are read as one text.</summary>
    public static readonly Shape Parts = new() { Strings = StringUse.Part, IsOneText = true, Other = Any };

    /// <summary>What tells the model about a tool, a parameter or a field of the answer, at any depth of the schema. The names stay: the client's code goes by them.</summary>
    public static readonly Shape Descriptions = new();

    static CommonShapes()
    {
        Any["role", "type", "id", "call_id", "tool_call_id", "tool_use_id"] = Machine;
        Any["signature", "encrypted_content", "encrypted_index", "thoughtSignature", "thought_signature", "media_type", "cache_control", "file_id"] = Machine;
        Any["image_url", "input_audio", "audio", "video_url", "file", "file_data", "file_url", "inlineData", "inline_data", "fileData", "file_data"] = Media;
        Any["arguments", "input", "args", "response"] = Data;

        Media["url", "data", "file_data", "file_id", "fileUri", "file_uri"] = new Shape { Strings = StringUse.File, Items = Any, Other = Any };
        Media["id", "type", "mimeType", "mime_type", "media_type"] = Machine;
        Media["content"] = Parts;

        Parts["text", "refusal", "content", "output"] = Parts;
        Parts.AddRulesOf(Any);

        // A parameter may itself be called "description"; then its value is a schema.
        var description = new Shape { Strings = StringUse.Text, Items = Descriptions, Other = Descriptions };
        foreach (var schema in new[] { description, Descriptions })
        {
            schema["description", "title", "server_description", "definition"] = description;
            schema["examples", "input_examples"] = Data;
        }
    }
}
