using System.Text;
using Gateway.Core.Requests;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Gemini;
using Gateway.Router.Protocols.Neutral;
using Gateway.Router.Tests.Hosting;

namespace Gateway.Router.Tests.Protocols.Gemini;

/// <summary>What Gemini's clients send, as neutral requests.</summary>
public sealed class GeminiRequestReaderTests
{
    [Theory]
    [InlineData("\"Hi\"")]
    [InlineData("[\"Hi\"]")]
    [InlineData("{\"parts\":[{\"text\":\"Hi\"}]}")]
    [InlineData("[{\"parts\":{\"text\":\"Hi\"}}]")]
    [InlineData("[{\"text\":\"Hi\"}]")]
    [InlineData("[{\"role\":null,\"parts\":[{\"text\":\"Hi\",\"inlineData\":null}]}]")]
    [InlineData("[{\"role\":\"user\",\"parts\":[\"Hi\"]}]")]
    public void Contents_InAnyForm_AreTheUsers(string contents)
    {
        var turn = Assert.Single(Ge.Read($$"""{"contents":{{contents}}}""").Turns);

        Assert.Equal(NeutralRole.User, turn.Role);
        Assert.Equal("Hi", Assert.IsType<TextPart>(Assert.Single(turn.Parts)).Text);
    }

    [Theory]
    [InlineData("""{"systemInstruction":{"parts":[{"text":"a"},{"text":"b"}]},"contents":"x"}""")]
    [InlineData("""{"system_instruction":{"role":"user","parts":[{"text":"a"},{"text":"b"}]},"contents":"x"}""")]
    public void System_BothSpellings_AreRead(string body) => Assert.Equal(["a", "b"], Ge.Read(body).System.Cast<TextPart>().Select(static part => part.Text));

    [Fact]
    public void Config_AllFields_AreRead()
    {
        var request = Ge.Read(
            """
            {"contents":"x","generationConfig":{"maxOutputTokens":5,"temperature":0.5,"topP":0.9,"topK":40.0,"frequencyPenalty":1,"presencePenalty":-1,"seed":7,"stopSequences":["a","","b"],
            "candidateCount":2,"responseLogprobs":true,"logprobs":3,"responseMimeType":"application/json","responseSchema":{"type":"OBJECT"},"responseModalities":["TEXT"],
            "thinkingConfig":{"includeThoughts":true,"thinkingLevel":"LOW"}},"labels":{"a":"b"},"serviceTier":"standard","safetySettings":[]}
            """);

        Assert.Equal((5L, 0.5, 0.9, 40L, 1.0, -1.0, 7L), (request.MaxOutput!.Value, request.Temperature!.Value, request.TopP!.Value, request.TopK!.Value, request.FrequencyPenalty!.Value, request.PresencePenalty!.Value, request.Seed!.Value));
        Assert.Equal(["a", "b"], request.Stop);
        Assert.Equal((2, true, 3L), (request.CandidateCount, request.Logprobs, request.TopLogprobs!.Value));
        Assert.Equal(OutputKind.JsonSchema, request.Output!.Kind);
        Assert.Equal("""{"type":"object"}""", request.Output.Schema!.Value.GetRawText());
        Assert.Equal((ReasoningMode.Effort, "low", true), (request.Reasoning!.Mode, request.Reasoning.Effort, request.Reasoning.Show));
        Assert.Equal("default", request.ServiceTier);
        Assert.Equal("""{"a":"b"}""", request.Metadata!.Value.GetRawText());
        Assert.True(request.IncludeUsage);
        Assert.Equal([new ForeignField(new SourcePath("safetySettings"), false)], request.Foreign);
    }

    [Fact]
    public void Config_SnakeCaseAndNull_AreRead()
    {
        var request = Ge.Read("""{"contents":"x","generation_config":{"max_output_tokens":5,"top_k":null,"thinking_config":{"thinking_budget":0}},"tool_config":null,"cached_content":null}""");

        Assert.Equal((5L, null, ReasoningMode.Off), (request.MaxOutput!.Value, request.TopK, request.Reasoning!.Mode));
        Assert.Empty(request.Foreign);
    }

    [Theory]
    [InlineData("""{"thinkingBudget":-1}""", "Auto")]
    [InlineData("""{"thinkingBudget":100}""", "Budget")]
    [InlineData("""{"includeThoughts":true}""", "Auto")]
    [InlineData("""{"includeThoughts":false}""", null)]
    [InlineData("{}", null)]
    public void Thinking_Modes_AreRead(string config, string? mode) =>
        Assert.Equal(mode, Ge.Read($$$"""{"contents":"x","generationConfig":{"thinkingConfig":{{{config}}}}}""").Reasoning?.Mode.ToString());

    [Theory]
    [InlineData("""{"contents":5}""", "contents")]
    [InlineData("{}", "contents")]
    [InlineData("""{"contents":[5]}""", "contents[0]")]
    [InlineData("""{"contents":[{"role":"assistant","parts":[]}]}""", "contents[0].role")]
    [InlineData("""{"contents":[{"parts":5}]}""", "contents[0].parts")]
    [InlineData("""{"contents":[{"parts":[{"text":5}]}]}""", "contents[0].parts[0].text")]
    [InlineData("""{"contents":[{"parts":[{"text":"\ud800"}]}]}""", "contents[0].parts[0].text")]
    [InlineData("""{"contents":[{"parts":[{"thought":1}]}]}""", "contents[0].parts[0].thought")]
    [InlineData("""{"contents":[{"parts":[{"inlineData":{"mimeType":"image/png"}}]}]}""", "contents[0].parts[0].inlineData.data")]
    [InlineData("""{"contents":[{"parts":[{"inlineData":{"mimeType":"image/png","data":"@@"}}]}]}""", "contents[0].parts[0].inlineData.data")]
    [InlineData("""{"contents":[{"parts":[{"fileData":{}}]}]}""", "contents[0].parts[0].fileData.fileUri")]
    [InlineData("""{"contents":[{"parts":[{"functionCall":{"name":"f"}}]}]}""", "contents[0].parts[0]")]
    [InlineData("""{"contents":[{"role":"model","parts":[{"functionCall":{"args":{}}}]}]}""", "contents[0].parts[0].functionCall.name")]
    [InlineData("""{"contents":[{"role":"model","parts":[{"functionCall":{"name":"f","args":"{}"}}]}]}""", "contents[0].parts[0].functionCall.args")]
    [InlineData("""{"contents":[{"parts":[{"functionResponse":{"name":"f","response":{}}}]}]}""", "contents[0].parts[0].functionResponse")]
    [InlineData("""{"contents":"x","systemInstruction":5}""", "systemInstruction")]
    [InlineData("""{"contents":"x","systemInstruction":{"parts":[{"inlineData":{"mimeType":"image/png","data":"AAAA"}}]}}""", "systemInstruction.parts[0].inlineData")]
    [InlineData("""{"contents":"x","generationConfig":[]}""", "generationConfig")]
    [InlineData("""{"contents":"x","generationConfig":{"temperature":"1"}}""", "generationConfig.temperature")]
    [InlineData("""{"contents":"x","generationConfig":{"maxOutputTokens":1.5}}""", "generationConfig.maxOutputTokens")]
    [InlineData("""{"contents":"x","generationConfig":{"stopSequences":"a"}}""", "generationConfig.stopSequences")]
    [InlineData("""{"contents":"x","generationConfig":{"thinkingConfig":{"thinkingLevel":"some"}}}""", "generationConfig.thinkingConfig.thinkingLevel")]
    [InlineData("""{"contents":"x","generationConfig":{"thinkingConfig":{"thinkingLevel":"LOW","thinkingBudget":5}}}""", "generationConfig.thinkingConfig")]
    [InlineData("""{"contents":"x","tools":{}}""", "tools")]
    [InlineData("""{"contents":"x","tools":[{"functionDeclarations":[{}]}]}""", "tools[0].functionDeclarations[0].name")]
    [InlineData("""{"contents":"x","tools":[{"functionDeclarations":[{"name":"f","parameters":"x"}]}]}""", "tools[0].functionDeclarations[0].parameters")]
    [InlineData("""{"contents":"x","toolConfig":{"functionCallingConfig":{"mode":"MUST"}}}""", "toolConfig.functionCallingConfig.mode")]
    [InlineData("""{"contents":"x","labels":5}""", "labels")]
    public void Request_WrongType_NamesTheField(string body, string param)
    {
        var error = Ge.Refusal(() => Ge.Read(body));

        Assert.Equal((400, param), (error.Facts.Status, error.Param));
        Assert.Contains(param, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"contents":"x","cachedContent":"cachedContents/1"}""", "cachedContent", true)]
    [InlineData("""{"contents":"x","tools":[{"googleSearch":{}}]}""", "tools[0].googleSearch", true)]
    [InlineData("""{"contents":"x","tools":[{"functionDeclarations":[]},{"code_execution":{}}]}""", "tools[1].code_execution", true)]
    [InlineData("""{"contents":"x","tools":[{"urlContext":{}}]}""", "tools[0].urlContext", true)]
    [InlineData("""{"contents":"x","generationConfig":{"responseModalities":["TEXT","AUDIO"]}}""", "generationConfig.responseModalities", true)]
    [InlineData("""{"contents":"x","generationConfig":{"speechConfig":{}}}""", "generationConfig.speechConfig", true)]
    [InlineData("""{"contents":"x","generationConfig":{"responseMimeType":"text/x.enum","responseSchema":{"type":"STRING"}}}""", "generationConfig.responseMimeType", true)]
    [InlineData("""{"contents":"x","generationConfig":{"mediaResolution":"LOW"}}""", "generationConfig.mediaResolution", false)]
    [InlineData("""{"contents":"x","safetySettings":[]}""", "safetySettings", false)]
    [InlineData("""{"contents":"x","brandNew":1}""", "brandNew", false)]
    [InlineData("""{"contents":[{"role":"model","parts":[{"executableCode":{}}]}]}""", "contents[0].parts[0].executableCode", true)]
    [InlineData("""{"contents":[{"parts":[{"text":"x","videoMetadata":{}}]}]}""", "contents[0].parts[0].videoMetadata", false)]
    public void Request_WhatOnlyGeminiHas_IsNamed(string body, string path, bool changesAnswer)
    {
        var field = Assert.Single(Ge.Read(body).Foreign);

        Assert.Equal((path, changesAnswer), (field.Path.ToString(), field.ChangesAnswer));
    }

    [Fact]
    public void Tools_BothKindsOfSchemas_AreJsonSchema()
    {
        var tools = Ge.Read(
            """{"contents":"x","tools":[{"functionDeclarations":[{"name":"f","description":"d","parameters":{"type":"OBJECT"}},{"name":"g","parametersJsonSchema":{"type":"object"},"response":{}}]}]}""").Tools;

        Assert.Equal(["f", "g"], tools.Select(static tool => tool.Name));
        Assert.Equal(["""{"type":"object"}""", """{"type":"object"}"""], tools.Select(static tool => tool.Parameters!.Value.GetRawText()));
    }

    [Theory]
    [InlineData("""{"mode":"AUTO"}""", "Auto", "")]
    [InlineData("""{"mode":"ANY"}""", "Any", "")]
    [InlineData("""{"mode":"ANY","allowedFunctionNames":["f"]}""", "Named", "f")]
    [InlineData("""{"mode":"any","allowed_function_names":["f","g"]}""", "Any", "f,g")]
    [InlineData("""{"mode":"NONE"}""", "None", "")]
    [InlineData("""{"mode":"VALIDATED"}""", "Auto", "")]
    [InlineData("{}", "", "")]
    public void ToolConfig_Modes_AreRead(string config, string mode, string names)
    {
        var choice = Ge.Read($$$"""{"contents":"x","toolConfig":{"functionCallingConfig":{{{config}}}}}""").ToolChoice;

        Assert.Equal(mode, choice?.Mode.ToString() ?? "");
        Assert.Equal(names, string.Join(',', choice?.Names ?? []));
    }

    [Fact]
    public void Calls_WithoutIds_ArePairedByNameAndOrder()
    {
        var turns = Ge.Read(
            """
            {"contents":[{"parts":[{"text":"x"}]},
            {"role":"model","parts":[{"functionCall":{"name":"f","args":{"n":1}}},{"functionCall":{"name":"g"}},{"functionCall":{"name":"f","args":{"n":2}},"thoughtSignature":"S"}]},
            {"role":"function","parts":[{"functionResponse":{"name":"g","response":{"result":"G"}}},{"functionResponse":{"name":"f","response":{"output":"F1"}}},{"functionResponse":{"name":"f","response":{"error":"F2"}}},{"text":"go on"}]}]}
            """).Turns;

        var calls = turns[1].Parts.Cast<ToolCallPart>().ToArray();
        var results = turns[2].Parts.Cast<ToolResultPart>().ToArray();
        Assert.Equal((NeutralRole.Tool, NeutralRole.User), (turns[2].Role, turns[3].Role));
        Assert.Equal(3, calls.Select(static call => call.Id).Distinct().Count());
        Assert.Equal([calls[1].Id, calls[0].Id, calls[2].Id], results.Select(static result => result.CallId));
        Assert.Equal(["G", "F1", "F2"], results.Select(static result => ((TextPart)result.Parts[0]).Text));
        Assert.Equal([false, false, true], results.Select(static result => result.IsError));
        Assert.Equal(("S", """{"n":2}"""), (calls[2].Signature, calls[2].Arguments));
    }

    [Fact]
    public void Calls_WithIds_ArePairedByThem()
    {
        var turns = Ge.Read(
            """
            {"contents":[{"role":"model","parts":[{"functionCall":{"id":"1","name":"f"}},{"functionCall":{"id":"2","name":"f"}}]},
            {"parts":[{"functionResponse":{"id":"2","name":"f","response":{"a":1}}},{"functionResponse":{"id":"1","name":"f","response":{"output":{"b":2}}}}]}]}
            """).Turns;

        var results = turns[1].Parts.Cast<ToolResultPart>().ToArray();
        Assert.Equal(["2", "1"], results.Select(static result => result.CallId));
        Assert.Equal(["""{"a":1}""", """{"output":{"b":2}}"""], results.Select(static result => ((TextPart)result.Parts[0]).Text));
        Assert.Equal("""{"a":1}""", results[0].Object!.Value.GetRawText());
    }

    [Fact]
    public void Thoughts_InPieces_AreOneWithTheSignatureBehindThem()
    {
        var parts = Ge.Read("""{"contents":[{"role":"model","parts":[{"text":"a","thought":true},{"text":"b","thought":true},{"text":"c","thoughtSignature":"S"},{"text":"","thought_signature":"T"}]}]}""").Turns[0].Parts;

        Assert.Equal(
            [("ab", "S"), ("", "T")], parts.OfType<ReasoningPart>().Select(static part => (part.Text, part.Signature!)));
        Assert.Equal("c", Assert.IsType<TextPart>(parts[1]).Text);
        Assert.Equal(3, parts.Count);
    }

    [Theory]
    [InlineData("""{"inline_data":{"mime_type":"image/png","data":"_-8"}}""", "Image", "/+8=")]
    [InlineData("""{"inlineData":{"mimeType":"audio/wav","data":"AA AA\n"}}""", "Audio", "AAAA")]
    [InlineData("""{"inlineData":{"mimeType":"application/pdf","data":"AAA="}}""", "File", "AAA=")]
    public void Media_Inline_IsReadAndNormal(string part, string kind, string base64)
    {
        var media = Assert.IsType<MediaPart>(Ge.Read($$"""{"contents":[{"parts":[{{part}}]}]}""").Turns[0].Parts[0]);

        Assert.Equal((kind, base64), (media.Kind.ToString(), Encoding.UTF8.GetString(media.Base64.Span)));
    }

    [Fact]
    public void CountTokens_BothForms_AreRead()
    {
        Assert.Single(Ge.Read("""{"contents":[{"parts":[{"text":"x"}]}]}""", LlmOperation.GeminiCountTokens).Turns);

        var recorded = Recordings.Load("gemini-count-tokens-plain").RequestBody!.Value;
        var request = new GeminiClient().ReadChat(recorded, new ClientCall(LlmOperation.GeminiCountTokens, "m", false), new TranslationNotes());
        Assert.Equal("What is the capital of France?", Assert.IsType<TextPart>(request.Turns[0].Parts[0]).Text);
    }

    [Fact]
    public void Embeddings_Single_IsRead()
    {
        var request = Embeddings("""{"model":"models/m","content":{"parts":[{"text":"a"},{"text":"b"}]},"taskType":"RETRIEVAL_QUERY","title":"t","output_dimensionality":3,"extra":1}""", LlmOperation.EmbedContent);

        Assert.True(request.IsSingle);
        Assert.Equal(["a\nb"], request.Inputs);
        Assert.Equal(("RETRIEVAL_QUERY", "t", 3L), (request.TaskType, request.Title, request.Dimensions!.Value));
        Assert.Equal("extra", Assert.Single(request.Foreign).Path.ToString());
    }

    [Fact]
    public void Embeddings_Batch_IsRead()
    {
        var request = Embeddings("""{"requests":[{"model":"models/m","content":{"parts":[{"text":"a"}]}},{"content":{"parts":[{"text":"b"}]}}]}""", LlmOperation.BatchEmbedContents);

        Assert.False(request.IsSingle);
        Assert.Equal(["a", "b"], request.Inputs);
        Assert.Equal("requests[1].content", request.Paths[1].ToString());
    }

    [Theory]
    [InlineData("""{"requests":[]}""", LlmOperation.BatchEmbedContents, "requests")]
    [InlineData("{}", LlmOperation.BatchEmbedContents, "requests")]
    [InlineData("""{"requests":[{"content":{"parts":[{"text":"a"}]}},{"content":{"parts":[{"text":"b"}]},"taskType":"X"}]}""", LlmOperation.BatchEmbedContents, "requests[1].taskType")]
    [InlineData("""{"content":{"parts":[{"text":""}]}}""", LlmOperation.EmbedContent, "content")]
    [InlineData("""{"content":{"parts":[{"inlineData":{}}]}}""", LlmOperation.EmbedContent, "content.parts")]
    [InlineData("""{"content":{"parts":[{"text":"a"}]},"outputDimensionality":"3"}""", LlmOperation.EmbedContent, "outputDimensionality")]
    public void Embeddings_Wrong_NameTheField(string body, LlmOperation operation, string param) => Assert.Equal(param, Ge.Refusal(() => Embeddings(body, operation)).Param);

    private static NeutralEmbeddingRequest Embeddings(string body, LlmOperation operation) =>
        new GeminiClient().ReadEmbeddings(Ge.Json(body), new ClientCall(operation, "m", false), new TranslationNotes());
}
