using System.Text;
using Gateway.Core.Errors;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Tests.Protocols.Responses;

public sealed class ResponsesRequestReaderTests
{
    [Fact]
    public void Input_String_IsOneUserTurn()
    {
        var request = ResponsesWriting.Read("""{"model":"m","input":"Hi","instructions":"Be brief.","stream":true}""");
        Assert.Equal(["user: text Hi"], Turns(request));
        Assert.Equal("Be brief.", Assert.IsType<TextPart>(Assert.Single(request.System)).Text);
        Assert.True(request.IncludeUsage);
        Assert.Equal("input", request.Turns[0].Parts[0].Path.ToString());
    }

    [Fact]
    public void Input_WholeTalk_BecomesTurns()
    {
        var request = ResponsesWriting.Read("""
            {"model":"m","instructions":"A","input":[
              {"role":"developer","content":"B"},
              {"type":"message","role":"user","content":[{"type":"input_text","text":"Look"},{"type":"input_image","image_url":"https://x/y.png","detail":"low"}]},
              {"type":"reasoning","id":"rs_1","summary":[{"type":"summary_text","text":"Hm"}],"encrypted_content":"gw1s.proof"},
              {"type":"message","role":"assistant","content":[{"type":"output_text","text":"I call","annotations":[]}]},
              {"type":"function_call","id":"fc_1","call_id":"c1","name":"f","arguments":"{\"a\":1}"},
              {"type":"function_call","call_id":"c2","name":"g","arguments":""},
              {"type":"reasoning","summary":[],"encrypted_content":"gw1c.2.c1thought"},
              {"type":"function_call_output","call_id":"c2","output":"two"},
              {"type":"function_call_output","call_id":"c1","output":[{"type":"input_text","text":"one"},{"type":"input_image","image_url":"data:image/PNG;base64,AAEC"}]},
              {"role":"system","content":"Later"},
              {"role":"user","content":"First"},
              {"role":"user","content":"Second"}]}
            """);
        Assert.Equal(["A", "B"], request.System.Select(static part => ((TextPart)part).Text));
        Assert.Equal(
            [
                "user: text Look | image url https://x/y.png low",
                "assistant: reasoning Hm proof | text I call | call c1 f {\"a\":1} thought | call c2 g  ",
                "tool: result c2 (text two) | result c1 (text one | image image/png AAEC )",
                "system: text Later",
                "user: text First",
                "user: text Second",
            ],
            Turns(request));
        Assert.Equal("input[8].output[1].image_url", ((ToolResultPart)request.Turns[2].Parts[1]).Parts[1].Path.ToString());
    }

    [Fact]
    public void Reasoning_OfOpenAI_LosesWhatOnlyOpenAICanRead()
    {
        var notes = new TranslationNotes();
        var request = ResponsesWriting.Read("""
            {"model":"m","input":[{"role":"user","content":"x"},{"type":"reasoning","summary":[],"encrypted_content":"gAAAA"},
             {"type":"reasoning","summary":[{"text":"a"},{"text":"b"}],"content":[{"type":"reasoning_text","text":"c"}]},{"type":"reasoning","summary":[],"encrypted_content":"gw1r.secret"}]}
            """, notes);
        Assert.Equal("dropped=input[1].encrypted_content", notes.ToHeader());
        Assert.Equal("assistant: reasoning a\n\nb\n\nc  | redacted secret", Turns(request)[1]);
    }

    [Fact]
    public void CustomTools_AreFunctionsWithOneText()
    {
        var notes = new TranslationNotes();
        var request = ResponsesWriting.Read("""
            {"model":"m","tools":[{"type":"custom","name":"sh","description":"Shell","format":{"type":"text"}}],
             "input":[{"role":"user","content":"x"},{"type":"custom_tool_call","call_id":"c","name":"sh","input":"ls"},{"type":"custom_tool_call_output","call_id":"c","output":"a"}]}
            """, notes);
        Assert.True(Assert.Single(request.Tools).IsCustom);
        Assert.True(((ToolCallPart)request.Turns[1].Parts[0]).IsCustom);
        Assert.Equal("adapted=tools[0]", notes.ToHeader());
        Assert.Equal(
            "tools[0].format",
            Assert.Single(ResponsesWriting.Read("""{"model":"m","input":"x","tools":[{"type":"custom","name":"g","format":{"type":"grammar","syntax":"lark","definition":"x"}}]}""").Foreign).Path.ToString());
    }

    [Theory]
    [InlineData("\"auto\"", "Auto", "")]
    [InlineData("\"required\"", "Any", "")]
    [InlineData("\"none\"", "None", "")]
    [InlineData("""{"type":"function","name":"f"}""", "Named", "f")]
    [InlineData("""{"type":"custom","name":"f"}""", "Named", "f")]
    [InlineData("""{"type":"allowed_tools","mode":"required","tools":[{"type":"function","name":"f"},{"type":"function","name":"g"}]}""", "Any", "f,g")]
    [InlineData("""{"type":"allowed_tools","mode":"auto","tools":[{"type":"function","name":"f"}]}""", "Auto", "f")]
    public void ToolChoice_EachShape_IsRead(string choice, string mode, string names)
    {
        var read = ResponsesWriting.Read($$"""{"model":"m","input":"x","tool_choice":{{choice}}}""").ToolChoice!;
        Assert.Equal((mode, names), (read.Mode.ToString(), string.Join(',', read.Names ?? [])));
    }

    [Fact]
    public void Members_AllGiven_AreRead()
    {
        var request = ResponsesWriting.Read("""
            {"model":"m","input":"x","max_output_tokens":40.0,"temperature":0.5,"top_p":0.9,"parallel_tool_calls":false,"store":true,"service_tier":"flex",
             "prompt_cache_key":"k","safety_identifier":"s","user":"u","metadata":{"a":"b"},"top_logprobs":3,"include":["message.output_text.logprobs","reasoning.encrypted_content"],
             "text":{"verbosity":"low","format":{"type":"json_schema","name":"n","schema":{"type":"object"},"strict":true,"description":"d"}},
             "reasoning":{"effort":"high","summary":"auto"},"tools":[{"type":"function","name":"f","description":"d","parameters":{"type":"object"},"strict":true}],"truncation":"disabled"}
            """);
        Assert.Equal((40L, 0.5, 0.9, false), (request.MaxOutput, request.Temperature, request.TopP, request.ParallelToolCalls));
        Assert.Equal((true, "flex", "k", "s"), (request.Store, request.ServiceTier, request.PromptCacheKey, request.EndUser));
        Assert.Equal("""{"a":"b"}""", request.Metadata!.Value.GetRawText());
        Assert.Equal((true, 3L, "low"), (request.Logprobs, request.TopLogprobs, request.Verbosity));
        Assert.Equal((OutputKind.JsonSchema, "n", "d", true), (request.Output!.Kind, request.Output.Name, request.Output.Description, request.Output.Strict));
        Assert.Equal((ReasoningMode.Effort, "high", true), (request.Reasoning!.Mode, request.Reasoning.Effort, request.Reasoning.Show));
        Assert.Equal(("f", "d", true), (request.Tools[0].Name, request.Tools[0].Description, request.Tools[0].Strict));
        Assert.Empty(request.Foreign);
    }

    [Fact]
    public void Members_Null_AreAbsent()
    {
        var request = ResponsesWriting.Read("""
            {"model":"m","input":"x","instructions":null,"max_output_tokens":null,"temperature":null,"top_p":null,"parallel_tool_calls":null,"store":null,"service_tier":null,"prompt_cache_key":null,
             "safety_identifier":null,"user":null,"metadata":null,"top_logprobs":null,"include":null,"text":null,"reasoning":null,"tools":null,"tool_choice":null,"truncation":null,"background":null,
             "conversation":null,"prompt":null,"previous_response_id":null,"something":null}
            """);
        Assert.Empty(request.System);
        Assert.Empty(request.Tools);
        Assert.Empty(request.Foreign);
        Assert.Equal((null, null, null, null), ((object?)request.MaxOutput, (object?)request.ToolChoice, (object?)request.Reasoning, (object?)request.Output));
        Assert.Equal((null, null, false, null), ((object?)request.Store, (object?)request.ParallelToolCalls, request.Logprobs, (object?)request.Metadata));
    }

    [Theory]
    [InlineData("""{"effort":"none"}""", "Off", null)]
    [InlineData("""{"summary":"detailed"}""", "Auto", true)]
    [InlineData("""{"effort":"minimal","summary":null}""", "Effort", null)]
    [InlineData("""{"effort":null,"summary":null}""", null, null)]
    public void Reasoning_EachShape_IsRead(string reasoning, string? mode, bool? show)
    {
        var read = ResponsesWriting.Read($$"""{"model":"m","input":"x","reasoning":{{reasoning}}}""").Reasoning;
        Assert.Equal((mode, show), (read?.Mode.ToString(), read?.Show));
    }

    [Fact]
    public void Files_InAllTheirShapes_AreRead()
    {
        var request = ResponsesWriting.Read("""
            {"model":"m","input":[{"role":"user","content":[
              {"type":"input_file","filename":"a.pdf","file_data":"data:application/pdf;base64,AAEC"},{"type":"input_file","filename":"b.pdf","file_data":"AA-_"},
              {"type":"input_file","file_url":"https://x/y.pdf"},{"type":"input_file","file_id":"file-1"},{"type":"input_image","file_id":"file-2"},
              {"type":"input_audio","input_audio":{"data":"AA AA","format":"mp3"}}]}]}
            """);
        Assert.Equal(
            [
                "file application/pdf AAEC a.pdf", "file application/pdf AA+/ b.pdf", "file url https://x/y.pdf ", "file id file-1 ", "image id file-2 ", "audio audio/mpeg AAAA ",
            ],
            Turns(request)[0]["user: ".Length..].Split(" | "));
    }

    [Fact]
    public void UnknownMembers_AreNamedToOtherProviders()
    {
        var request = ResponsesWriting.Read("""{"model":"m","input":"x","max_tool_calls":3,"stream_options":{"include_obfuscation":false},"tools":[{"type":"function","name":"f","defer":true}]}""");
        Assert.Equal(["tools[0].defer", "max_tool_calls", "stream_options"], request.Foreign.Select(static field => field.Path.ToString()));
    }

    [Fact]
    public void Truncation_Auto_IsDropped()
    {
        var notes = new TranslationNotes();
        ResponsesWriting.Read("""{"model":"m","input":"x","truncation":"auto","include":["file_search_call.results"]}""", notes);
        Assert.Equal("dropped=include[0],truncation", notes.ToHeader());
    }

    [Theory]
    [InlineData("\"input\":[{\"type\":\"item_reference\",\"id\":\"x\"}]", "input[0]")]
    [InlineData("\"input\":[{\"type\":\"web_search_call\",\"id\":\"x\"}]", "input[0].type")]
    [InlineData("\"input\":3", "input")]
    [InlineData("\"input\":[3]", "input[0]")]
    [InlineData("\"input\":null", "input")]
    [InlineData("\"input\":[{\"role\":\"user\"}]", "input[0].content")]
    [InlineData("\"input\":[{\"content\":\"x\"}]", "input[0].role")]
    [InlineData("\"input\":[{\"role\":\"tool\",\"content\":\"x\"}]", "input[0].role")]
    [InlineData("\"input\":[{\"role\":\"user\",\"content\":{}}]", "input[0].content")]
    [InlineData("\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_text\",\"text\":3}]}]", "input[0].content[0].text")]
    [InlineData("\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"video\"}]}]", "input[0].content[0].type")]
    [InlineData("\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_image\"}]}]", "input[0].content[0].image_url")]
    [InlineData("\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_image\",\"image_url\":\"data:image/png,x\"}]}]", "input[0].content[0].image_url")]
    [InlineData("\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_file\",\"file_data\":\"!\"}]}]", "input[0].content[0].file_data")]
    [InlineData("\"input\":[{\"type\":\"function_call\",\"name\":\"f\",\"arguments\":\"{}\"}]", "input[0].call_id")]
    [InlineData("\"input\":[{\"type\":\"function_call\",\"call_id\":\"\",\"name\":\"f\",\"arguments\":\"{}\"}]", "input[0].call_id")]
    [InlineData("\"input\":[{\"type\":\"function_call\",\"call_id\":\"c\",\"name\":\"f\",\"arguments\":{}}]", "input[0].arguments")]
    [InlineData("\"input\":[{\"type\":\"function_call_output\",\"call_id\":\"c\"}]", "input[0].output")]
    [InlineData("\"input\":[{\"type\":\"reasoning\",\"summary\":[{\"text\":1}]}]", "input[0].summary[0].text")]
    [InlineData("\"input\":\"a\\ud800\"", "input")]
    [InlineData("\"input\":\"x\",\"tools\":[{\"type\":\"web_search\"}]", "tools[0].type")]
    [InlineData("\"input\":\"x\",\"tools\":[{\"type\":\"function\"}]", "tools[0].name")]
    [InlineData("\"input\":\"x\",\"tools\":[{\"type\":\"function\",\"name\":\"f\",\"parameters\":[]}]", "tools[0].parameters")]
    [InlineData("\"input\":\"x\",\"tools\":{}", "tools")]
    [InlineData("\"input\":\"x\",\"tool_choice\":\"any\"", "tool_choice")]
    [InlineData("\"input\":\"x\",\"tool_choice\":{\"type\":\"file_search\"}", "tool_choice.type")]
    [InlineData("\"input\":\"x\",\"tool_choice\":{\"type\":\"allowed_tools\",\"tools\":[{\"type\":\"mcp\"}]}", "tool_choice.tools[0].type")]
    [InlineData("\"input\":\"x\",\"text\":{\"format\":{\"type\":\"grammar\"}}", "text.format.type")]
    [InlineData("\"input\":\"x\",\"text\":{\"format\":{\"type\":\"json_schema\",\"name\":\"n\"}}", "text.format.schema")]
    [InlineData("\"input\":\"x\",\"text\":{\"verbosity\":1}", "text.verbosity")]
    [InlineData("\"input\":\"x\",\"reasoning\":{\"effort\":\"huge\"}", "reasoning.effort")]
    [InlineData("\"input\":\"x\",\"reasoning\":\"high\"", "reasoning")]
    [InlineData("\"input\":\"x\",\"max_output_tokens\":1.5", "max_output_tokens")]
    [InlineData("\"input\":\"x\",\"temperature\":\"hot\"", "temperature")]
    [InlineData("\"input\":\"x\",\"store\":\"yes\"", "store")]
    [InlineData("\"input\":\"x\",\"metadata\":[]", "metadata")]
    [InlineData("\"input\":\"x\",\"include\":[\"everything\"]", "include[0]")]
    [InlineData("\"input\":\"x\",\"truncation\":\"middle\"", "truncation")]
    [InlineData("\"input\":\"x\",\"background\":true", "background")]
    [InlineData("\"input\":\"x\",\"conversation\":\"conv_1\"", "conversation")]
    [InlineData("\"input\":\"x\",\"prompt\":{\"id\":\"p\"}", "prompt")]
    [InlineData("\"input\":\"x\",\"previous_response_id\":\"resp_1\"", "previous_response_id")]
    [InlineData("\"input\":\"x\",\"instructions\":[]", "instructions")]
    public void Field_ThatCannotBeTaken_IsNamed(string members, string param)
    {
        var exception = Assert.Throws<GatewayException>(() => ResponsesWriting.Read($$"""{"model":"m",{{members}}}"""));
        Assert.Equal(GatewayErrorKind.InvalidRequest, exception.Error.Kind);
        Assert.Equal(param, exception.Error.Param);
        Assert.Contains(param, exception.Error.Message, StringComparison.Ordinal);
    }

    internal static List<string> Turns(NeutralRequest request) => [.. request.Turns.Select(static turn => $"{turn.Role.ToString().ToLowerInvariant()}: {string.Join(" | ", turn.Parts.Select(Show))}")];

    private static string Show(NeutralPart part) => part switch
    {
        TextPart text => "text " + text.Text,
        RefusalPart refusal => "refusal " + refusal.Text,
        ReasoningPart { Redacted: { } redacted } => "redacted " + redacted,
        ReasoningPart reasoning => $"reasoning {reasoning.Text} {reasoning.Signature}",
        ToolCallPart call => $"call {call.Id} {call.Name} {call.Arguments} {call.Signature}",
        ToolResultPart result => $"result {result.CallId} ({string.Join(" | ", result.Parts.Select(Show))})",
        MediaPart media => $"{media.Kind.ToString().ToLowerInvariant()} {(media.Url is { } url ? "url " + url : media.FileId is { } id ? "id " + id : media.MimeType + " " + Encoding.ASCII.GetString(media.Base64.Span))} {media.Detail ?? media.FileName}",
        _ => part.ToString(),
    };
}
