using System.Text.Json;
using Gateway.Simulator.Faults;
using Gateway.Simulator.Meter;
using Gateway.Simulator.Text;

namespace Gateway.Simulator.Protocols.OpenAI;

/// <summary><c>POST /v1/completions</c>: one answer for each prompt and each of <c>n</c>.</summary>
internal sealed class CompletionOperation(OpenAIProvider provider) : Operation(provider)
{
    /// <summary>The real endpoint stops after 16 tokens when the client names no cap.</summary>
    private const int UsualMaxTokens = 16;
    private const int MaxPrompts = 128;

    public override FieldTable Fields => OpenAIFields.Completion;

    public override async Task<Ending> AnswerAsync(ProviderCall call)
    {
        var body = call.Body;
        var prompts = TextInput.Read(body.GetProperty("prompt"u8), "prompt", MaxPrompts);
        var includeUsage = OpenAIOptions.IncludeUsage(body, call.Stream);
        var script = call.ReadScript(prompts[^1].Text);
        var seed = call.SeedOf(body.GetProperty("prompt"u8), script);
        var answer = Answer(body, prompts, script.Tokens, script.Echo, seed);

        call.Meter.Id = $"cmpl-{call.Meter.Number}";
        var response = await call.OpenAsync(script, seed);
        call.Meter.Prompt(answer.PromptTokens);
        if (!call.Stream)
        {
            var whole = Json.Serialize(Compose(call, answer, script.NoUsage), OpenAIJson.Wire.TextCompletion);
            return await AnswerSender.WholeAsync(call, response, whole, answer.CompletionTokens, answer: answer);
        }

        using var frames = new CompletionFrames(call, includeUsage, script);
        return await AnswerSender.StreamAsync(call, response, answer, frames);
    }

    private static Answer Answer(JsonElement body, IReadOnlyList<TextInput> prompts, int? tokens, bool scriptEcho, ulong seed)
    {
        var choices = new List<AnswerChoice>();
        for (var index = 0; index < prompts.Count; index++)
        {
            var order = new AnswerOrder
            {
                Seed = seed + ((ulong)index << 32),
                PromptTokens = prompts[index].Tokens,
                Choices = Json.Integer(body, "n"u8, 1),
                MaxTokens = Json.Integer(body, "max_tokens"u8, tokens ?? UsualMaxTokens),
                Tokens = tokens,
                Stops = OpenAIOptions.Stops(body),
                Text = scriptEcho ? prompts[index].Text : null,
            };
            var said = AnswerWriter.Write(order).Choices;
            var repeated = Json.Flag(body, "echo"u8) ? Tokenizer.Split(prompts[index].Text).Select(piece => new AnswerToken(piece)).ToArray() : [];
            choices.AddRange(said.Select(choice => choice with { Tokens = [.. repeated, .. choice.Tokens] }));
        }

        return new Answer(choices, prompts.Sum(prompt => prompt.Tokens));
    }

    private static TextCompletion Compose(ProviderCall call, Answer answer, bool noUsage) => new()
    {
        Id = call.Meter.Id,
        Created = call.Created,
        Model = call.Model,
        Choices = [.. answer.Choices.Select((choice, index) => new TextChoice(choice.Join(-1), index, ChatFrames.Reason(choice.End)))],
        Usage = noUsage ? null : Usage.Of(answer),
    };
}

/// <summary>Chunks of a streamed text completion; there is no event that opens a choice.</summary>
internal sealed class CompletionFrames(ProviderCall call, bool includeUsage, FaultScript script) : ChunkFrames(call, "text_completion", includeUsage, script)
{
    public override ReadOnlyMemory<byte> Open(int choice, AnswerToken? first) => default;

    public override ReadOnlyMemory<byte> Token(int choice, AnswerToken token) => Chunk(choice, token.Text, null);

    public override ReadOnlyMemory<byte> Finish(int choice, AnswerEnd end) => Chunk(choice, "", ChatFrames.Reason(end));

    private ReadOnlyMemory<byte> Chunk(int choice, string text, string? reason)
    {
        var json = StartChunk();
        json.WriteStartObject();
        json.WriteString("text"u8, text);
        json.WriteNumber("index"u8, choice);
        json.WriteNull("logprobs"u8);
        json.WriteString("finish_reason"u8, reason);
        json.WriteEndObject();
        return EndChunk();
    }
}
