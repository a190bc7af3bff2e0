using Gateway.Core.Requests;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Gemini;
using Gateway.Router.Protocols.Neutral;
using Gateway.Router.Tests.Hosting;

namespace Gateway.Router.Tests.Protocols.Gemini;

/// <summary>Gemini's client and Gemini's upstream back to back: what goes in comes out.</summary>
public sealed class GeminiRoundTripTests
{
    public static TheoryData<string> Requests()
    {
        var ids = new TheoryData<string>();
        foreach (var id in Recordings.Ids("gemini"))
        {
            // Of some only the answer was kept.
            if (Recordings.Load(id).RequestBody is not null)
            {
                ids.Add(id);
            }
        }

        return ids;
    }

    [Theory]
    [MemberData(nameof(Requests))]
    public void Request_Recorded_ReadAndWrittenTwiceIsTheSame(string id)
    {
        var body = Recordings.Load(id).RequestBody!.Value;
        var client = new GeminiClient();
        var call = new ClientCall(LlmOperation.GenerateContent, "asked", false);
        var first = Ge.Write(Ge.Translation(client.ReadChat(body, call, new TranslationNotes()), "gemini-3-flash", client));
        var second = Ge.Write(Ge.Translation(client.ReadChat(Ge.Json(first), call, new TranslationNotes()), "gemini-3-flash", client));

        Assert.Equal(first, second);
    }

    [Fact]
    public void Request_RecordedHistoryWithCalls_KeepsCallsResultsAndSignatures()
    {
        var body = Recordings.Load("gemini-stream-tool-call-tool-result-1").RequestBody!.Value;
        var client = new GeminiClient();
        var written = Ge.Json(Ge.Write(Ge.Translation(client.ReadChat(body, new ClientCall(LlmOperation.GenerateContent, "asked", true), new TranslationNotes()), "gemini-2.5-flash", client)));

        var before = body.GetProperty("contents");
        var after = written.GetProperty("contents");
        Assert.Equal(before.GetArrayLength(), after.GetArrayLength());
        Assert.Equal(before[1].GetProperty("parts")[0].GetProperty("thoughtSignature").GetString(), after[1].GetProperty("parts")[0].GetProperty("thoughtSignature").GetString());
        var id = after[1].GetProperty("parts")[0].GetProperty("functionCall").GetProperty("id").GetString();
        var result = after[2].GetProperty("parts")[0].GetProperty("functionResponse");
        Assert.Equal(id, result.GetProperty("id").GetString());
        Assert.Equal("""{"name":"best_language_to_learn","content":[{"text":"Ruby"}]}""", result.GetProperty("response").GetRawText());
    }

    [Fact]
    public void Neutral_WrittenAndRead_IsEqual()
    {
        var request = new NeutralRequest
        {
            Model = "asked",
            MaxOutput = 9,
            Temperature = 0.25,
            TopP = 0.5,
            TopK = 3,
            FrequencyPenalty = 0.5,
            PresencePenalty = -0.5,
            Seed = 11,
            ToolChoice = new NeutralToolChoice(ToolChoiceMode.Any, ["f", "g"]),
            Output = new NeutralOutput(OutputKind.JsonSchema, Ge.Json("""{"type":"object","properties":{}}"""), null, null, null, default),
            Reasoning = new NeutralReasoning(ReasoningMode.Effort, "low", null, true, default),
            ServiceTier = "flex",
        };
        request.Stop.Add("x");
        request.System.AddRange([new TextPart("one", default), new TextPart("two", default)]);
        request.Tools.AddRange([new NeutralTool("f", "does", Ge.Json("""{"type":"object"}"""), null, default), new NeutralTool("g", null, null, null, default)]);
        request.Turns.AddRange(
        [
            Ge.User(new TextPart("a", default), new MediaPart(MediaKind.Image, default) { Base64 = "AAAA"u8.ToArray(), MimeType = "image/png" }),
            Ge.Model(new ReasoningPart("hm", default) { Signature = "R" }, new TextPart("b", default), Ge.Call("1", "f", """{"n":1}""", "S"), Ge.Call("2", "g", "{}")),
            Ge.Results(Ge.Result("1", "text"), Ge.Result("2", "bad", isError: true)),
            Ge.User("c"),
        ]);

        // Only Gemini's own clients bring back Gemini's thoughts.
        var read = Ge.Read(Ge.Write(Ge.Translation(request, "gemini-3-flash", new GeminiClient())));

        Assert.Equal(Describe(request), Describe(read));
    }

    private static string Describe(NeutralRequest request)
    {
        var lines = new List<string>
        {
            $"{request.MaxOutput} {request.Temperature} {request.TopP} {request.TopK} {request.FrequencyPenalty} {request.PresencePenalty} {request.Seed} {request.ServiceTier}",
            string.Join(',', request.Stop),
            $"{request.ToolChoice?.Mode} {string.Join(',', request.ToolChoice?.Names ?? [])}",
            $"{request.Output?.Kind} {request.Output?.Schema}",
            $"{request.Reasoning?.Mode} {request.Reasoning?.Effort} {request.Reasoning?.Budget} {request.Reasoning?.Show}",
        };
        lines.AddRange(request.System.Select(Describe));
        lines.AddRange(request.Tools.Select(static tool => $"{tool.Name} {tool.Description} {tool.Parameters}"));
        foreach (var turn in request.Turns)
        {
            lines.Add(turn.Role.ToString());
            lines.AddRange(turn.Parts.Select(Describe));
        }

        return string.Join('\n', lines);
    }

    private static string Describe(NeutralPart part) => part switch
    {
        TextPart text => $"text {text.Text}",
        ReasoningPart thought => $"thought {thought.Text} {thought.Signature}",
        MediaPart media => $"{media.Kind} {media.MimeType} {Convert.ToHexString(media.Base64.Span)}",
        ToolCallPart call => $"call {call.Id} {call.Name} {call.Arguments} {call.Signature}",
        ToolResultPart result => $"result {result.CallId} {result.IsError} {string.Join('|', result.Parts.Select(Describe))}",
        _ => part.ToString(),
    };
}
