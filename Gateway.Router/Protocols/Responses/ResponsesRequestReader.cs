using System.Text.Json;
using Gateway.Core.Requests;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Responses;

/// <summary>Reads a responses request into its neutral form.</summary>
internal static class ResponsesRequestReader
{
    public static NeutralRequest Read(JsonElement body, ClientCall call, TranslationNotes notes)
    {
        // Usage stands in every answer of this protocol.
        var request = new NeutralRequest { Model = call.Model, Stream = call.Stream, IncludeUsage = true };
        RefuseOpenAIOnly(body);
        if (ResponsesFields.OptionalString(body, "instructions", new("instructions")) is { Length: > 0 } instructions)
        {
            request.System.Add(new TextPart(instructions, new("instructions")));
        }

        var items = new ResponsesItemReader(request, notes, call.Conversation);
        var continues = ReadPrevious(body, call, items);
        if (ResponsesFields.TryGet(body, "input", out var input))
        {
            items.Read(input, "input");
        }
        else if (!continues)
        {
            throw ResponsesFields.Missing(new("input"), "a string or a list of items");
        }

        items.Complete();
        ResponsesToolReader.ReadTools(body, request, notes, out var customTools);
        request.ToolChoice = ResponsesToolReader.ReadChoice(body);
        ReadMembers(body, request);
        ReadText(body, request);
        ReadReasoning(body, request);
        ReadInclude(body, request, notes);
        ReadTruncation(body, notes);
        AddForeign(body, request);
        request.ClientState = State(body, call, request, input, customTools);
        return request;
    }

    private static ResponsesState State(JsonElement body, ClientCall call, NeutralRequest request, JsonElement input, HashSet<string>? customTools)
    {
        try
        {
            var keeper = Keeper(call, request, input);
            return new ResponsesState
            {
                Echo = ResponsesEcho.Of(body, isStored: keeper is not null),
                Keeper = keeper,
                CustomTools = customTools,
                WantsLogprobs = request.Logprobs,
            };
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException)
        {
            throw ResponsesFields.Invalid(new("input"), "The request's input, tools or metadata hold half of a surrogate pair, which is no text.");
        }
    }

    /// <returns>Whether the request continues an earlier response.</returns>
    private static bool ReadPrevious(JsonElement body, ClientCall call, ResponsesItemReader items)
    {
        const string Name = "previous_response_id";
        if (ResponsesFields.OptionalString(body, Name, new(Name)) is not { } id)
        {
            return false;
        }

        if (call.Conversation?.Previous is not { } previous)
        {
            TranslationNotes.Reject(Name, $"{Name}: no response '{id}' is kept for this key. It was not stored, was deleted, or its time is over. Send the whole talk in 'input'.");
            return false;
        }

        using var earlier = JsonDocument.Parse(previous.Input);
        items.Read(earlier.RootElement, Name);
        using var response = JsonDocument.Parse(previous.Response);
        items.Read(response.RootElement.GetProperty("output"), Name);
        return true;
    }

    /// <summary>OpenAI keeps what nobody forbids; so does the gateway where it stands in for OpenAI.</summary>
    private static ResponseKeeper? Keeper(ClientCall call, NeutralRequest request, JsonElement input)
    {
        if (call.Conversation is not { } conversation || request.Store == false || call.Operation != LlmOperation.Responses)
        {
            return null;
        }

        // It is done here: no provider need do it.
        request.Store = null;
        return ResponseKeeper.Create(conversation, input.ValueKind is JsonValueKind.Undefined or JsonValueKind.Null ? null : input);
    }

    /// <summary>What needs a memory or a worker at OpenAI.</summary>
    private static void RefuseOpenAIOnly(JsonElement body)
    {
        if (ResponsesFields.OptionalBool(body, "background", new("background")) == true)
        {
            TranslationNotes.Reject("background", "background: this model is served by a provider that cannot answer in the background. Ask without it, and stream if the answer takes long.");
        }

        foreach (var name in (ReadOnlySpan<string>)["conversation", "prompt", "context_management"])
        {
            if (ResponsesFields.TryGet(body, name, out _))
            {
                TranslationNotes.Reject(name, $"{name}: this names something that lies at OpenAI, and this model is served by another provider. Send the content itself in 'input'.");
            }
        }
    }

    private static void ReadMembers(JsonElement body, NeutralRequest request)
    {
        request.MaxOutput = ResponsesFields.OptionalInteger(body, "max_output_tokens", new("max_output_tokens"));
        request.Temperature = ResponsesFields.OptionalNumber(body, "temperature", new("temperature"));
        request.TopP = ResponsesFields.OptionalNumber(body, "top_p", new("top_p"));
        request.ParallelToolCalls = ResponsesFields.OptionalBool(body, "parallel_tool_calls", new("parallel_tool_calls"));
        request.Store = ResponsesFields.OptionalBool(body, "store", new("store"));
        request.ServiceTier = ResponsesFields.OptionalString(body, "service_tier", new("service_tier"));
        request.PromptCacheKey = ResponsesFields.OptionalString(body, "prompt_cache_key", new("prompt_cache_key"));
        request.EndUser = ResponsesFields.OptionalString(body, "safety_identifier", new("safety_identifier")) ?? ResponsesFields.OptionalString(body, "user", new("user"));
        if (ResponsesFields.TryGetObject(body, "metadata", new("metadata"), out var metadata) && metadata.EnumerateObject().MoveNext())
        {
            request.Metadata = metadata;
        }

        if (ResponsesFields.OptionalInteger(body, "top_logprobs", new("top_logprobs")) is > 0 and var top)
        {
            request.Logprobs = true;
            request.TopLogprobs = top;
        }
    }

    private static void ReadText(JsonElement body, NeutralRequest request)
    {
        if (!ResponsesFields.TryGetObject(body, "text", new("text"), out var text))
        {
            return;
        }

        request.Verbosity = ResponsesFields.OptionalString(text, "verbosity", new("text", Member: "verbosity"));
        var path = new SourcePath("text", Inner: "format");
        if (!ResponsesFields.TryGetObject(text, "format", path, out var format))
        {
            return;
        }

        switch (ResponsesFields.RequiredString(format, "type", path.At("type")))
        {
            case "text":
                break;
            case "json_object":
                request.Output = new NeutralOutput(OutputKind.JsonObject, null, null, null, null, path);
                break;
            case "json_schema":
                if (!ResponsesFields.TryGetObject(format, "schema", path.At("schema"), out var schema))
                {
                    throw ResponsesFields.Missing(path.At("schema"), "a JSON schema");
                }

                request.Output = new NeutralOutput(
                    OutputKind.JsonSchema, schema, ResponsesFields.OptionalString(format, "name", path.At("name")), ResponsesFields.OptionalString(format, "description", path.At("description")),
                    ResponsesFields.OptionalBool(format, "strict", path.At("strict")), path);
                break;
            default:
                throw ResponsesFields.Wrong(path.At("type"), "text, json_object or json_schema");
        }
    }

    private static void ReadReasoning(JsonElement body, NeutralRequest request)
    {
        var path = new SourcePath("reasoning");
        if (!ResponsesFields.TryGetObject(body, "reasoning", path, out var reasoning))
        {
            return;
        }

        var effort = ResponsesFields.OptionalString(reasoning, "effort", path.At("effort"));
        var summary = ResponsesFields.OptionalString(reasoning, "summary", path.At("summary")) ?? ResponsesFields.OptionalString(reasoning, "generate_summary", path.At("generate_summary"));
        if (effort is not (null or "none" or "minimal" or "low" or "medium" or "high" or "xhigh" or "max"))
        {
            throw ResponsesFields.Wrong(path.At("effort"), "none, minimal, low, medium, high, xhigh or max");
        }

        bool? show = summary is null ? null : true;
        request.Reasoning = effort switch
        {
            null when summary is null => null,
            null => new NeutralReasoning(ReasoningMode.Auto, null, null, show, path),
            "none" => new NeutralReasoning(ReasoningMode.Off, null, null, show, path),
            _ => new NeutralReasoning(ReasoningMode.Effort, effort, null, show, path),
        };
    }

    private static void ReadInclude(JsonElement body, NeutralRequest request, TranslationNotes notes)
    {
        if (!ResponsesFields.TryGetList(body, "include", new("include"), out var include))
        {
            return;
        }

        var index = 0;
        foreach (var entry in include.EnumerateArray())
        {
            var path = new SourcePath("include", index++);
            switch (ResponsesFields.String(entry, path))
            {
                case "message.output_text.logprobs":
                    request.Logprobs = true;
                    break;
                case "reasoning.encrypted_content":
                    // Always there where a provider gives a proof of its reasoning.
                    break;
                case "file_search_call.results" or "web_search_call.results" or "web_search_call.action.sources" or "message.input_image.image_url"
                    or "computer_call_output.output.image_url" or "code_interpreter_call.outputs":
                    // Details of tools that are refused anyway, or of what the client sent itself.
                    notes.Drop(path);
                    break;
                case var other:
                    TranslationNotes.Reject(path, $"{path}: '{other}' cannot be included by the provider of this model.");
                    break;
            }
        }
    }

    private static void ReadTruncation(JsonElement body, TranslationNotes notes)
    {
        switch (ResponsesFields.OptionalString(body, "truncation", new("truncation")))
        {
            case null or "disabled":
                break;
            case "auto":
                notes.Drop("truncation");
                break;
            default:
                throw ResponsesFields.Wrong(new("truncation"), "auto or disabled");
        }
    }

    private static void AddForeign(JsonElement body, NeutralRequest request)
    {
        foreach (var member in body.EnumerateObject())
        {
            if (member.Value.ValueKind != JsonValueKind.Null && !IsRead(member.Name))
            {
                request.Foreign.Add(new ForeignField(new(member.Name), ChangesAnswer: false));
            }
        }
    }

    private static bool IsRead(string name) => name is
        "model" or "stream" or "models" or "provider" or "input" or "instructions" or "tools" or "tool_choice" or "parallel_tool_calls" or "max_output_tokens" or "temperature" or "top_p"
        or "top_logprobs" or "store" or "service_tier" or "prompt_cache_key" or "safety_identifier" or "user" or "metadata" or "text" or "reasoning" or "include"
        or "truncation" or "background" or "conversation" or "prompt" or "previous_response_id" or "context_management";
}
