using System.Text.Json;
using System.Text.RegularExpressions;

namespace Gateway.Router.Capture;

/// <summary>
/// What a request or an answer looks like, without a word of it: numbers, words of closed lists, and names of tools. A name that could be a text is not written.
/// </summary>
internal static partial class ContentShape
{
    private const int MostTools = 128;

    private static readonly HashSet<string> Roles = new(StringComparer.Ordinal) { "system", "developer", "user", "assistant", "model", "tool", "function" };

    /// <summary>Members that hold the talk.</summary>
    private static readonly HashSet<string> Talk = new(StringComparer.Ordinal) { "messages", "contents", "content", "input", "prompt", "system", "instructions", "systemInstruction", "system_instruction", "documents", "query", "requests" };

    /// <summary>Objects that hold parameters.</summary>
    private static readonly HashSet<string> Groups = new(StringComparer.Ordinal) { "generationConfig", "generation_config", "options", "reasoning", "thinking", "thinkingConfig", "response_format", "stream_options", "output_config" };

    private static readonly HashSet<string> Parameters = new(StringComparer.Ordinal)
    {
        "temperature", "top_p", "topP", "top_k", "topK", "min_p", "n", "candidateCount", "max_tokens", "max_completion_tokens", "max_output_tokens", "maxOutputTokens", "num_predict", "num_ctx", "seed",
        "presence_penalty", "presencePenalty", "frequency_penalty", "frequencyPenalty", "repeat_penalty", "logprobs", "top_logprobs", "stream", "store", "parallel_tool_calls", "reasoning_effort", "effort",
        "budget_tokens", "thinkingBudget", "includeThoughts", "type", "tool_choice", "service_tier", "truncation", "dimensions", "encoding_format", "include_usage", "think", "top_n", "verbosity",
    };

    private static readonly HashSet<string> Words = new(StringComparer.Ordinal)
    {
        "none", "auto", "required", "any", "minimal", "low", "medium", "high", "xhigh", "max", "json_object", "json_schema", "text", "enabled", "disabled", "adaptive", "default", "flex", "priority", "batch",
        "standard_only", "float", "base64", "concise", "detailed",
    };

    private static readonly HashSet<string> Endings = new(StringComparer.Ordinal) { "finish_reason", "stop_reason", "finishReason", "done_reason" };

    /// <summary>Writes the members of an object that has begun.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="request">The body.</param>
    /// <param name="isCut">Whether its end is missing.</param>
    public static void WriteRequest(Utf8JsonWriter writer, ReadOnlySpan<byte> request, bool isCut)
    {
        if (MaskedJson.Copy(request, !isCut, masks: false, out _) is not { } whole)
        {
            return;
        }

        using var document = JsonDocument.Parse(whole);
        if (document.RootElement.ValueKind != JsonValueKind.Object)
        {
            return;
        }

        WriteTalk(writer, document.RootElement);
        WriteTools(writer, document.RootElement);
        writer.WriteStartObject("parameters"u8);
        foreach (var member in document.RootElement.EnumerateObject())
        {
            WriteParameter(writer, member, "");
            if (Groups.Contains(member.Name) && member.Value.ValueKind == JsonValueKind.Object)
            {
                foreach (var inner in member.Value.EnumerateObject())
                {
                    WriteParameter(writer, inner, member.Name + ".");
                }
            }
        }

        writer.WriteEndObject();
    }

    /// <inheritdoc cref="WriteRequest"/>
    public static void WriteAnswer(Utf8JsonWriter writer, ReadOnlySpan<byte> answer, bool isCut)
    {
        var documents = AnswerEvents.Read(answer, isCut, out var isOne);
        var endings = new List<string>();
        var texts = new StreamTexts();
        foreach (var document in documents)
        {
            using (document)
            {
                FindEndings(document.RootElement, endings);
                texts.Add(document.RootElement);
            }
        }

        if (!isOne)
        {
            writer.WriteNumber("events"u8, documents.Count);
        }

        writer.WriteNumber("characters"u8, texts.All.Sum(static text => (long)text.Value.Length));
        writer.WriteStartArray("finish_reasons"u8);
        foreach (var ending in endings.Distinct(StringComparer.Ordinal).Take(16))
        {
            writer.WriteStringValue(ending);
        }

        writer.WriteEndArray();
    }

    private static void WriteTalk(Utf8JsonWriter writer, JsonElement root)
    {
        var roles = new SortedDictionary<string, int>(StringComparer.Ordinal);
        var (messages, characters) = (0, 0L);
        foreach (var member in root.EnumerateObject().Where(static member => Talk.Contains(member.Name)))
        {
            characters += Length(member.Value);
            if (member.Value.ValueKind != JsonValueKind.Array)
            {
                continue;
            }

            foreach (var message in member.Value.EnumerateArray().Where(static item => item.ValueKind == JsonValueKind.Object))
            {
                messages++;
                var role = message.TryGetProperty("role", out var said) && said.ValueKind == JsonValueKind.String ? Known(said, Roles) : "none";
                roles[role] = roles.GetValueOrDefault(role) + 1;
            }
        }

        writer.WriteNumber("messages"u8, messages);
        writer.WriteStartObject("roles"u8);
        foreach (var (role, count) in roles)
        {
            writer.WriteNumber(role, count);
        }

        writer.WriteEndObject();
        writer.WriteNumber("characters"u8, characters);
    }

    private static void WriteTools(Utf8JsonWriter writer, JsonElement root)
    {
        writer.WriteStartArray("tools"u8);
        var left = MostTools;
        foreach (var tool in Tools(root))
        {
            if (left-- == 0)
            {
                break;
            }

            var name = tool.TryGetProperty("name", out var own) ? own : tool.TryGetProperty("function", out var function) && function.ValueKind == JsonValueKind.Object
                && function.TryGetProperty("name", out var inner) ? inner : default;
            writer.WriteStringValue(name.ValueKind == JsonValueKind.String && Raw(name) is var text && ToolName().IsMatch(text) ? text : "other");
        }

        writer.WriteEndArray();
    }

    private static IEnumerable<JsonElement> Tools(JsonElement root)
    {
        if (!root.TryGetProperty("tools", out var tools) || tools.ValueKind != JsonValueKind.Array)
        {
            yield break;
        }

        foreach (var tool in tools.EnumerateArray().Where(static tool => tool.ValueKind == JsonValueKind.Object))
        {
            // Gemini has the functions of a tool in a list.
            if (!tool.TryGetProperty("functionDeclarations", out var functions) || functions.ValueKind != JsonValueKind.Array)
            {
                yield return tool;
                continue;
            }

            foreach (var function in functions.EnumerateArray().Where(static function => function.ValueKind == JsonValueKind.Object))
            {
                yield return function;
            }
        }
    }

    private static void WriteParameter(Utf8JsonWriter writer, JsonProperty member, string group)
    {
        if (!Parameters.Contains(member.Name))
        {
            return;
        }

        var name = group + member.Name;
        switch (member.Value.ValueKind)
        {
            case JsonValueKind.True or JsonValueKind.False:
                writer.WriteBoolean(name, member.Value.GetBoolean());
                break;
            // A longer number is no parameter.
            case JsonValueKind.Number when member.Value.GetRawText().Length <= 12:
                writer.WritePropertyName(name);
                member.Value.WriteTo(writer);
                break;
            case JsonValueKind.String:
                writer.WriteString(name, Known(member.Value, Words));
                break;
            default:
                break;
        }
    }

    private static void FindEndings(JsonElement element, List<string> found)
    {
        if (element.ValueKind == JsonValueKind.Array)
        {
            foreach (var item in element.EnumerateArray())
            {
                FindEndings(item, found);
            }
        }
        else if (element.ValueKind == JsonValueKind.Object)
        {
            foreach (var member in element.EnumerateObject())
            {
                if (member.Value.ValueKind == JsonValueKind.String && Endings.Contains(member.Name))
                {
                    found.Add(Raw(member.Value) is var ending && Word().IsMatch(ending) ? ending : "other");
                }
                else
                {
                    FindEndings(member.Value, found);
                }
            }
        }
    }

    /// <summary>Characters of all texts below, as they are written.</summary>
    private static long Length(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.String => Raw(element).Length,
        JsonValueKind.Array => element.EnumerateArray().Sum(Length),
        JsonValueKind.Object => element.EnumerateObject().Where(static member => member.Name is not ("role" or "type" or "id" or "name")).Sum(static member => Length(member.Value)),
        _ => 0,
    };

    private static string Known(JsonElement word, HashSet<string> known) => known.TryGetValue(Raw(word), out var found) ? found : "other";

    /// <summary>A string as it is written; its escapes may be no text.</summary>
    private static string Raw(JsonElement text) => text.GetRawText()[1..^1];

    [GeneratedRegex("^[A-Za-z0-9_.:-]{1,64}$", RegexOptions.CultureInvariant)]
    private static partial Regex ToolName();

    [GeneratedRegex("^[A-Za-z_]{1,32}$", RegexOptions.CultureInvariant)]
    private static partial Regex Word();
}
