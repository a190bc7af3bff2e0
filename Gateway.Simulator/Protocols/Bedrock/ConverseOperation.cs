using System.Text.Json;
using Gateway.Simulator.Meter;
using Gateway.Simulator.Text;

namespace Gateway.Simulator.Protocols.Bedrock;

/// <summary><c>POST /model/{id}/converse</c> and <c>/converse-stream</c></summary>
internal sealed class ConverseOperation(BedrockProvider provider, PromptCache cache, bool stream) : Operation(provider)
{
    public override FieldTable Fields => BedrockFields.Converse;

    public override string? ModelOf(HttpContext context, JsonElement body) => ModelInPath(context);

    public override bool StreamOf(HttpContext context, JsonElement body) => stream;

    /// <summary>The model's name; a slash in it comes encoded.</summary>
    public static string ModelInPath(HttpContext context) => Uri.UnescapeDataString((string)context.Request.RouteValues["id"]!);

    public override async Task<Ending> AnswerAsync(ProviderCall call)
    {
        using var request = new BedrockRequest(call.Body, call.Model, provider);
        var prompt = request.Prompt;
        var script = call.ReadScript(prompt.LastUserText);
        var seed = call.SeedOf(call.Body.GetProperty("messages"u8), script);
        var answer = AnswerWriter.Write(new AnswerOrder
        {
            Seed = seed,
            PromptTokens = prompt.Tokens,
            MaxTokens = request.MaxTokens,
            Tokens = script.Tokens,
            ReasoningTokens = request.Reasoning(script.Think),
            Stops = request.Stops,
            Text = script.Echo ? prompt.LastUserText : request.Schema is { } schema ? SchemaSampler.Sample(schema, seed) : null,
            Calls = request.Tools.Choose(prompt.LastUserText, prompt.EndsWithToolResult, script.Calls, seed),
        });

        var response = await call.OpenAsync(script, seed);
        var (read, write, _) = cache.Use(call.Model, prompt.Prefix);
        answer = answer with { CachedTokens = read, CacheWriteTokens = write };
        call.Meter.Prompt(prompt.Tokens);
        if (!stream)
        {
            return await AnswerSender.WholeAsync(call, response, BedrockAnswer.Whole(call, answer, script), answer.CompletionTokens, answer: answer);
        }

        using var frames = new BedrockFrames(call, script);
        return await AnswerSender.StreamAsync(call, response, answer, frames);
    }
}

/// <summary><c>POST /model/{id}/count-tokens</c>: what the same request would put on the meter as prompt. Counting itself is free.</summary>
internal sealed class BedrockCountOperation(BedrockProvider provider) : Operation(provider)
{
    public override FieldTable Fields => BedrockFields.CountTokens;

    public override string? ModelOf(HttpContext context, JsonElement body) => ConverseOperation.ModelInPath(context);

    public override async Task<Ending> AnswerAsync(ProviderCall call)
    {
        var input = call.Body.GetProperty("input"u8);
        BedrockFields.CountInput.Check(input, provider, "input");
        BedrockFields.Converse.Check(input.GetProperty("converse"u8), provider, "input.converse");
        using var request = new BedrockRequest(input.GetProperty("converse"u8), call.Model, provider);
        var script = call.ReadScript(request.Prompt.LastUserText);
        var response = await call.OpenAsync(script, call.SeedOf(call.Body, script));
        var body = Json.Write(json =>
        {
            json.WriteStartObject();
            json.WriteNumber("inputTokens"u8, request.Prompt.Tokens);
            json.WriteEndObject();
        });
        return await AnswerSender.WholeAsync(call, response, body, tokens: 0);
    }
}
