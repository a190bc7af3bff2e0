using System.Text.Json;
using Gateway.Simulator.Meter;
using Gateway.Simulator.Protocols.OpenAI;
using Gateway.Simulator.Text;

namespace Gateway.Simulator.Protocols.Responses;

/// <summary><c>POST /v1/responses</c></summary>
internal sealed class ResponsesOperation(OpenAIProvider provider, ResponseShelf shelf) : Operation(provider)
{
    public override FieldTable Fields => ResponsesFields.Create;

    public override string UserOf(JsonElement body) => Json.Text(body, "safety_identifier"u8) ?? base.UserOf(body);

    public override void Check(JsonElement body)
    {
        foreach (var (old, now) in ResponsesFields.Moved)
        {
            if (body.TryGetProperty(old, out _))
            {
                throw OpenAIError.Bad(
                    $"Unsupported parameter: '{old}'. In the Responses API, this parameter has moved to '{now}'. Try again with the new parameter. See the API documentation for more information: https://platform.openai.com/docs/api-reference/responses/create.",
                    old, "unsupported_parameter");
            }
        }

        base.Check(body);
    }

    public override async Task<Ending> AnswerAsync(ProviderCall call)
    {
        var request = new ResponsesRequest(call.Body, call.Model, provider, shelf);
        var input = request.Input;
        var script = call.ReadScript(input.LastUserText);
        var seed = call.SeedOf(Json.Member(call.Body, "input"u8) ?? call.Body, script);
        var answer = AnswerWriter.Write(new AnswerOrder
        {
            Seed = seed,
            PromptTokens = input.Tokens,
            MaxTokens = Json.Integer(call.Body, "max_output_tokens"u8, int.MaxValue),
            Tokens = script.Tokens,
            ReasoningTokens = request.Reasoning(script.Think),
            Text = script.Echo ? input.LastUserText : request.Schema is { } schema ? SchemaSampler.Sample(schema, seed)
                : request.JsonObject ? $"{{\"answer\":{new StableRandom(seed).Next(1000)}}}" : null,
            Calls = request.Tools.Choose(input.LastUserText, input.EndsWithToolResult, script.Calls, seed),
        });

        call.Meter.Id = $"resp_{call.Meter.Number}";
        var response = await call.OpenAsync(script, seed);
        call.Meter.Prompt(input.Tokens);
        var message = new ResponsesAnswer(call, request, answer, script, input.IsToBeStored ? shelf : null);
        if (!call.Stream)
        {
            message.Keep();
            return await AnswerSender.WholeAsync(call, response, message.Whole(), answer.CompletionTokens, answer: answer);
        }

        using var frames = new ResponsesFrames(message, script);
        return await AnswerSender.StreamAsync(call, response, answer, frames);
    }
}

/// <summary><c>POST /v1/responses/input_tokens</c>: what the same request would put on the meter as prompt. Counting itself is free.</summary>
internal sealed class InputTokensOperation(OpenAIProvider provider, ResponseShelf shelf) : Operation(provider)
{
    public override FieldTable Fields => ResponsesFields.InputTokens;

    public override async Task<Ending> AnswerAsync(ProviderCall call)
    {
        var request = new ResponsesRequest(call.Body, call.Model, provider, shelf);
        var script = call.ReadScript(request.Input.LastUserText);
        var response = await call.OpenAsync(script, call.SeedOf(call.Body, script));
        var body = Json.Write(json =>
        {
            json.WriteStartObject();
            json.WriteString("object"u8, "response.input_tokens"u8);
            json.WriteNumber("input_tokens"u8, request.Input.Tokens);
            json.WriteEndObject();
        });
        return await AnswerSender.WholeAsync(call, response, body, tokens: 0);
    }
}
