using System.Text.Json;
using Gateway.Simulator.Faults;
using Gateway.Simulator.Meter;
using Gateway.Simulator.Text;

namespace Gateway.Simulator.Protocols.Ollama;

/// <summary>An endpoint that talks: streams unless told not to, and answers an empty request by loading the model.</summary>
internal abstract class OllamaTalk(OllamaProvider provider, OllamaNames names, bool isChat) : Operation(provider)
{
    public override string? ModelOf(HttpContext context, JsonElement body) => names.Known(Json.Text(body, "model"u8));

    public override bool StreamOf(HttpContext context, JsonElement body) => Json.Member(body, "stream"u8) is not { ValueKind: JsonValueKind.False };

    public override string UserOf(JsonElement body) => "";

    public override async Task<Ending> AnswerAsync(ProviderCall call)
    {
        var options = OllamaOptions.Read(call.Body);
        var said = Read(call.Body);
        var script = call.ReadScript(said?.LastUserText ?? "");
        var seed = options.SeedOf(call, said?.Content ?? call.Body, script);
        call.Meter.Id = call.Meter.Number;
        var response = await call.OpenAsync(script, seed);
        var prompt = said?.PromptTokens ?? 0;
        using var frames = new OllamaFrames(call, script, prompt, isChat);
        if (said is null)
        {
            return await LoadAsync(call, response, frames, options.Unloads);
        }

        call.Meter.Prompt(prompt);
        var answer = AnswerWriter.Write(new AnswerOrder
        {
            Seed = seed,
            PromptTokens = prompt,
            MaxTokens = options.MaxTokens,
            Tokens = script.Tokens,
            ReasoningTokens = options.Thinks == false ? 0 : script.Think ?? options.ThoughtTokens,
            Stops = options.Stops,
            Text = script.Echo ? said.LastUserText : options.FormatText(seed),
            Calls = said.Tools.Choose(said.LastUserText, said.EndsWithToolResult, script.Calls, seed),
        });
        return call.Stream
            ? await AnswerSender.StreamAsync(call, response, answer, frames)
            : await AnswerSender.WholeAsync(call, response, frames.Whole(answer.Choices[0]), answer.CompletionTokens, answer: answer);
    }

    /// <summary>What the request says; null when it says nothing.</summary>
    /// <exception cref="OllamaError">It cannot be read.</exception>
    protected abstract Talk? Read(JsonElement body);

    private static async Task<Ending> LoadAsync(ProviderCall call, ScriptedResponse response, OllamaFrames frames, bool unloads)
    {
        call.Context.Response.ContentType = call.Stream ? frames.ContentType : "application/json; charset=utf-8";
        await response.SendAsync(frames.Loaded(unloads, call.Stream));
        return Ending.Completed;
    }

    /// <param name="Content">What seeds the answer.</param>
    /// <param name="PromptTokens">What it costs.</param>
    /// <param name="LastUserText">Where directives stand.</param>
    /// <param name="EndsWithToolResult">The model should talk now.</param>
    /// <param name="Tools">What it may call.</param>
    protected sealed record Talk(JsonElement Content, int PromptTokens, string LastUserText, bool EndsWithToolResult, ToolOffer Tools);
}

/// <summary><c>POST /api/chat</c></summary>
internal sealed class OllamaChatOperation(OllamaProvider provider, OllamaNames names) : OllamaTalk(provider, names, isChat: true)
{
    public override FieldTable Fields => OllamaFields.Chat;

    protected override Talk? Read(JsonElement body)
    {
        var tools = OllamaTools.Read(body);
        if (Json.Member(body, "messages"u8) is not { } list || list.GetArrayLength() == 0)
        {
            return null;
        }

        var messages = OllamaMessages.Read(list);
        return new Talk(list, messages.PromptTokens, messages.LastUserText, messages.EndsWithToolResult, tools);
    }
}

/// <summary><c>POST /api/generate</c></summary>
internal sealed class OllamaGenerateOperation(OllamaProvider provider, OllamaNames names) : OllamaTalk(provider, names, isChat: false)
{
    private static readonly ToolOffer NoTools = new() { Tools = [] };

    public override FieldTable Fields => OllamaFields.Generate;

    protected override Talk? Read(JsonElement body)
    {
        if (Json.Flag(body, "raw"u8) && (Has(body, "template"u8) || Has(body, "system"u8) || Json.Member(body, "context"u8) is { } context && context.GetArrayLength() > 0))
        {
            throw OllamaError.Invalid("raw mode does not support template, system, or context");
        }

        var model = Json.Text(body, "model"u8)!;
        if (Has(body, "suffix"u8) && !model.Contains("code", StringComparison.OrdinalIgnoreCase))
        {
            throw OllamaError.Invalid($"registry.ollama.ai/library/{FaultDirectives.ModelName(model)} does not support insert");
        }

        var images = OllamaMessages.CountImages(body, "GenerateRequest");
        var prompt = Json.Text(body, "prompt"u8) ?? "";
        if (prompt.Length == 0)
        {
            return null;
        }

        var system = Json.Text(body, "system"u8) ?? "";
        var suffix = Json.Text(body, "suffix"u8) ?? "";
        var tokens = PromptCost.Reply + PromptCost.Message + Tokenizer.Count(prompt) + Tokenizer.Count(suffix) + (PromptCost.Attachment * images)
            + (system.Length > 0 ? PromptCost.Message + Tokenizer.Count(system) : 0);
        return new Talk(body.GetProperty("prompt"u8), tokens, prompt, EndsWithToolResult: false, NoTools);
    }

    private static bool Has(JsonElement body, ReadOnlySpan<byte> name) => Json.Text(body, name) is { Length: > 0 };
}
