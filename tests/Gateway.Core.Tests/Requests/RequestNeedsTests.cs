using System.Text;
using Gateway.Core.Requests;

namespace Gateway.Core.Tests.Requests;

public sealed class RequestNeedsTests
{
    [Theory]
    // OpenAI
    [InlineData(LlmOperation.ChatCompletions, """{"model":"m","messages":[{"role":"user","content":"hi"}]}""", ModelCapabilities.None)]
    [InlineData(LlmOperation.ChatCompletions, """{"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}],"messages":[{}]}""", ModelCapabilities.Tools)]
    [InlineData(LlmOperation.ChatCompletions, """{"tools":[],"functions":null,"messages":[{}]}""", ModelCapabilities.None)]
    [InlineData(LlmOperation.ChatCompletions, """{"functions":[{"name":"f"}],"messages":[{}]}""", ModelCapabilities.Tools)]
    [InlineData(LlmOperation.ChatCompletions, """{"messages":[{"content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"https://x/y.png"}}]}]}""", ModelCapabilities.Vision)]
    [InlineData(LlmOperation.ChatCompletions, """{"messages":[{"content":"image_url"},{"tool_calls":[{"type":"image_url"}],"content":[{"type":"text","text":"image"}]}]}""", ModelCapabilities.None)]
    [InlineData(LlmOperation.ChatCompletions, """{"messages":[{"content":[{"type":"input_audio","input_audio":{"data":"AAAA","format":"wav"}}]}]}""", ModelCapabilities.None)]
    [InlineData(LlmOperation.ChatCompletions, """{"response_format":{"type":"json_schema","json_schema":{"schema":{}}},"messages":[{}]}""", ModelCapabilities.JsonSchema)]
    [InlineData(LlmOperation.ChatCompletions, """{"response_format":{"json_schema":{"schema":{"type":"json_schema"}},"type":"json_object"},"messages":[{}]}""", ModelCapabilities.None)]
    [InlineData(LlmOperation.ChatCompletions, """{"reasoning_effort":"low","messages":[{}]}""", ModelCapabilities.Reasoning)]
    [InlineData(LlmOperation.ChatCompletions, """{"reasoning_effort":"none","messages":[{}]}""", ModelCapabilities.None)]
    [InlineData(LlmOperation.ChatCompletions, """{"reasoning":{"max_tokens":100},"messages":[{}]}""", ModelCapabilities.Reasoning)]
    [InlineData(LlmOperation.ChatCompletions, """{"reasoning":{"enabled":false,"effort":"high"},"messages":[{}]}""", ModelCapabilities.None)]
    [InlineData(LlmOperation.ChatCompletions, """{"reasoning":null,"thinking":{},"messages":[{}]}""", ModelCapabilities.None)]
    // Responses
    [InlineData(LlmOperation.Responses, """{"input":[{"role":"user","content":[{"type":"input_image","image_url":"data:image/png;base64,AA"}]}]}""", ModelCapabilities.Vision)]
    [InlineData(LlmOperation.Responses, """{"input":[{"type":"function_call_output","output":[{"type":"input_image","file_id":"f"}]}]}""", ModelCapabilities.Vision)]
    [InlineData(LlmOperation.Responses, """{"input":"x","text":{"format":{"type":"json_schema","schema":{}},"verbosity":"low"}}""", ModelCapabilities.JsonSchema)]
    [InlineData(LlmOperation.Responses, """{"input":"x","text":{"format":{"type":"text"}},"tools":[{"type":"web_search"}],"reasoning":{"summary":"auto"}}""", ModelCapabilities.Tools | ModelCapabilities.Reasoning)]
    [InlineData(LlmOperation.Responses, """{"input":"x","reasoning":{"effort":"none","summary":"auto"}}""", ModelCapabilities.None)]
    // Anthropic
    [InlineData(LlmOperation.Messages, """{"tools":[{"name":"f","input_schema":{"type":"object"}}],"messages":[{}]}""", ModelCapabilities.Tools)]
    [InlineData(LlmOperation.Messages, """{"messages":[{"content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AA"}}]}]}""", ModelCapabilities.Vision)]
    [InlineData(LlmOperation.Messages, """{"messages":[{"content":[{"type":"tool_result","content":[{"type":"image","source":{"type":"url","url":"u"}}]}]}]}""", ModelCapabilities.Vision)]
    [InlineData(LlmOperation.Messages, """{"messages":[{"content":[{"type":"tool_use","input":{"type":"image","content":[{"type":"image"}]}}]}]}""", ModelCapabilities.None)]
    [InlineData(LlmOperation.Messages, """{"thinking":{"type":"enabled","budget_tokens":1024},"messages":[{}]}""", ModelCapabilities.Reasoning)]
    [InlineData(LlmOperation.Messages, """{"thinking":{"type":"disabled"},"output_config":{"effort":"high"},"messages":[{}]}""", ModelCapabilities.None)]
    [InlineData(LlmOperation.Messages, """{"output_config":{"effort":"high","format":{"type":"json_schema","schema":{}}},"messages":[{}]}""", ModelCapabilities.JsonSchema)]
    [InlineData(LlmOperation.Messages, """{"output_format":{"type":"json_schema","schema":{}},"messages":[{}]}""", ModelCapabilities.JsonSchema)]
    // Gemini
    [InlineData(LlmOperation.GenerateContent, """{"contents":[{"parts":[{"text":"a"},{"inlineData":{"mimeType":"image/png","data":"AA"}}]}],"tools":[{"functionDeclarations":[]}]}""", ModelCapabilities.Vision | ModelCapabilities.Tools)]
    [InlineData(LlmOperation.GenerateContent, """{"contents":{"parts":[{"file_data":{"file_uri":"u","mime_type":"image/jpeg"}}]}}""", ModelCapabilities.Vision)]
    [InlineData(LlmOperation.GenerateContent, """{"contents":[{"parts":[{"inlineData":{"mimeType":"audio/wav","data":"AA"}},{"functionResponse":{"response":{"mimeType":"image/png","type":"image"}}}]}]}""", ModelCapabilities.None)]
    [InlineData(LlmOperation.GenerateContent, """{"contents":[{"parts":[{"text":"a"}]}],"generationConfig":{"responseSchema":{"type":"object"}}}""", ModelCapabilities.JsonSchema)]
    [InlineData(LlmOperation.GenerateContent, """{"contents":[{"parts":[{"text":"a"}]}],"generation_config":{"response_json_schema":{},"thinking_config":{"thinking_budget":-1}}}""", ModelCapabilities.JsonSchema | ModelCapabilities.Reasoning)]
    [InlineData(LlmOperation.GenerateContent, """{"contents":[{"parts":[{"text":"a"}]}],"generationConfig":{"responseSchema":null,"thinkingConfig":{"thinkingBudget":0,"includeThoughts":true}}}""", ModelCapabilities.None)]
    [InlineData(LlmOperation.GenerateContent, """{"contents":[{"parts":[{"text":"a"}]}],"generationConfig":{"thinkingConfig":{"thinkingLevel":"high"}}}""", ModelCapabilities.Reasoning)]
    // Ollama
    [InlineData(LlmOperation.OllamaChat, """{"messages":[{"role":"user","content":"a","images":["AAAA"]}],"think":true}""", ModelCapabilities.Vision | ModelCapabilities.Reasoning)]
    [InlineData(LlmOperation.OllamaChat, """{"messages":[{"role":"user","content":"a","images":[]}],"think":false,"format":"json"}""", ModelCapabilities.None)]
    [InlineData(LlmOperation.OllamaChat, """{"messages":[{"content":"a"}],"format":{"type":"object"},"tools":[{"type":"function"}],"think":"high"}""", ModelCapabilities.JsonSchema | ModelCapabilities.Tools | ModelCapabilities.Reasoning)]
    [InlineData(LlmOperation.OllamaGenerate, """{"prompt":"a","images":["AAAA"]}""", ModelCapabilities.Vision)]
    // Only chats need capabilities.
    [InlineData(LlmOperation.MessagesCountTokens, """{"tools":[{"name":"f"}],"messages":[{}]}""", ModelCapabilities.None)]
    public void Body_needs_what_it_uses(LlmOperation operation, string body, ModelCapabilities needed) => Assert.Equal(needed, Read(operation, body).Capabilities);

    [Fact]
    public void A_token_is_taken_for_four_bytes_of_text()
    {
        var empty = Read(LlmOperation.ChatCompletions, """{"messages":[{"role":"user","content":""}]}""").EstimatedInputTokens;

        Assert.InRange(empty, 0, 10);
        Assert.Equal(empty + 1000, Read(LlmOperation.ChatCompletions, $$$"""{"messages":[{"role":"user","content":"{{{Text(4000)}}}"}]}""").EstimatedInputTokens);
    }

    [Fact]
    public void A_token_id_is_a_token() =>
        Assert.InRange(Read(LlmOperation.Embeddings, $$"""{"model":"m","input":[{{string.Join(',', Enumerable.Repeat("7", 500))}}]}""").EstimatedInputTokens, 500, 505);

    [Theory]
    [InlineData(LlmOperation.ChatCompletions, """{"messages":[{"content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,#"}}]}]}""", 272)]
    [InlineData(LlmOperation.ChatCompletions, """{"messages":[{"content":[{"image_url":{"detail":"low","url":"data:image/png;base64,#"},"type":"image_url"}]}]}""", 85)]
    [InlineData(LlmOperation.Responses, """{"input":[{"content":[{"type":"input_image","detail":"low","image_url":"data:image/png;base64,#"}]}]}""", 85)]
    [InlineData(LlmOperation.Messages, """{"messages":[{"content":[{"type":"image","source":{"data":"#"}},{"type":"image","source":{"data":"#"}}]}]}""", 544)]
    [InlineData(LlmOperation.GenerateContent, """{"contents":[{"parts":[{"inlineData":{"data":"#","mimeType":"image/png"}}]}]}""", 272)]
    [InlineData(LlmOperation.OllamaChat, """{"messages":[{"content":"","images":["#","#"]}]}""", 544)]
    [InlineData(LlmOperation.ChatCompletions, """{"messages":[{"content":[{"type":"input_audio","input_audio":{"data":"#"}}]}]}""", 0)]
    public void Pictures_and_payloads_are_not_counted_by_their_bytes(LlmOperation operation, string body, long tokens)
    {
        var payload = Convert.ToBase64String(new byte[30_000]);

        Assert.InRange(Read(operation, body.Replace("#", payload, StringComparison.Ordinal)).EstimatedInputTokens, tokens, tokens + 40);
    }

    [Fact]
    public void Text_that_only_begins_like_a_payload_is_text() =>
        Assert.InRange(Read(LlmOperation.ChatCompletions, $$"""{"messages":[{"content":"data: {{Text(4000)}}"}]}""").EstimatedInputTokens, 1000, 1010);

    [Theory]
    [InlineData("{")]
    [InlineData("not json at all")]
    [InlineData("")]
    [InlineData("""{"messages":[{"content":[{"\ud800":1,"type":"\ud800"}]}]}""")]
    public void What_is_no_JSON_is_estimated_by_its_length(string body) => Assert.Equal(new RequestNeeds(ModelCapabilities.None, body.Length / 4), Read(LlmOperation.ChatCompletions, body));

    [Fact]
    public void Reading_allocates_nothing()
    {
        var body = Encoding.UTF8.GetBytes("""{"model":"m","tools":[{"name":"f"}],"reasoning_effort":"low","messages":[{"content":[{"type":"image_url","image_url":{"url":"u"}}]}]}""");

        Assert.Equal(0, Allocated.By(() => RequestNeeds.Read(LlmOperation.ChatCompletions, body)));
    }

    private static string Text(int bytes) => string.Concat(Enumerable.Repeat("some words ", bytes / 11 + 1))[..bytes];

    private static RequestNeeds Read(LlmOperation operation, string body) => RequestNeeds.Read(operation, Encoding.UTF8.GetBytes(body));
}
