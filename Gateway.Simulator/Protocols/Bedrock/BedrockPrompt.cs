using System.Text;
using System.Text.Json;
using Gateway.Simulator.Text;

namespace Gateway.Simulator.Protocols.Bedrock;

/// <summary>What a model takes from <c>system</c> and <c>messages</c>; reads them as strictly as the service does.</summary>
internal sealed class BedrockPrompt : IDisposable
{
    /// <summary>What the signature of reasoning is made for.</summary>
    public const string SealKind = "bedrock reasoning";

    private readonly BedrockProvider _provider;
    private readonly StringBuilder _text = new();
    private List<string> _open = [];

    /// <exception cref="ProviderException">System or messages break the protocol.</exception>
    public BedrockPrompt(JsonElement body, BedrockProvider provider)
    {
        _provider = provider;
        if (Json.Member(body, "system"u8) is { } system && system.GetArrayLength() > 0)
        {
            Tokens += PromptCost.Message;
            for (var index = 0; index < system.GetArrayLength(); index++)
            {
                Add("system", system[index], $"system.{index}");
            }
        }

        _text.Clear();
        ReadMessages(Json.Member(body, "messages"u8));
        if (UsesTools && Json.Member(body, "toolConfig"u8) is null)
        {
            throw BedrockError.Invalid("The toolConfig field must be defined when using toolUse and toolResult content blocks.");
        }
    }

    public int Tokens { get; private set; } = PromptCost.Reply;

    /// <summary>Text of the last user message that has some, where directives stand.</summary>
    public string LastUserText { get; private set; } = "";

    /// <summary>The last message has results of tools and no text: the model should talk now.</summary>
    public bool EndsWithToolResult { get; private set; }

    public PromptPrefix Prefix { get; } = new();

    private bool UsesTools { get; set; }

    public void Dispose() => Prefix.Dispose();

    private void ReadMessages(JsonElement? messages)
    {
        var count = messages?.GetArrayLength() ?? 0;
        var before = "assistant";
        for (var index = 0; index < count; index++)
        {
            var message = messages!.Value[index];
            if (message.ValueKind != JsonValueKind.Object)
            {
                throw BedrockError.Serialization("Unexpected value type in payload");
            }

            BedrockFields.Message.Check(message, _provider, $"messages.{index}");
            var role = message.GetProperty("role"u8).GetString()!;
            if (role == before)
            {
                throw index == 0 ? NoUser() : BedrockError.Invalid(
                    "A conversation must alternate between user and assistant roles. Make sure the conversation alternates between user and assistant roles and try again.");
            }

            before = role;
            ReadMessage(message.GetProperty("content"u8), role, index);
        }

        if (count == 0)
        {
            throw NoUser();
        }

        if (_open.Count > 0)
        {
            throw Unanswered(count);
        }

        static BedrockError NoUser() => BedrockError.Invalid("A conversation must start with a user message. Try again with a conversation that starts with a user message.");
    }

    private void ReadMessage(JsonElement content, string role, int index)
    {
        if (content.GetArrayLength() == 0)
        {
            throw BedrockError.Invalid($"The content field in the Message object at messages.{index} is empty. Add a ContentBlock object to the content field and try again.");
        }

        Tokens += PromptCost.Message;
        _text.Clear();
        var asked = _open;
        var results = 0;
        _open = [];
        var leading = true;
        for (var at = 0; at < content.GetArrayLength(); at++)
        {
            var block = content[at];
            leading &= Json.Member(block, "toolResult"u8) is not null;
            Add(role, block, $"messages.{index}.content.{at}");
            if (Json.Member(block, "toolUse"u8) is { } use)
            {
                CheckRole(role, "assistant", "toolUse", index);
                BedrockFields.ToolUse.Check(use, _provider, $"messages.{index}.content.{at}.toolUse");
                _open.Add(BedrockTools.Checked(use.GetProperty("toolUseId"u8).GetString()!, $"messages.{index + 1}.member.content.{at + 1}.member.toolUse.toolUseId"));
            }
            else if (Json.Member(block, "toolResult"u8) is { } result)
            {
                CheckRole(role, "user", "toolResult", index);
                var id = result.GetProperty("toolUseId"u8).GetString()!;
                if (!asked.Contains(id))
                {
                    throw BedrockError.Invalid($"The number of toolResult blocks at messages.{index}.content exceeds the number of toolUse blocks of previous turn.");
                }

                // A result behind other content answers nothing: its call stays open.
                if (leading)
                {
                    asked.Remove(id);
                    results++;
                }
            }
        }

        if (asked.Count > 0)
        {
            _open = asked;
            throw Unanswered(index);
        }

        if (role == "user")
        {
            EndsWithToolResult = results > 0 && _text.Length == 0;
            LastUserText = _text.Length > 0 ? _text.ToString() : LastUserText;
        }
    }

    private void CheckRole(string role, string only, string kind, int index)
    {
        UsesTools = true;
        if (role != only)
        {
            throw BedrockError.Invalid($"The {kind} content block at messages.{index} is only valid for the {only} role.");
        }
    }

    /// <summary>Reads one block; exactly one of its members says what it is.</summary>
    private void Add(string role, JsonElement block, string path)
    {
        var members = block.ValueKind == JsonValueKind.Object ? block.EnumerateObject().ToArray() : throw BedrockError.Serialization("Unexpected value type in payload");
        if (members is not [var only])
        {
            throw BedrockError.Invalid($"The ContentBlock object at {path} must set one of the following keys: text, image, document, toolUse, toolResult, guardContent, cachePoint, reasoningContent.");
        }

        if (only.Name == "cachePoint")
        {
            BedrockFields.CachePoint.Check(BedrockBlocks.Map(only.Value), _provider, $"{path}.cachePoint");
            Prefix.Mark(Json.Text(only.Value, "ttl"u8) == "1h" ? TimeSpan.FromHours(1) : TimeSpan.FromMinutes(5));
            return;
        }

        var tokens = BedrockBlocks.Read(only, path, _provider, _text);
        Tokens += tokens;
        Prefix.Add(role, block, tokens);
    }

    private BedrockError Unanswered(int index) =>
        BedrockError.Invalid($"Expected toolResult blocks at messages.{index}.content for the following Ids: {string.Join(", ", _open)}");
}
