using System.Text.Json;
using Gateway.Simulator.Meter;
using Gateway.Simulator.Text;

namespace Gateway.Simulator.Protocols.Anthropic;

/// <summary><c>POST /v1/messages</c></summary>
internal sealed class MessagesOperation(AnthropicProvider provider, PromptCache cache) : Operation(provider)
{
    public override FieldTable Fields => AnthropicFields.Messages;

    public override string UserOf(JsonElement body) => Json.Member(body, "metadata"u8) is { } metadata ? Json.Text(metadata, "user_id"u8) ?? "" : "";

    public override async Task<Ending> AnswerAsync(ProviderCall call)
    {
        using var request = new AnthropicRequest(call.Body, call.Model, provider);
        var prompt = request.Prompt;
        var script = call.ReadScript(prompt.LastUserText);
        var seed = call.SeedOf(call.Body.GetProperty("messages"u8), script);
        var answer = AnswerWriter.Write(new AnswerOrder
        {
            Seed = seed,
            PromptTokens = prompt.Tokens,
            MaxTokens = Json.Integer(call.Body, "max_tokens"u8, int.MaxValue),
            Tokens = script.Tokens,
            ReasoningTokens = request.Thinking.Tokens(script.Think),
            Stops = request.Stops,
            Text = script.Echo ? prompt.LastUserText : request.Schema is { } schema ? SchemaSampler.Sample(schema, seed) : null,
            Calls = request.Tools.Choose(prompt.LastUserText, prompt.EndsWithToolResult, script.Calls, seed),
        });

        call.Meter.Id = $"msg_{call.Meter.Number}";
        var response = await call.OpenAsync(script, seed);
        var (read, write, life) = cache.Use(call.Model, prompt.Prefix);
        answer = answer with { CachedTokens = read, CacheWriteTokens = write, CacheLife = life };
        call.Meter.Prompt(prompt.Tokens);
        if (!call.Stream)
        {
            return await AnswerSender.WholeAsync(call, response, AnthropicAnswer.Whole(call, answer, script, request.Thinking.Omitted), answer.CompletionTokens, answer: answer);
        }

        using var frames = new AnthropicFrames(call, answer, script, request.Thinking.Omitted);
        return await AnswerSender.StreamAsync(call, response, answer, frames);
    }
}

/// <summary><c>POST /v1/messages/count_tokens</c>: what the same request would put on the meter as prompt. Counting itself is free.</summary>
internal sealed class CountTokensOperation(AnthropicProvider provider) : Operation(provider)
{
    public override FieldTable Fields => AnthropicFields.CountTokens;

    public override async Task<Ending> AnswerAsync(ProviderCall call)
    {
        using var request = new AnthropicRequest(call.Body, call.Model, provider);
        var script = call.ReadScript(request.Prompt.LastUserText);
        var response = await call.OpenAsync(script, call.SeedOf(call.Body, script));
        var body = Json.Write(json =>
        {
            json.WriteStartObject();
            json.WriteNumber("input_tokens"u8, request.Prompt.Tokens);
            json.WriteEndObject();
        });
        return await AnswerSender.WholeAsync(call, response, body, tokens: 0);
    }
}
