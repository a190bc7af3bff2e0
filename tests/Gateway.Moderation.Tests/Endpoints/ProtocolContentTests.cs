using System.Text;

namespace Gateway.Moderation.Tests.Endpoints;

/// <summary>What is read of the protocols other than chat completions. "YmFk" is the base64 of "bad".</summary>
public sealed class ProtocolContentTests
{
    [Theory]
    [InlineData("responses", """{"input":"so bad"}""")]
    [InlineData("responses", """{"input":"x","instructions":"bad"}""")]
    [InlineData("responses", """{"input":[{"role":"user","content":"bad"}]}""")]
    [InlineData("responses", """{"input":[{"role":"user","content":[{"type":"input_text","text":"b"},{"type":"input_text","text":"ad"}]}]}""")]
    [InlineData("responses", """{"input":[{"type":"message","role":"assistant","content":[{"type":"refusal","refusal":"bad"}]}]}""")]
    [InlineData("responses", """{"input":[{"type":"function_call","call_id":"c","name":"f","arguments":"{\"q\":\"bad\"}"}]}""")]
    [InlineData("responses", """{"input":[{"type":"function_call_output","call_id":"c","output":"bad"}]}""")]
    [InlineData("responses", """{"input":[{"type":"function_call_output","call_id":"c","output":[{"type":"input_text","text":"bad"}]}]}""")]
    [InlineData("responses", """{"input":[{"type":"custom_tool_call","call_id":"c","name":"f","input":"bad"}]}""")]
    [InlineData("responses", """{"input":[{"type":"reasoning","id":"r","summary":[{"type":"summary_text","text":"bad"}]}]}""")]
    [InlineData("responses", """{"input":[{"type":"computer_call","action":{"type":"bad"}}]}""")]
    [InlineData("responses", """{"input":[{"type":"shell_call_output","call_id":"c","output":[{"stdout":"bad"}]}]}""")]
    [InlineData("responses", """{"input":[{"type":"mcp_list_tools","server_label":"s","tools":[{"name":"f","description":"bad"}]}]}""")]
    [InlineData("responses", """{"input":[{"role":"user","content":[{"type":"input_file","filename":"bad.txt","file_data":"x"}]}]}""")]
    [InlineData("responses", """{"input":[{"role":"user","content":[{"type":"input_file","filename":"f","file_data":"data:text/plain;base64,YmFk"}]}]}""")]
    [InlineData("responses", """{"input":[{"brand_new":{"words":"bad"}}]}""")]
    [InlineData("responses", """{"input":[7]}""")]
    [InlineData("responses", """{"prompt":{"id":"p","variables":{"type":"bad"}}}""")]
    [InlineData("responses", """{"prompt":{"id":"p","variables":{"v":{"type":"input_text","text":"bad"}}}}""")]
    [InlineData("responses", """{"input":"x","tools":[{"type":"function","name":"f","description":"bad"}]}""")]
    [InlineData("responses", """{"input":"x","tools":[{"type":"mcp","server_label":"s","server_description":"bad"}]}""")]
    [InlineData("responses", """{"input":"x","text":{"format":{"type":"json_schema","schema":{"properties":{"a":{"description":"bad"}}}}}}""")]
    [InlineData("responses", """{"input":"x","brand_new":["bad"]}""")]
    [InlineData("messages", """{"system":"bad","messages":[]}""")]
    [InlineData("messages", """{"system":[{"type":"text","text":"b"},{"type":"text","text":"ad","cache_control":{"type":"ephemeral"}}]}""")]
    [InlineData("messages", """{"messages":[{"role":"user","content":"bad"}]}""")]
    [InlineData("messages", """{"messages":[{"role":"user","content":[{"type":"text","text":"b"},{"type":"text","text":"ad"}]}]}""")]
    [InlineData("messages", """{"messages":[{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":{"a":[{"type":"bad"}]}}]}]}""")]
    [InlineData("messages", """{"messages":[{"role":"assistant","content":[{"type":"tool_use","id":"t","name":"f","input":{"bad":1}}]}]}""")]
    [InlineData("messages", """{"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"bad"}]}]}""")]
    [InlineData("messages", """{"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":[{"type":"text","text":"bad"}]}]}]}""")]
    [InlineData("messages", """{"messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"bad","signature":"s"}]}]}""")]
    [InlineData("messages", """{"messages":[{"role":"user","content":[{"type":"document","source":{"type":"text","media_type":"text/plain","data":"bad"}}]}]}""")]
    [InlineData("messages", """{"messages":[{"role":"user","content":[{"type":"document","source":{"data":"bad","type":"text"}}]}]}""")]
    [InlineData("messages", """{"messages":[{"role":"user","content":[{"type":"document","source":{"data":"YmFk","type":"base64","media_type":"text/plain"}}]}]}""")]
    [InlineData("messages", """{"messages":[{"role":"user","content":[{"type":"document","source":{"type":"content","content":[{"type":"text","text":"b"},{"type":"text","text":"ad"}]}}]}]}""")]
    [InlineData("messages", """{"messages":[{"role":"user","content":[{"type":"document","title":"bad","source":{"type":"url","url":"x"}}]}]}""")]
    [InlineData("messages", """{"messages":[{"role":"user","content":[{"type":"search_result","source":"bad","title":"t","content":[]}]}]}""")]
    [InlineData("messages", """{"messages":[{"role":"user","content":[{"type":"brand_new","words":{"deep":"bad"}}]}]}""")]
    [InlineData("messages", """{"tools":[{"name":"f","description":"bad","input_schema":{}}]}""")]
    [InlineData("messages", """{"tools":[{"name":"f","input_schema":{"properties":{"q":{"description":"bad"}}}}]}""")]
    [InlineData("messages", """{"tools":[{"name":"f","input_examples":[{"type":"bad"}]}]}""")]
    [InlineData("generate-content", """{"contents":[{"parts":[{"text":"bad"}]}]}""")]
    [InlineData("generate-content", """{"contents":{"role":"user","parts":{"text":"bad"}}}""")]
    [InlineData("generate-content", """{"contents":"bad"}""")]
    [InlineData("generate-content", """{"contents":[{"parts":[{"text":"b"},{"text":"ad"}]}]}""")]
    [InlineData("generate-content", """{"systemInstruction":{"parts":[{"text":"bad"}]}}""")]
    [InlineData("generate-content", """{"system_instruction":{"parts":[{"text":"bad"}]}}""")]
    [InlineData("generate-content", """{"contents":[{"parts":[{"functionCall":{"name":"f","args":{"id":"bad"}}}]}]}""")]
    [InlineData("generate-content", """{"contents":[{"parts":[{"functionResponse":{"name":"f","response":{"output":{"deep":["bad"]}}}}]}]}""")]
    [InlineData("generate-content", """{"contents":[{"parts":[{"function_response":{"name":"f","response":{"bad":true}}}]}]}""")]
    [InlineData("generate-content", """{"contents":[{"parts":[{"functionResponse":{"name":"f","parts":[{"inlineData":{"mimeType":"text/plain","data":"YmFk"}}]}}]}]}""")]
    [InlineData("generate-content", """{"contents":[{"parts":[{"inline_data":{"data":"YmFk","mime_type":"text/markdown; charset=utf-8"}}]}]}""")]
    [InlineData("generate-content", """{"contents":[{"parts":[{"inlineData":{"mimeType":"application/json","data":"Y \nmFk"}}]}]}""")]
    [InlineData("generate-content", """{"contents":[{"parts":[{"inlineData":{"mimeType":"text/plain","data":"?"}}]}]}""")]
    [InlineData("generate-content", """{"contents":[{"parts":[{"executableCode":{"language":"PYTHON","code":"bad"}}]}]}""")]
    [InlineData("generate-content", """{"contents":[{"parts":[{"codeExecutionResult":{"outcome":"OUTCOME_OK","output":"bad"}}]}]}""")]
    [InlineData("generate-content", """{"contents":[{"parts":[{"brandNew":{"words":"bad"}}]}]}""")]
    [InlineData("generate-content", """{"tools":[{"functionDeclarations":[{"name":"f","description":"bad"}]}]}""")]
    [InlineData("generate-content", """{"generationConfig":{"responseJsonSchema":{"properties":{"a":{"description":"bad"}}}}}""")]
    [InlineData("generate-content", """{"generateContentRequest":{"contents":[{"parts":[{"text":"bad"}]}]}}""")]
    [InlineData("embed-content", """{"content":{"parts":[{"text":"bad"}]}}""")]
    [InlineData("embed-content", """{"content":{"parts":[{"text":"x"}]},"title":"bad"}""")]
    [InlineData("embed-content", """{"requests":[{"model":"m","content":{"parts":[{"text":"x"}]}},{"model":"m","content":{"parts":[{"text":"bad"}]}}]}""")]
    [InlineData("ollama-chat", """{"messages":[{"role":"user","content":"bad"}]}""")]
    [InlineData("ollama-chat", """{"MESSAGES":[{"role":"user","Content":"bad"}]}""")]
    [InlineData("ollama-chat", """{"messages":[{"role":"user","CONTENT":"bad"}]}""")]
    [InlineData("ollama-chat", """{"messages":[{"role":"assistant","content":"","thinking":"bad"}]}""")]
    [InlineData("ollama-chat", """{"messages":[{"role":"assistant","tool_calls":[{"function":{"name":"f","arguments":{"type":"bad"}}}]}]}""")]
    [InlineData("ollama-chat", """{"messages":[{"role":"tool","tool_name":"f","content":"bad"}]}""")]
    [InlineData("ollama-chat", """{"tools":[{"type":"function","function":{"name":"f","description":"bad"}}]}""")]
    [InlineData("ollama-chat", """{"format":{"properties":{"a":{"description":"bad"}}}}""")]
    [InlineData("ollama-generate", """{"prompt":"bad"}""")]
    [InlineData("ollama-generate", """{"prompt":"x","system":"bad"}""")]
    [InlineData("ollama-generate", """{"prompt":"x","suffix":"bad"}""")]
    [InlineData("ollama-generate", """{"prompt":"x","template":"bad"}""")]
    [InlineData("ollama-generate", """{"prompt":"x","context":[1,2]}""")]
    [InlineData("ollama-embed", """{"input":"bad"}""")]
    [InlineData("ollama-embed", """{"input":["x","bad"]}""")]
    [InlineData("ollama-embed", """{"prompt":"bad"}""")]
    [InlineData("images", """{"prompt":"bad"}""")]
    [InlineData("images", """{"prompt":"x","brand_new":"bad"}""")]
    [InlineData("speech", """{"input":"so bad","voice":"x"}""")]
    [InlineData("speech", """{"input":"x","instructions":"bad"}""")]
    [InlineData("rerank", """{"query":"bad","documents":["x"]}""")]
    [InlineData("rerank", """{"query":"x","documents":["x","bad"]}""")]
    [InlineData("rerank", """{"query":{"text":"bad"},"documents":[{"text":"x"}]}""")]
    [InlineData("rerank", """{"query":"x","documents":[{"title":"bad"}]}""")]
    public async Task Body_KeywordAnywhereAModelReads_IsBlocked(string path, string body)
    {
        await using var service = await ModerationService.StartAsync(Policy.Of("p", Policy.Block("bad")));

        var reply = await service.AskAsync($"/internal/moderation/{path}", "p", body);

        Assert.Equal((200, "block"), (reply.Status, reply.Action));
    }

    [Theory]
    [InlineData("responses", """{"model":"bad","metadata":{"a":"bad"},"input":[{"id":"bad","type":"message","role":"bad","status":"bad","content":[{"type":"input_image","image_url":"http://bad","file_id":"bad"}]}]}""")]
    [InlineData("responses", """{"input":[{"type":"reasoning","encrypted_content":"bad"},{"type":"image_generation_call","result":"bad"},{"type":"item_reference","id":"bad"}],"previous_response_id":"bad"}""")]
    [InlineData("responses", """{"input":"x","tools":[{"type":"function","name":"bad","parameters":{"properties":{"bad":{"enum":["bad"]}}}}]}""")]
    [InlineData("responses", """{"input":[{"role":"user","content":"b"},{"role":"user","content":"ad"}]}""")]
    [InlineData("messages", """{"model":"bad","stop_sequences":["bad"],"messages":[{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"bad"}},{"type":"image","source":{"type":"url","url":"http://bad"}}]}]}""")]
    [InlineData("messages", """{"messages":[{"role":"assistant","content":[{"type":"thinking","thinking":"x","signature":"bad"},{"type":"redacted_thinking","data":"bad"},{"type":"tool_use","id":"bad","name":"x","input":{}}]}]}""")]
    [InlineData("messages", """{"messages":[{"role":"user","content":[{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"YmFk"}}]}],"mcp_servers":[{"url":"bad","authorization_token":"bad"}]}""")]
    [InlineData("generate-content", """{"contents":[{"role":"bad","parts":[{"inlineData":{"mimeType":"image/png","data":"YmFk"}},{"fileData":{"fileUri":"gs://bad","mimeType":"x"}},{"text":"x","thoughtSignature":"bad"}]}],"cachedContent":"bad"}""")]
    [InlineData("generate-content", """{"contents":[{"parts":[{"text":"b"}]},{"parts":[{"text":"ad"}]}],"generationConfig":{"stopSequences":["bad"]}}""")]
    [InlineData("embed-content", """{"model":"bad","taskType":"bad","content":{"parts":[{"text":"x"}]}}""")]
    [InlineData("ollama-chat", """{"model":"bad","options":{"stop":["bad"]},"messages":[{"role":"bad","content":"x","images":["bad","YmFk"]}]}""")]
    [InlineData("ollama-generate", """{"model":"bad","prompt":"x","images":["bad"],"context":[],"format":"json"}""")]
    [InlineData("ollama-embed", """{"model":"bad","input":["b","ad"]}""")]
    [InlineData("images", """{"model":"bad","prompt":"x","style":"bad","user":"bad"}""")]
    [InlineData("speech", """{"model":"bad","input":"x","voice":"bad"}""")]
    [InlineData("rerank", """{"model":"bad","query":"x","documents":[{"image":"bad"}]}""")]
    public async Task Body_KeywordElsewhere_IsAllowed(string path, string body)
    {
        await using var service = await ModerationService.StartAsync(Policy.Of("p", Policy.Block("bad")));

        Assert.Equal("allow", (await service.AskAsync($"/internal/moderation/{path}", "p", body)).Action);
    }

    [Theory]
    [InlineData("responses", """{ "input":[{"content":[{"text":"a bad 1"},{"image_url":"bad"},{"text":"2 bad"}]},{"output":"bad"}], "instructions":"bad" }""", """{ "input":[{"content":[{"text":"a [redacted] 1"},{"image_url":"bad"},{"text":"2 [redacted]"}]},{"output":"[redacted]"}], "instructions":"[redacted]" }""")]
    [InlineData("messages", """{"system":"bad","messages":[{"content":[{"type":"tool_use","input":{"a":"bad","bad" : 1.0}},{"type":"text","text":"b\u0061d"}]}]}""", """{"system":"[redacted]","messages":[{"content":[{"type":"tool_use","input":{"a":"[redacted]","[redacted]" : 1.0}},{"type":"text","text":"[redacted]"}]}]}""")]
    [InlineData("messages", """{"messages":[{"content":[{"source":{"data":"so bad","type":"text"}}]}]}""", """{"messages":[{"content":[{"source":{"data":"so [redacted]","type":"text"}}]}]}""")]
    [InlineData("generate-content", """{"contents":[{"parts":[{"functionResponse":{"name":"f","response":{"output":"bad"}}},{"text":"bad"}]}]}""", """{"contents":[{"parts":[{"functionResponse":{"name":"f","response":{"output":"[redacted]"}}},{"text":"[redacted]"}]}]}""")]
    [InlineData("ollama-generate", """{"prompt":"bad","system":"not bad"}""", """{"prompt":"[redacted]","system":"not [redacted]"}""")]
    [InlineData("ollama-chat", """{"messages":[{"tool_calls":[{"function":{"name":"f","arguments":{"q":"bad"}}}]}]}""", """{"messages":[{"tool_calls":[{"function":{"name":"f","arguments":{"q":"[redacted]"}}}]}]}""")]
    public async Task Redaction_ChangesOnlyWhatMatched(string path, string body, string expected)
    {
        await using var service = await ModerationService.StartAsync(Policy.Of("p", Policy.Redact("bad")));

        var reply = await service.AskAsync($"/internal/moderation/{path}", "p", body);

        Assert.Equal(("redact", expected), (reply.Action, reply.Body));
    }

    [Theory]
    [InlineData("generate-content", """{"contents":[{"parts":[{"inlineData":{"mimeType":"text/plain","data":"DATA"}}]}]}""", "")]
    [InlineData("responses", """{"input":[{"role":"user","content":[{"type":"input_file","file_data":"DATA"}]}]}""", "data:text/csv;base64,")]
    [InlineData("chat", """{"messages":[{"content":[{"type":"file","file":{"file_data":"DATA"}}]}]}""", "data:text/plain;base64,")]
    public async Task Redaction_InATextFile_StaysBase64(string path, string body, string prefix)
    {
        await using var service = await ModerationService.StartAsync(Policy.Of("p", Policy.Redact("bad")));
        string With(string text) => body.Replace("DATA", prefix + Convert.ToBase64String(Encoding.UTF8.GetBytes(text)));

        var reply = await service.AskAsync($"/internal/moderation/{path}", "p", With("eine schlechte é bad Zeile\n"));

        Assert.Equal(With("eine schlechte é [redacted] Zeile\n"), reply.Body);
    }

    [Theory]
    [InlineData("data:,so%20b%61d")]
    [InlineData("DATA:text/plain,bad")]
    [InlineData(" data:application/ld+json;base64,YmFk")]
    [InlineData("d\\u0061ta:text/plain;base64,YmFk")]
    public async Task DataAddress_OfText_IsRead(string address)
    {
        await using var service = await ModerationService.StartAsync(Policy.Of("p", Policy.Block("bad")));

        var reply = await service.AskChatAsync("p", $$$"""{"messages":[{"content":[{"type":"file","file":{"file_data":"{{{address}}}"}}]}]}""");

        Assert.Equal("block", reply.Action);
    }

    [Theory]
    [InlineData("responses")]
    [InlineData("messages")]
    [InlineData("generate-content")]
    [InlineData("embed-content")]
    [InlineData("ollama-chat")]
    [InlineData("ollama-generate")]
    [InlineData("ollama-embed")]
    public async Task Body_ThatIsNoJsonObject_IsBlocked(string path)
    {
        await using var service = await ModerationService.StartAsync(Policy.BestEffort("p", Policy.Block("bad")));

        foreach (var body in new[] { "", "[]", "\"bad\"", "{", """{"a":1} {}""", string.Concat(Enumerable.Repeat("""{"a":""", 70)) + "1" + new string('}', 70) })
        {
            Assert.Equal("block", (await service.AskAsync($"/internal/moderation/{path}", "p", body)).Action);
        }
    }

    [Fact]
    public async Task UnknownTopLevelField_OfChat_IsRead()
    {
        await using var service = await ModerationService.StartAsync(Policy.Of("p", Policy.Block("bad")));

        Assert.Equal("block", (await service.AskChatAsync("p", """{"messages":[],"documents":[{"text":"bad"}]}""")).Action);
    }
}
