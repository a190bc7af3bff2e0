using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Gateway.Simulator.Text;

namespace Gateway.Simulator.Protocols.Bedrock;

/// <summary>The kinds of content blocks.</summary>
internal static partial class BedrockBlocks
{
    /// <param name="member">The block's only member.</param>
    /// <param name="path">Where the block stands.</param>
    /// <param name="provider">Words refusals.</param>
    /// <param name="text">Gets the block's text.</param>
    /// <returns>What it costs.</returns>
    public static int Read(JsonProperty member, string path, BedrockProvider provider, StringBuilder text)
    {
        var value = member.Value;
        switch (member.Name)
        {
            case "text":
                return Text(value, path, text);
            case "guardContent":
                return Json.Member(value, "text"u8) is { } guarded && Json.Member(guarded, "text"u8) is { } inner
                    ? Text(inner, $"{path}.guardContent", text) : PromptCost.Attachment;
            case "image":
                BedrockFields.Image.Check(Map(value), provider, $"{path}.image");
                CheckSource(value, provider);
                return PromptCost.Attachment;
            case "document":
                BedrockFields.Document.Check(Map(value), provider, $"{path}.document");
                if (!DocumentName().IsMatch(Json.Text(value, "name"u8)!))
                {
                    throw BedrockError.Invalid(
                        "The document file name can only contain alphanumeric characters, whitespace characters, hyphens, parentheses, and square brackets. The name can't contain more than one consecutive whitespace character.");
                }

                CheckSource(value, provider);
                return PromptCost.Attachment;
            case "toolUse":
                Map(value);
                return 0;
            case "toolResult":
                BedrockFields.ToolResult.Check(Map(value), provider, $"{path}.toolResult");
                return Result(value, path, provider);
            case "reasoningContent":
                return Reasoning(value, path, provider);
            case "video" or "audio" or "searchResult" or "citationsContent":
                throw BedrockError.Invalid($"This model doesn't support the {member.Name} content block that you provided. Update the block and try again.");
            default:
                throw provider.Describe(new FieldFault(FieldProblem.Unknown, $"{path}.{member.Name}", value, null));
        }
    }

    private static int Text(JsonElement value, string path, StringBuilder text)
    {
        var said = value.ValueKind == JsonValueKind.String ? value.GetString()! : throw BedrockError.Serialization("Unexpected value type in payload");
        if (string.IsNullOrWhiteSpace(said))
        {
            throw BedrockError.Invalid($"The text field in the ContentBlock object at {path} is blank. Add text to the text field, and try again.");
        }

        text.Append(said);
        return Tokenizer.Count(said);
    }

    private static int Result(JsonElement result, string path, BedrockProvider provider)
    {
        var content = result.GetProperty("content"u8);
        if (content.GetArrayLength() == 0 && Json.Text(result, "status"u8) == "error")
        {
            throw BedrockError.Invalid($"The content field at {path}.toolResult cannot be empty when status value is error.");
        }

        // Text of a tool is no text of the user: no directive stands there.
        var unread = new StringBuilder();
        var tokens = 0;
        for (var index = 0; index < content.GetArrayLength(); index++)
        {
            var inner = $"{path}.toolResult.content.{index}";
            if (content[index].ValueKind != JsonValueKind.Object || content[index].EnumerateObject().ToArray() is not [var only] || only.Name is not ("text" or "json" or "image" or "document"))
            {
                throw BedrockError.Invalid($"The ToolResultContentBlock object at {inner} must set one of the following keys: json, text, image, document, video.");
            }

            tokens += only.Name == "json" ? Tokenizer.Count(Map(only.Value).GetRawText()) : Read(only, inner, provider, unread);
        }

        return tokens;
    }

    private static int Reasoning(JsonElement value, string path, BedrockProvider provider)
    {
        BedrockFields.Reasoning.Check(Map(value), provider, $"{path}.reasoningContent");
        if (Json.Member(value, "reasoningText"u8) is not { } reasoning)
        {
            // This provider never makes redacted content, so all of it is another's.
            throw BedrockError.OfModel($"{path}: Invalid `data` in `redacted_thinking` block");
        }

        BedrockFields.ReasoningText.Check(reasoning, provider, $"{path}.reasoningContent.reasoningText");
        var text = Json.Text(reasoning, "text"u8)!;
        return Seal.Fits(Json.Text(reasoning, "signature"u8) ?? "", BedrockPrompt.SealKind, text)
            ? Tokenizer.Count(text) : throw BedrockError.OfModel($"{path}: Invalid `signature` in `thinking` block");
    }

    private static void CheckSource(JsonElement holder, BedrockProvider provider)
    {
        var source = holder.GetProperty("source"u8);
        if (source.TryGetProperty("s3Location"u8, out _))
        {
            throw BedrockError.Invalid("This model doesn't support the s3Uri field. Remove s3Uri and try again.");
        }

        if (Json.Text(source, "text"u8) is not null && holder.TryGetProperty("name"u8, out _))
        {
            return;
        }

        var bytes = Json.Text(source, "bytes"u8) ?? throw provider.Describe(new FieldFault(FieldProblem.Missing, "source.bytes", default, null));
        if (!Convert.TryFromBase64String(bytes, new byte[bytes.Length], out var length) || length == 0)
        {
            throw BedrockError.Serialization("Unable to decode the base64 value of a blob");
        }
    }

    public static JsonElement Map(JsonElement value) =>
        value.ValueKind == JsonValueKind.Object ? value : throw BedrockError.Serialization("Unexpected value type in payload");

    [GeneratedRegex(@"^(?!.*\s\s)[a-zA-Z0-9\s\-()\[\]]+$", RegexOptions.CultureInvariant)]
    private static partial Regex DocumentName();
}
