using System.Text;
using Gateway.Core.Errors;
using Gateway.Core.Requests;
using Gateway.Router.Protocols.Neutral;
using Gateway.Router.Tests.Hosting;

namespace Gateway.Router.Tests.Protocols.Ollama;

public sealed class OllamaRequestReaderTests
{
    private const string Messages = "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]";

    [Fact]
    public void Options_AreRead_IntegersAlsoWhereWrittenAsFloats()
    {
        var request = Read("""
            "options":{"num_predict":5.0,"temperature":0.5,"top_p":0.25,"top_k":40.0,"frequency_penalty":1,"presence_penalty":-1,"seed":3,"num_ctx":2048,"stop":["a","","b"]}
            """);
        Assert.Equal(
            (5L, 0.5, 0.25, 40L, 1d, -1d, 3L, 2048L),
            (request.MaxOutput, request.Temperature, request.TopP, request.TopK, request.FrequencyPenalty, request.PresencePenalty, request.Seed, request.ContextWindow));
        Assert.Equal(["a", "b"], request.Stop);
        Assert.Empty(request.Foreign);
        Assert.True(request is { Stream: true, IncludeUsage: true, Model: "asked" });
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(-2)]
    public void NumPredict_WithoutLimit_IsAbsent(int value) => Assert.Null(Read($$""" "options":{"num_predict":{{value}}} """).MaxOutput);

    [Fact]
    public void Fields_Null_AreAbsent()
    {
        var request = Read("""
            "options":{"num_predict":null,"temperature":null,"top_p":null,"top_k":null,"frequency_penalty":null,"presence_penalty":null,"seed":null,"num_ctx":null,"stop":null,"mirostat":null},
            "format":null,"think":null,"keep_alive":null,"tools":null,"logprobs":null
            """);
        Assert.True(request is
        {
            MaxOutput: null, Temperature: null, TopP: null, TopK: null, FrequencyPenalty: null, PresencePenalty: null, Seed: null, ContextWindow: null, Output: null, Reasoning: null,
            Stop.Count: 0, Tools.Count: 0, Foreign.Count: 0,
        });
        Assert.Null(Read(""" "options":null """).MaxOutput);
    }

    [Fact]
    public void Foreign_IsNamedByItsPath_AndChangesNothing() =>
        Assert.Equal(
            ["options.mirostat", "options.repeat_penalty", "keep_alive", "template", "messages[0].extra"],
            OllamaCases.Read("""{"options":{"mirostat":1,"repeat_penalty":1.1},"keep_alive":"5m","template":"x","messages":[{"role":"user","content":"Hi","extra":1}]}""")
                .Foreign.Select(static field => field.ChangesAnswer ? "!" : field.Path.ToString()));

    [Theory]
    [InlineData(""" "raw":true """, "raw")]
    [InlineData(""" "template":"x" """, "template")]
    [InlineData(""" "suffix":"x" """, "suffix")]
    [InlineData(""" "logprobs":true """, "logprobs")]
    public void Generate_WhatChangesTheAnswer_IsRefusedAcrossProtocols(string member, string name) =>
        Assert.Equal(new ForeignField(new SourcePath(name), ChangesAnswer: true), Assert.Single(Generate($$"""{"prompt":"Hi",{{member}}}""").Foreign));

    [Theory]
    [InlineData(""" "raw":false """)]
    [InlineData(""" "template":"" """)]
    [InlineData(""" "suffix":"" """)]
    public void Generate_EmptyValues_AreAbsent(string member) => Assert.Empty(Generate($$"""{"prompt":"Hi",{{member}}}""").Foreign);

    [Fact]
    public void Generate_PromptSystemAndImages_AreATalk()
    {
        var request = Generate("""{"images":["iVBORw0KGgo="],"system":"Be","prompt":"Hi","context":[1,2],"think":"high","format":"json"}""");
        Assert.Equal(new TextPart("Be", new SourcePath("system")), Assert.Single(request.System));
        var turn = Assert.Single(request.Turns);
        Assert.Equal(NeutralRole.User, turn.Role);
        Assert.Equal(new TextPart("Hi", new SourcePath("prompt")), turn.Parts[0]);
        Assert.Equal("images[0]", ((MediaPart)turn.Parts[1]).Path.ToString());
        Assert.Equal(new ForeignField(new SourcePath("context"), ChangesAnswer: false), Assert.Single(request.Foreign));
        Assert.Equal("high", request.Reasoning!.Effort);
        Assert.Equal(OutputKind.JsonObject, request.Output!.Kind);
    }

    [Theory]
    [InlineData("""{"prompt":""}""", LlmOperation.OllamaGenerate, "prompt")]
    [InlineData("""{"keep_alive":0}""", LlmOperation.OllamaGenerate, "prompt")]
    [InlineData("""{"system":"x"}""", LlmOperation.OllamaGenerate, "prompt")]
    [InlineData("""{"messages":[]}""", LlmOperation.OllamaChat, "messages")]
    public void LoadRequest_IsRefusedAcrossProtocols(string body, LlmOperation operation, string param)
    {
        var error = Assert.Throws<GatewayException>(() => OllamaCases.Read(body, operation)).Error;
        Assert.Equal((GatewayErrorKind.InvalidRequest, param), (error.Kind, error.Param));
        Assert.Contains("load", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("false", "Off", null, null)]
    [InlineData("true", "Auto", null, true)]
    [InlineData("\"low\"", "Effort", "low", true)]
    [InlineData("\"max\"", "Effort", "max", true)]
    public void Think_IsReasoning(string think, string mode, string? effort, bool? show) =>
        Assert.Equal(new NeutralReasoning(Enum.Parse<ReasoningMode>(mode), effort, null, show, new SourcePath("think")), Read($"\"think\":{think}").Reasoning);

    [Fact]
    public void Format_IsOutput()
    {
        Assert.Null(Read(""" "format":"" """).Output);
        Assert.Equal(OutputKind.JsonObject, Read(""" "format":"json" """).Output!.Kind);
        var schema = Read(""" "format":{"type":"object"} """).Output!;
        Assert.Equal((OutputKind.JsonSchema, """{"type":"object"}"""), (schema.Kind, schema.Schema!.Value.GetRawText()));
    }

    [Theory]
    [InlineData("""{"messages":{}}""", "messages")]
    [InlineData("""{"messages":[1]}""", "messages[0]")]
    [InlineData("""{"messages":[{"role":"user","content":["x"]}]}""", "messages[0].content")]
    [InlineData("""{"messages":[{"role":"robot","content":"x"}]}""", "messages[0].role")]
    [InlineData("""{"messages":[{"content":"x"}]}""", "messages[0].role")]
    [InlineData("""{"messages":[{"role":"user","images":"x"}]}""", "messages[0].images")]
    [InlineData("""{"messages":[{"role":"user","images":[1]}]}""", "messages[0].images[0]")]
    [InlineData("""{"messages":[{"role":"user","images":["###"]}]}""", "messages[0].images[0]")]
    [InlineData("""{"messages":[{"role":"user","images":[""]}]}""", "messages[0].images[0]")]
    [InlineData("""{"messages":[{"role":"user","content":"\ud800"}]}""", "messages[0].content")]
    [InlineData("""{"messages":[{"role":"assistant","thinking":1}]}""", "messages[0].thinking")]
    [InlineData("""{"messages":[{"role":"assistant","tool_calls":{}}]}""", "messages[0].tool_calls")]
    [InlineData("""{"messages":[{"role":"assistant","tool_calls":[1]}]}""", "messages[0].tool_calls[0]")]
    [InlineData("""{"messages":[{"role":"assistant","tool_calls":[{}]}]}""", "messages[0].tool_calls[0].function")]
    [InlineData("""{"messages":[{"role":"assistant","tool_calls":[{"function":{}}]}]}""", "messages[0].tool_calls[0].function.name")]
    [InlineData("""{"messages":[{"role":"assistant","tool_calls":[{"function":{"name":"f","arguments":"{}"}}]}]}""", "messages[0].tool_calls[0].function.arguments")]
    [InlineData("""{"messages":[{"role":"tool","content":"x"}]}""", "messages[0].tool_name")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"tools":{}}""", "tools")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"tools":[1]}""", "tools[0]")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"tools":[{"type":"web"}]}""", "tools[0].type")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"tools":[{"function":{"name":1}}]}""", "tools[0].function.name")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"tools":[{"function":{"name":"f","parameters":[]}}]}""", "tools[0].function.parameters")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"format":"xml"}""", "format")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"think":"hard"}""", "think")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"think":1}""", "think")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"logprobs":1}""", "logprobs")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"options":[]}""", "options")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"options":{"stop":"x"}}""", "options.stop")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"options":{"stop":["x",1]}}""", "options.stop[1]")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"options":{"num_predict":"5"}}""", "options.num_predict")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"options":{"top_k":1.5}}""", "options.top_k")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"options":{"temperature":"hot"}}""", "options.temperature")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"options":{"seed":true}}""", "options.seed")]
    public void Field_WrongType_IsNamed(string body, string path)
    {
        var error = Assert.Throws<GatewayException>(() => OllamaCases.Read(body)).Error;
        Assert.Equal((GatewayErrorKind.InvalidRequest, path), (error.Kind, error.Param));
        Assert.Contains(path.Split('.')[0], error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"\ud800":1,"messages":[{"role":"user","content":"x"}]}""")]
    [InlineData("""{"messages":[{"role":"user","content":"x","\ud800":1}]}""")]
    public void Member_NameThatIsNoText_IsABadRequest(string body) =>
        Assert.Equal(GatewayErrorKind.InvalidRequest, Assert.Throws<GatewayException>(() => OllamaCases.Read(body)).Error.Kind);

    [Theory]
    [InlineData("iVBORw0KGgoAAAANSUhEUg==", "image/png")]
    [InlineData("/9j/4AAQSkZJRgABAQ==", "image/jpeg")]
    [InlineData("R0lGODlhAQABAIAAAA==", "image/gif")]
    [InlineData("UklGRiQAAABXRUJQVlA4IA==", "image/webp")]
    [InlineData("UklGRiQAAABXQVZFZm10IA==", null)]
    [InlineData("AAAA", null)]
    public void Image_FirstBytes_TellItsType(string base64, string? mime) => Assert.Equal((base64, mime), Image(base64));

    [Theory]
    [InlineData("DATA:image/png;charset=x;base64,AAAA", "AAAA", "image/png")]
    [InlineData("data:;base64,AAAA", "AAAA", null)]
    [InlineData(" AA\\nAA ", "AAAA", null)]
    [InlineData("_-8", "/+8=", null)]
    public void Image_OddForms_AreMadePlain(string written, string base64, string? mime) => Assert.Equal((base64, mime), Image(written));

    [Fact]
    public void Pitfall32_ResultsWithoutIds_AnswerTheirCallsByNameAndOrder()
    {
        const string Body = """
            {"messages":[{"role":"user","content":"x"},
            {"role":"assistant","content":"","tool_calls":[{"function":{"name":"f","arguments":{"a": 1}}},{"function":{"name":"g","arguments":{}}},{"function":{"name":"f"}}]},
            {"role":"tool","content":"G","tool_name":"g"},{"role":"tool","content":"F1","tool_name":"f"},{"role":"tool","content":"F2"},
            {"role":"assistant","tool_calls":[{"function":{"name":"f"}},{"id":"own","function":{"name":"f"}}]},{"role":"tool","content":"own","tool_call_id":"own"},{"role":"tool","name":"f","content":"F3"}]}
            """;
        var request = OllamaCases.Read(Body);
        var calls = request.Turns.SelectMany(static turn => turn.Parts).OfType<ToolCallPart>().ToList();
        var results = request.Turns.SelectMany(static turn => turn.Parts).OfType<ToolResultPart>().ToDictionary(static result => ((TextPart)result.Parts[0]).Text);
        Assert.Equal(5, calls.Select(static call => call.Id).Distinct().Count());
        Assert.Equal(["""{"a":1}""", "{}", "{}", "{}", "{}"], calls.Select(static call => call.Arguments));
        Assert.Equal((calls[0].Id, "f"), (results["F1"].CallId, results["F1"].Name));
        Assert.Equal((calls[1].Id, "g"), (results["G"].CallId, results["G"].Name));
        Assert.Equal(calls[2].Id, results["F2"].CallId);
        Assert.Equal(calls[3].Id, results["F3"].CallId);
        Assert.Equal("own", results["own"].CallId);
        Assert.Equal(calls[4].Id, results["own"].CallId);

        // The same history gives the same ids, so that caches of the provider hold.
        Assert.Equal(calls, OllamaCases.Read(Body).Turns.SelectMany(static turn => turn.Parts).OfType<ToolCallPart>());
    }

    [Fact]
    public void System_LeadingOnes_AreInstructions_LaterOnesStayInPlace()
    {
        var request = OllamaCases.Read("""{"messages":[{"role":"system","content":"A"},{"role":"system","content":""},{"role":"user","content":"x"},{"role":"system","content":"B"},{"role":"user","content":"y"}]}""");
        Assert.Equal(["A"], request.System.Cast<TextPart>().Select(static part => part.Text));
        Assert.Equal([NeutralRole.User, NeutralRole.System, NeutralRole.User], request.Turns.Select(static turn => turn.Role));
    }

    [Theory]
    [InlineData("ollama-stream-plain-1")]
    [InlineData("ollama-json-schema")]
    [InlineData("ollama-tool-result-1")]
    public void Request_Recorded_IsRead(string id)
    {
        var body = Recordings.Load(id).RequestBody!.Value;
        var request = OllamaCases.Read(body.GetRawText());
        Assert.Equal(body.GetProperty("messages").GetArrayLength(), request.Turns.Count);
    }

    private static (string Base64, string? Mime) Image(string written)
    {
        var image = (MediaPart)Generate($$"""{"images":["{{written}}"]}""").Turns[0].Parts[0];
        return (Encoding.UTF8.GetString(image.Base64.Span), image.MimeType);
    }

    private static NeutralRequest Read(string members) => OllamaCases.Read($"{{{members},{Messages}}}");

    private static NeutralRequest Generate(string body) => OllamaCases.Read(body, LlmOperation.OllamaGenerate);
}
