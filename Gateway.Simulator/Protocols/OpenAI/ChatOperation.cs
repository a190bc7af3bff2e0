using System.Text.Json;
using Gateway.Simulator.Meter;
using Gateway.Simulator.Text;

namespace Gateway.Simulator.Protocols.OpenAI;

/// <summary><c>POST /v1/chat/completions</c></summary>
internal sealed class ChatOperation(OpenAIProvider provider) : Operation(provider)
{
    public override FieldTable Fields => OpenAIFields.Chat;

    public override async Task<Ending> AnswerAsync(ProviderCall call)
    {
        var body = call.Body;
        var conversation = body.GetProperty("messages"u8);
        var messages = ChatMessages.Read(conversation);
        var includeUsage = OpenAIOptions.IncludeUsage(body, call.Stream);
        var script = call.ReadScript(messages.LastUserText);
        var seed = call.SeedOf(conversation, script);
        var answer = AnswerWriter.Write(new AnswerOrder
        {
            Seed = seed,
            PromptTokens = messages.PromptTokens,
            Choices = Json.Integer(body, "n"u8, 1),
            MaxTokens = MaxTokens(body, call.Model),
            Tokens = script.Tokens,
            ReasoningTokens = script.Think ?? 0,
            Stops = OpenAIOptions.Stops(body),
            Text = script.Echo ? messages.LastUserText : FormatText(body, messages, seed),
            Calls = ChatTools.Read(body).Choose(messages.LastUserText, messages.EndsWithToolResult, script.Calls, seed),
        });

        call.Meter.Id = $"chatcmpl-{call.Meter.Number}";
        var response = await call.OpenAsync(script, seed);
        call.Meter.Prompt(messages.PromptTokens);
        if (!call.Stream)
        {
            var whole = Json.Serialize(Compose(call, answer, script.NoUsage, provider.Filters), OpenAIJson.Wire.ChatCompletion);
            return await AnswerSender.WholeAsync(call, response, whole, answer.CompletionTokens, answer: answer);
        }

        using var frames = new ChatFrames(call, includeUsage, script);
        return await AnswerSender.StreamAsync(call, response, answer, frames);
    }

    private static int MaxTokens(JsonElement body, string model)
    {
        if (OpenAIModel.Reasons(model) && Json.Member(body, "max_tokens"u8) is not null)
        {
            throw OpenAIError.Bad(
                "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.", "max_tokens", "unsupported_parameter");
        }

        if (Json.Member(body, "max_tokens"u8) is not null && Json.Member(body, "max_completion_tokens"u8) is not null)
        {
            throw OpenAIError.Invalid("max_tokens", "Setting 'max_tokens' and 'max_completion_tokens' at the same time is not supported.", "invalid_parameter_combination");
        }

        return Json.Integer(body, "max_completion_tokens"u8, Json.Integer(body, "max_tokens"u8, int.MaxValue));
    }

    /// <summary>The text that <c>response_format</c> demands, or null for free text.</summary>
    private static string? FormatText(JsonElement body, ChatMessages messages, ulong seed)
    {
        if (Json.Member(body, "response_format"u8) is not { } format)
        {
            return null;
        }

        switch (Json.Text(format, "type"u8))
        {
            case "text":
                return null;
            case "json_object":
                return messages.SaysJson ? $"{{\"answer\":{new StableRandom(seed).Next(1000)}}}" : throw OpenAIError.Bad(
                    "'messages' must contain the word 'json' in some form, to use 'response_format' of type 'json_object'.", "messages", null);
            case "json_schema":
                if (Json.Member(format, "json_schema"u8) is not { ValueKind: JsonValueKind.Object } holder || Json.Member(holder, "schema"u8) is not { } schema)
                {
                    throw OpenAIError.Missing("response_format.json_schema.schema");
                }

                var name = Json.Text(holder, "name"u8) ?? throw OpenAIError.Missing("response_format.json_schema.name");
                if (Json.Flag(holder, "strict"u8))
                {
                    OpenAISchema.Check(schema, $"response_format '{name}'", "response_format", null);
                }

                return SchemaSampler.Sample(schema, seed);
            default:
                throw OpenAIError.Invalid("response_format.type", "expected 'text', 'json_object' or 'json_schema'.");
        }
    }

    private static ChatCompletion Compose(ProviderCall call, Answer answer, bool noUsage, bool filters) => new()
    {
        PromptFilterResults = filters ? ContentFilter.PromptElement : null,
        Id = call.Meter.Id,
        Created = call.Created,
        Model = call.Model,
        Choices = [.. answer.Choices.Select((choice, index) => new ChatChoice(index, Message(call.Meter.Number, choice, index), ChatFrames.Reason(choice.End))
        {
            ContentFilterResults = filters ? ContentFilter.SafeElement : null,
        })],
        Usage = noUsage ? null : Usage.Of(answer),
    };

    private static ChatMessage Message(string number, AnswerChoice choice, int index)
    {
        var calls = choice.CallStarts.Select(start =>
            new ChatToolCall(ChatFrames.CallId(number, index, start.Call), new ChatFunctionCall(start.Text, choice.Join(start.Call)))).ToArray();
        return new ChatMessage
        {
            Content = calls.Length > 0 ? null : choice.Join(AnswerToken.Content),
            ReasoningContent = choice.ReasoningTokens > 0 ? choice.Join(AnswerToken.Reasoning) : null,
            ToolCalls = calls.Length > 0 ? calls : null,
        };
    }
}
