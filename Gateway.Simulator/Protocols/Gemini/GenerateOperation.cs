using System.Runtime.InteropServices;
using System.Text.Json;
using Gateway.Simulator.Faults;
using Gateway.Simulator.Meter;
using Gateway.Simulator.Text;

namespace Gateway.Simulator.Protocols.Gemini;

/// <summary><c>:generateContent</c> and <c>:streamGenerateContent</c></summary>
internal sealed class GenerateOperation(GeminiProvider provider, bool stream)
    : GeminiOperation(provider, provider.IsVertex ? GeminiMessages.VertexGenerate : GeminiMessages.Generate)
{
    private const string Message = "GenerateContentRequest";

    public override bool StreamOf(HttpContext context, JsonElement body) => stream;

    public override async Task<Ending> AnswerAsync(ProviderCall call)
    {
        CheckBody(call);
        var body = call.Body;
        var model = new GeminiModel(FaultDirectives.ModelName(call.Model));
        var contents = GeminiContents.Read(body, Message, model.IsThird);
        var tools = GeminiTools.Read(body);
        var config = GeminiConfig.Read(body, model, tools.Tools.Count > 0, IsVertex);
        var script = call.ReadScript(contents.LastUserText);
        var seed = SeedOf(call, config, script);
        call.Meter.Id = call.Meter.Number;
        var response = await call.OpenAsync(script, seed);
        call.Meter.Prompt(contents.PromptTokens);

        var writer = new GeminiWriter(call, script, contents.PromptTokens, IsVertex);
        var show = new GeminiShow(GeminiProvider.WantsEvents(call.Context), config.ShowsThoughts, model.CanThink, model.IsThird);
        using var frames = new GeminiFrames(call, writer, script, show);
        if (script.Block is { } reason)
        {
            return await BlockAsync(call, response, writer, frames, reason);
        }

        var answer = AnswerWriter.Write(new AnswerOrder
        {
            Seed = seed,
            PromptTokens = contents.PromptTokens,
            Choices = config.Candidates,
            MaxTokens = config.MaxTokens,
            Tokens = script.Tokens,
            ReasoningTokens = script.Think ?? config.ThoughtTokens,
            Stops = config.Stops,
            Text = script.Echo ? contents.LastUserText : FormatText(config, seed),
            Calls = tools.Choose(contents.LastUserText, contents.EndsWithResults, script.Calls, seed),
        });
        return stream
            ? await AnswerSender.StreamAsync(call, response, answer, frames)
            : await AnswerSender.WholeAsync(call, response, Json.Write(json => writer.Whole(json, answer, show)), answer.CompletionTokens, answer: answer);
    }

    /// <summary>The turns, and the request's own seed, which stands deeper than elsewhere.</summary>
    private static ulong SeedOf(ProviderCall call, GeminiConfig config, FaultScript script)
    {
        var seed = call.SeedOf(ProtoMessage.Find(call.Body, "contents")!.Value, script);
        return config.Seed is { } own ? StableRandom.SeedOf(seed, JsonMarshal.GetRawUtf8Value(own)) : seed;
    }

    /// <summary>The JSON that the request demands, or null for free text.</summary>
    private static string? FormatText(GeminiConfig config, ulong seed) =>
        config.Schema is { } schema ? SchemaSampler.Sample(schema, seed) : config.IsJson ? $"{{\"answer\":{new StableRandom(seed).Next(1000)}}}" : null;

    private async Task<Ending> BlockAsync(ProviderCall call, ScriptedResponse response, GeminiWriter writer, GeminiFrames frames, string reason)
    {
        if (!stream)
        {
            return await AnswerSender.WholeAsync(call, response, Json.Write(json => writer.Blocked(json, reason)), tokens: 0);
        }

        call.Context.Response.ContentType = frames.ContentType;
        await response.SendAsync(frames.Blocked(reason));
        return Ending.Completed;
    }
}
