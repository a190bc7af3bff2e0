using System.Globalization;
using System.Text;
using System.Text.Json;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Neutral;
using static Gateway.Router.Tests.Protocols.OpenAI.OpenAIChat;

namespace Gateway.Router.Tests.Protocols.OpenAI;

/// <summary>What this protocol can say comes back as it was said: neutral, written, read, neutral.</summary>
public sealed class RoundTripTests
{
    private static readonly UpstreamTraits Everything = UpstreamTraits.Default with
    {
        MaxCompletionTokens = true,
        DeveloperRole = true,
        EchoReasoning = true,
        CacheControl = true,
        Host = "generativelanguage.googleapis.com",
    };

    private static readonly string[] Texts = ["hi", "Grüße 😀", "a \"quote\" \\ and\nlines", "{\"$ref\":1}", "\u2028", " "];

    [Fact]
    public void Request_OfAnyContent_ComesBackEqual()
    {
        var random = new Random(20_261_121);
        for (var round = 0; round < 2_000; round++)
        {
            var request = Make(random);
            var written = WriteText(Translate(request, Everything));
            var read = Read(written);
            Assert.Empty(read.Foreign);
            Assert.Equal(Describe(request), Describe(read));
            Assert.Equal(written, WriteText(Translate(read, Everything)));
        }
    }

    private static NeutralRequest Make(Random random)
    {
        bool Maybe() => random.Next(3) == 0;
        string Text() => Texts[random.Next(Texts.Length)];
        var request = new NeutralRequest { Model = "upstream-model" };
        if (Maybe())
        {
            request.System.Add(Mark(new TextPart(Text(), default)));
        }

        var calls = 0;
        for (var turn = random.Next(1, 5); turn > 0; turn--)
        {
            var user = Add(NeutralRole.User);
            user.Parts.Add(Mark(new TextPart(Text(), default)));
            for (var more = random.Next(3); more > 0; more--)
            {
                user.Parts.Add(random.Next(4) switch
                {
                    0 => new TextPart(Text(), default),
                    1 => new MediaPart(MediaKind.Image, default) { Base64 = "iVBORw0K"u8.ToArray(), MimeType = "image/png", Detail = Maybe() ? "low" : null },
                    2 => new MediaPart(MediaKind.Image, default) { Url = "https://example.com/a.png" },
                    _ => new MediaPart(MediaKind.File, default) { Base64 = "JVBERi0="u8.ToArray(), MimeType = "application/pdf", FileName = "a.pdf" },
                });
            }

            user.Name = Maybe() ? "Ann" : null;
            if (Maybe())
            {
                Add(NeutralRole.System).Parts.Add(new TextPart(Text(), default));
            }

            var assistant = Add(NeutralRole.Assistant);
            if (Maybe())
            {
                assistant.Parts.Add(new ReasoningPart(Text(), default));
            }

            assistant.Parts.Add(new TextPart(Text(), default));
            if (Maybe())
            {
                assistant.Parts.Add(new RefusalPart(Text(), default));
            }

            var first = calls;
            for (var more = random.Next(3); more > 0; more--)
            {
                assistant.Parts.Add(new ToolCallPart($"call_{calls}", $"tool_{calls % 2}", $$"""{"x":{{calls}}}""", default) { Signature = Maybe() ? "sig" : null });
                calls++;
            }

            for (var call = first; call < calls; call++)
            {
                Add(NeutralRole.Tool).Parts.Add(new ToolResultPart($"call_{call}", $"tool_{call % 2}", [new TextPart(Text(), default)], false, default));
            }
        }

        if (Maybe())
        {
            request.Tools.Add(new NeutralTool("tool_0", Text(), JsonDocument.Parse("""{"type":"object","properties":{"b":1,"a":2}}""").RootElement, Maybe() ? true : null, default));
            request.Tools.Add(new NeutralTool("tool_1", null, JsonDocument.Parse("""{"type":"object"}""").RootElement, null, default));
            request.ParallelToolCalls = Maybe() ? false : null;
            request.ToolChoice = random.Next(6) switch
            {
                0 => new NeutralToolChoice(ToolChoiceMode.Auto),
                1 => new NeutralToolChoice(ToolChoiceMode.Any),
                2 => new NeutralToolChoice(ToolChoiceMode.None),
                3 => new NeutralToolChoice(ToolChoiceMode.Named, ["tool_1"]),
                4 => new NeutralToolChoice(ToolChoiceMode.Any, ["tool_0", "tool_1"]),
                _ => null,
            };
        }

        request.MaxOutput = Maybe() ? 100 : null;
        request.Temperature = Maybe() ? 0.25 : null;
        request.TopP = Maybe() ? 0.1 : null;
        request.FrequencyPenalty = Maybe() ? -1.5 : null;
        request.PresencePenalty = Maybe() ? 2 : null;
        request.Seed = Maybe() ? long.MinValue : null;
        request.EndUser = Maybe() ? "user-1" : null;
        request.ServiceTier = Maybe() ? "flex" : null;
        request.Verbosity = Maybe() ? "low" : null;
        request.PromptCacheKey = Maybe() ? Text() : null;
        request.Store = Maybe() ? Maybe() : null;
        request.Metadata = Maybe() ? JsonDocument.Parse("""{"b":"1","a":"2"}""").RootElement : null;
        request.LogitBias = Maybe() ? JsonDocument.Parse("""{"5":-1}""").RootElement : null;
        request.Stop.AddRange(Maybe() ? ["x", Text()] : []);
        request.Reasoning = Maybe() ? new NeutralReasoning(ReasoningMode.Effort, "high", null, null, default) : Maybe() ? new NeutralReasoning(ReasoningMode.Off, null, null, null, default) : null;
        request.Output = Maybe() ? new NeutralOutput(OutputKind.JsonObject, null, null, null, null, default)
            : Maybe() ? new NeutralOutput(OutputKind.JsonSchema, JsonDocument.Parse("""{"z":1,"a":{}}""").RootElement, "n", Text(), true, default) : null;
        request.Stream = Maybe();
        request.IncludeUsage = request.Stream;
        return request;

        NeutralTurn Add(NeutralRole role)
        {
            var turn = new NeutralTurn(role, default);
            request.Turns.Add(turn);
            return turn;
        }

        TextPart Mark(TextPart part) => Maybe() ? part with { Cache = new CacheMark(Maybe() ? "1h" : null) } : part;
    }

    private static string Describe(NeutralRequest request)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{request.Stream} {request.IncludeUsage} {request.MaxOutput} {request.Temperature} {request.TopP} {request.FrequencyPenalty} {request.PresencePenalty} {request.Seed} ");
        text.Append(CultureInfo.InvariantCulture, $"{request.EndUser} {request.ServiceTier} {request.Verbosity} {request.PromptCacheKey} {request.Store} {request.Metadata?.GetRawText()} {request.LogitBias?.GetRawText()} {string.Join('|', request.Stop)} ");
        text.Append(CultureInfo.InvariantCulture, $"{request.Reasoning?.Mode} {request.Reasoning?.Effort} {request.Output?.Kind} {request.Output?.Schema?.GetRawText()} {request.Output?.Name} {request.Output?.Description} {request.Output?.Strict} ");
        text.AppendLine(CultureInfo.InvariantCulture, $"{request.ToolChoice?.Mode} {string.Join('|', request.ToolChoice?.Names ?? [])} {request.ParallelToolCalls}");
        foreach (var tool in request.Tools)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"tool {tool.Name} {tool.Description} {tool.Parameters?.GetRawText()} {tool.Strict}");
        }

        request.System.ForEach(part => text.AppendLine("system " + Describe(part)));
        foreach (var turn in request.Turns)
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"{turn.Role} {turn.Name} {string.Join(" ; ", turn.Parts.Select(Describe))}");
        }

        return text.ToString();
    }

    private static string Describe(NeutralPart part)
    {
        var content = part switch
        {
            TextPart text => text.Text,
            RefusalPart refusal => "refusal " + refusal.Text,
            ReasoningPart reasoning => $"reasoning {reasoning.Text} {reasoning.Signature}",
            MediaPart media => $"{media.Kind} {Encoding.UTF8.GetString(media.Base64.Span)} {media.Url} {media.MimeType} {media.FileName} {media.Detail}",
            ToolCallPart call => $"call {call.Id} {call.Name} {call.Arguments} {call.Signature}",
            ToolResultPart result => $"result {result.CallId} {result.Name} {string.Join(" + ", result.Parts.Select(Describe))}",
            _ => throw new InvalidOperationException(),
        };
        return part.Cache is { } mark ? $"{content} (cached {mark.Ttl})" : content;
    }
}
