using System.Text;
using System.Text.Json;
using Gateway.Simulator.Protocols.OpenAI;
using Gateway.Simulator.Text;

namespace Gateway.Simulator.Protocols.Responses;

/// <summary>What a model takes from <c>instructions</c> and <c>input</c>; reads them as strictly as the provider does.</summary>
internal sealed class ResponsesInput
{
    /// <summary>What the encrypted content of a reasoning item is made for.</summary>
    public const string SealKind = "openai reasoning";

    private const int MaxCallId = 64;

    private static readonly string[] UserParts = ["input_text", "input_image", "input_file"];
    private static readonly string[] AssistantParts = ["output_text", "refusal"];

    private readonly OpenAIProvider _provider;
    private readonly ResponseShelf _shelf;
    private readonly List<JsonElement> _items = [];
    private readonly OrderedDictionary<string, bool> _calls = new(StringComparer.Ordinal);
    private string? _loose;

    /// <exception cref="ProviderException">The input breaks the protocol.</exception>
    public ResponsesInput(JsonElement body, OpenAIProvider provider, ResponseShelf shelf)
    {
        _provider = provider;
        _shelf = shelf;
        IsToBeStored = Json.Member(body, "store"u8) is not { ValueKind: JsonValueKind.False };
        var previous = Json.Text(body, "previous_response_id"u8);
        if (previous is not null)
        {
            var talk = shelf.Find(previous) ?? throw OpenAIError.Bad($"Previous response with id '{previous}' not found.", "previous_response_id", "previous_response_not_found");
            Earlier = [.. talk.Input, .. talk.Output];
        }

        if (Json.Text(body, "instructions"u8) is { } instructions)
        {
            Add(instructions);
        }

        foreach (var item in Earlier)
        {
            ReadKnown(item, "previous_response_id");
        }

        switch (Json.Member(body, "input"u8))
        {
            case { ValueKind: JsonValueKind.String } text:
                ReadText(text.GetString()!);
                break;
            case { ValueKind: JsonValueKind.Array } items when items.GetArrayLength() > 0:
                ReadItems(items);
                break;
            case null when previous is not null:
                break;
            default:
                throw OpenAIError.Bad(
                    "One of \"input\" or \"previous_response_id\" or 'prompt' or 'conversation_id' must be provided.", "input", "missing_required_parameter");
        }

        CheckCalls();
    }

    /// <summary>The answer is to be kept.</summary>
    public bool IsToBeStored { get; }

    /// <summary>The items that the request continues; none when it begins a talk.</summary>
    public IReadOnlyList<JsonElement> Earlier { get; } = [];

    /// <summary>The request's own items, with what stands for those that it only refers to.</summary>
    public IReadOnlyList<JsonElement> Items => _items;

    public int Tokens { get; private set; } = PromptCost.Reply;

    /// <summary>Text of the last user message, where directives stand.</summary>
    public string LastUserText { get; private set; } = "";

    /// <summary>The last item answers a tool call, so the model should talk now.</summary>
    public bool EndsWithToolResult { get; private set; }

    /// <summary>Somewhere in the input stands the word JSON; a format without schema wants it.</summary>
    public bool SaysJson { get; private set; }

    private void ReadText(string text)
    {
        Add(text);
        LastUserText = text;
        EndsWithToolResult = false;
        _items.Add(JsonElement.Parse(Json.Write(json =>
        {
            json.WriteStartObject();
            json.WriteString("role"u8, "user"u8);
            json.WriteStartArray("content"u8);
            json.WriteStartObject();
            json.WriteString("type"u8, "input_text"u8);
            json.WriteString("text"u8, text);
            json.WriteEndObject();
            json.WriteEndArray();
            json.WriteEndObject();
        }).Span));
    }

    private void ReadItems(JsonElement items)
    {
        for (var index = 0; index < items.GetArrayLength(); index++)
        {
            var item = items[index];
            var path = $"input[{index}]";
            if (item.ValueKind != JsonValueKind.Object)
            {
                throw OpenAIError.WrongType(path, "an object", OpenAIFields.KindOf(item));
            }

            var type = Json.Text(item, "type"u8) ?? "message";
            if (!ResponsesFields.Items.TryGetValue(type, out var table))
            {
                throw OpenAIError.NotOneOf(path, type, [.. ResponsesFields.Items.Keys]);
            }

            table.Check(item, _provider, path);
            if (type == "item_reference")
            {
                var id = Json.Text(item, "id"u8) ?? throw OpenAIError.Missing($"{path}.id");
                var known = _shelf.FindItem(id) ?? throw NotFound(id);
                ReadKnown(known, path);
                _items.Add(known);
                continue;
            }

            CheckFollowing(_loose, type, item);
            _loose = type == "reasoning" ? Json.Text(item, "id"u8) ?? "" : null;
            ReadItem(item, type, path, known: false);
            _items.Add(item);
        }

        CheckFollowing(_loose, null, default);
    }

    /// <summary>Reads an item that is kept here: it was checked when it came, or is our own.</summary>
    private void ReadKnown(JsonElement item, string path)
    {
        _loose = null;
        ReadItem(item, Json.Text(item, "type"u8) ?? "message", path, known: true);
    }

    private void CheckCalls()
    {
        foreach (var (id, answered) in _calls)
        {
            if (!answered)
            {
                throw OpenAIError.Bad($"No tool output found for function call {id}.", "input", null);
            }
        }
    }

    private void ReadItem(JsonElement item, string type, string path, bool known)
    {
        EndsWithToolResult = type is "function_call_output" or "custom_tool_call_output";
        switch (type)
        {
            case "message":
                ReadMessage(item, path);
                break;
            case "function_call" or "custom_tool_call":
                CheckId(item, type == "function_call" ? "fc" : "ctc", path);
                _calls.TryAdd(CallId(item, path), false);
                break;
            case "function_call_output" or "custom_tool_call_output":
                var id = CallId(item, path);
                if (!_calls.ContainsKey(id))
                {
                    throw OpenAIError.Bad($"No tool call found for function call output with call_id {id}.", "input", null);
                }

                _calls[id] = true;
                Add(ReadContent(item.GetProperty("output"u8), UserParts, $"{path}.output"));
                break;
            case "reasoning":
                ReadReasoning(item, path, known);
                break;
            default:
                throw new InvalidOperationException($"No reader for items of type '{type}'.");
        }
    }

    private void ReadMessage(JsonElement item, string path)
    {
        var role = item.GetProperty("role"u8).GetString()!;
        var text = ReadContent(item.GetProperty("content"u8), role == "assistant" ? AssistantParts : UserParts, $"{path}.content");
        Add(text);
        LastUserText = role == "user" ? text : LastUserText;
    }

    private string ReadContent(JsonElement content, string[] allowed, string path)
    {
        if (content.ValueKind == JsonValueKind.String)
        {
            return content.GetString()!;
        }

        var text = new StringBuilder();
        for (var index = 0; index < content.GetArrayLength(); index++)
        {
            var part = content[index];
            var place = $"{path}[{index}]";
            if (part.ValueKind != JsonValueKind.Object)
            {
                throw OpenAIError.WrongType(place, "an object", OpenAIFields.KindOf(part));
            }

            var type = Json.Text(part, "type"u8) ?? throw OpenAIError.Missing($"{place}.type");
            if (!allowed.Contains(type, StringComparer.Ordinal))
            {
                throw OpenAIError.NotOneOf($"{place}.type", type, allowed);
            }

            ResponsesFields.Parts[type].Check(part, _provider, place);
            CheckAttachment(part, type, place);
            Tokens += type is "input_image" or "input_file" ? PromptCost.Attachment : 0;
            text.Append(Json.Text(part, "text"u8) ?? Json.Text(part, "refusal"u8));
        }

        return text.ToString();
    }

    private static void CheckAttachment(JsonElement part, string type, string path)
    {
        if (Json.Text(part, "file_id"u8) is { } file)
        {
            throw OpenAIError.Bad($"The file '{file}' was not found.", $"{path}.file_id", "not_found");
        }

        if (type == "input_image")
        {
            var url = Json.Text(part, "image_url"u8) ?? throw OpenAIError.Missing($"{path}.image_url");
            if (!url.StartsWith("https://", StringComparison.Ordinal) && !url.StartsWith("http://", StringComparison.Ordinal) && !url.StartsWith("data:image/", StringComparison.Ordinal))
            {
                throw OpenAIError.Bad($"Invalid '{path}.image_url'. Expected a valid URL, but got a value with an invalid format.", $"{path}.image_url", "invalid_value");
            }
        }
    }

    private void ReadReasoning(JsonElement item, string path, bool known)
    {
        CheckId(item, "rs", path);
        var text = new StringBuilder();
        foreach (var part in item.GetProperty("summary"u8).EnumerateArray())
        {
            text.Append(Json.Text(part, "text"u8));
        }

        if (Json.Text(item, "encrypted_content"u8) is { } secret)
        {
            if (!Seal.Fits(secret, SealKind, text.ToString()))
            {
                throw OpenAIError.Bad(
                    $"The encrypted content {secret[..Math.Min(4, secret.Length)]}... could not be verified. Reason: Encrypted content could not be decrypted or parsed.", null, "invalid_encrypted_content");
            }
        }
        else if (!known && !IsToBeStored)
        {
            throw NotFound(Json.Text(item, "id"u8) ?? "");
        }

        Tokens += Tokenizer.Count(text.ToString());
    }

    private void Add(string text)
    {
        Tokens += PromptCost.Message + Tokenizer.Count(text);
        SaysJson |= text.Contains("json", StringComparison.OrdinalIgnoreCase);
    }

    private static string CallId(JsonElement item, string path)
    {
        var id = item.GetProperty("call_id"u8).GetString()!;
        return id.Length switch
        {
            0 => throw OpenAIError.Bad($"Invalid '{path}.call_id': empty string. Expected a string with minimum length 1, but got an empty string instead.", $"{path}.call_id", "empty_string"),
            > MaxCallId => throw OpenAIError.Bad(
                $"Invalid '{path}.call_id': string too long. Expected a string with maximum length {MaxCallId}, but got a string with length {id.Length} instead.", $"{path}.call_id", "string_above_max_length"),
            _ => id,
        };
    }

    private static void CheckId(JsonElement item, string prefix, string path)
    {
        if (Json.Text(item, "id"u8) is { } id && !id.StartsWith($"{prefix}_", StringComparison.Ordinal))
        {
            throw OpenAIError.Bad($"Invalid '{path}.id': '{id}'. Expected an ID that begins with '{prefix}'.", $"{path}.id", "invalid_value");
        }
    }

    /// <summary>Reasoning belongs to what came out of it.</summary>
    private static void CheckFollowing(string? reasoning, string? type, JsonElement item)
    {
        if (reasoning is not null && type is not ("function_call" or "custom_tool_call" or "reasoning") && !(type == "message" && Json.Text(item, "role"u8) == "assistant"))
        {
            throw OpenAIError.Bad($"Item '{reasoning}' of type 'reasoning' was provided without its required following item.", "input", null);
        }
    }

    private static OpenAIError NotFound(string id) => OpenAIError.NotFound(
        $"Item with id '{id}' not found. Items are not persisted when `store` is set to false. Try again with `store` set to true, or remove this item from your input.", "input");
}
