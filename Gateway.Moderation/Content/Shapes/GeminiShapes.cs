using static Gateway.Moderation.Content.Shapes.CommonShapes;

namespace Gateway.Moderation.Content.Shapes;

/// <summary>Bodies of <c>:generateContent</c>, <c>:countTokens</c> and the embedding methods. Google takes every name in both spellings.</summary>
internal static class GeminiShapes
{
    public static readonly Shape GenerateContent = new() { Other = Data };

    public static readonly Shape EmbedContent = new() { Other = Data };

    static GeminiShapes()
    {
        var parts = new Shape { Strings = StringUse.Part, IsOneText = true, Other = Any };
        parts["text", "parts"] = parts;
        parts["thoughtSignature", "thought_signature"] = Machine;
        parts["inlineData", "inline_data", "fileData", "file_data"] = Media;
        var call = new Shape { Strings = StringUse.Text, Other = Any, ["id"] = Machine, ["args", "response", "partialArgs", "partial_args"] = Data, ["parts"] = parts };
        parts["functionCall", "function_call", "functionResponse", "function_response", "toolCall", "tool_call", "toolResponse", "tool_response"] = call;

        // One turn, a list of them, or a bare part in the place of one.
        var content = new Shape { Strings = StringUse.Text, Other = Any, ["role"] = Machine };
        content["parts"] = parts;
        content.AddRulesOf(parts);

        GenerateContent["contents", "content", "systemInstruction", "system_instruction"] = content;
        GenerateContent["generateContentRequest", "generate_content_request"] = GenerateContent;
        GenerateContent["tools", "generationConfig", "generation_config"] = Descriptions;
        GenerateContent[
            "model", "toolConfig", "tool_config", "safetySettings", "safety_settings", "cachedContent", "cached_content", "labels", "serviceTier", "service_tier"] = Shape.Nothing;

        EmbedContent["content"] = content;
        EmbedContent["title"] = Texts;
        EmbedContent["requests"] = EmbedContent;
        EmbedContent["model", "taskType", "task_type"] = Shape.Nothing;
    }
}
