using System.Text;
using Gateway.Core.Errors;
using Gateway.Core.Requests;
using Gateway.Router.Processors;

namespace Gateway.Router.Tests.Processors;

/// <summary>Which text of a body is the user's last, and what becomes of the body when it is another.</summary>
public sealed class UserTextTests
{
    [Theory]
    [InlineData(LlmOperation.ChatCompletions, """{"messages":[{"role":"system","content":"s"},{"role":"user","content":"old"},{"role":"user", "content" : "hi \u00e4\n" } ,{"role":"tool","content":"t"}],"model":"m"}""", "hi ä\n",
        """{"messages":[{"role":"system","content":"s"},{"role":"user","content":"old"},{"role":"user", "content" : "NEW" } ,{"role":"tool","content":"t"}],"model":"m"}""")]
    [InlineData(LlmOperation.ChatCompletions, """{"messages":[{"content":[{"type":"image_url","text":"no","image_url":{"url":"u"}},{"text":"a","type":"text"} , {"type":"text","text":"b"},{"type":"file"},{"type":"text","text":"c"}],"role":"user"}]}""", "a\nb\nc",
        """{"messages":[{"content":[{"type":"image_url","text":"no","image_url":{"url":"u"}},{"text":"NEW","type":"text"},{"type":"file"}],"role":"user"}]}""")]
    [InlineData(LlmOperation.ChatCompletions, """{"messages":[{"role":"user","content":[{"type":"text","text":""},{"type":"text","text":"b"}]}]}""", "b",
        """{"messages":[{"role":"user","content":[{"type":"text","text":"NEW"}]}]}""")]
    [InlineData(LlmOperation.Messages, """{"messages":[{"role":"user","content":[{"type":"text","text":"ask","cache_control":{"type":"ephemeral"}}]},{"role":"user","content":[{"type":"tool_result","content":[{"type":"text","text":"no"}]}]}]}""", "ask",
        """{"messages":[{"role":"user","content":[{"type":"text","text":"NEW","cache_control":{"type":"ephemeral"}}]},{"role":"user","content":[{"type":"tool_result","content":[{"type":"text","text":"no"}]}]}]}""")]
    [InlineData(LlmOperation.Responses, """{"input":"ask","instructions":"i"}""", "ask", """{"input":"NEW","instructions":"i"}""")]
    [InlineData(LlmOperation.Responses, """{"input":[{"role":"user","content":"old"},{"type":"message","role":"user","content":[{"type":"input_text","text":"ask"},{"type":"input_image"}]},{"type":"function_call_output","output":"o"}]}""", "ask",
        """{"input":[{"role":"user","content":"old"},{"type":"message","role":"user","content":[{"type":"input_text","text":"NEW"},{"type":"input_image"}]},{"type":"function_call_output","output":"o"}]}""")]
    [InlineData(LlmOperation.GenerateContent, """{"contents":[{"parts":[{"text":"ask"},{"inlineData":{"data":"x"}},{"text":"more"}]},{"role":"model","parts":[{"text":"no"}]}],"systemInstruction":{"parts":[{"text":"s"}]}}""", "ask\nmore",
        """{"contents":[{"parts":[{"text":"NEW"},{"inlineData":{"data":"x"}}]},{"role":"model","parts":[{"text":"no"}]}],"systemInstruction":{"parts":[{"text":"s"}]}}""")]
    [InlineData(LlmOperation.OllamaChat, """{"messages":[{"role":"user","content":"ask","images":["eA=="]}]}""", "ask", """{"messages":[{"role":"user","content":"NEW","images":["eA=="]}]}""")]
    [InlineData(LlmOperation.OllamaGenerate, """{"prompt":"ask","system":"s"}""", "ask", """{"prompt":"NEW","system":"s"}""")]
    [InlineData(LlmOperation.Completions, """{"prompt":"ask"}""", "ask", """{"prompt":"NEW"}""")]
    [InlineData(LlmOperation.Completions, """{"prompt":["ask"]}""", "ask", """{"prompt":["NEW"]}""")]
    public void The_last_text_of_the_user_is_replaced_and_nothing_else(LlmOperation operation, string body, string text, string replaced)
    {
        var bytes = Encoding.UTF8.GetBytes(body);

        var found = UserTextReader.Find(bytes, operation);

        Assert.Equal(text, found?.Text);
        Assert.Equal(replaced, Encoding.UTF8.GetString(found!.Replace(bytes, "NEW").Span));
    }

    [Theory]
    [InlineData(LlmOperation.ChatCompletions, """{"messages":[{"role":"system","content":"s"},{"role":"assistant","content":"a"}]}""")]
    [InlineData(LlmOperation.ChatCompletions, """{"messages":[{"role":"user","content":[{"type":"image_url"}]},{"role":"user","content":" \n"},{"role":"user","content":null},{"role":7}, 8]}""")]
    [InlineData(LlmOperation.ChatCompletions, """{"messages":"text"}""")]
    [InlineData(LlmOperation.Responses, """{"previous_response_id":"r"}""")]
    [InlineData(LlmOperation.GenerateContent, """{"contents":[{"role":"model","parts":[{"text":"no"}]},{"parts":[{"inlineData":{}}]}]}""")]
    [InlineData(LlmOperation.Completions, """{"prompt":[1,2,[3]]}""")]
    [InlineData(LlmOperation.Embeddings, """{"input":"text"}""")]
    public void A_body_without_such_text_has_nothing_to_rewrite(LlmOperation operation, string body) =>
        Assert.Null(UserTextReader.Find(Encoding.UTF8.GetBytes(body), operation));

    [Theory]
    [InlineData(LlmOperation.ChatCompletions, """{"messages":[{"role":"user","content":"\ud800"}]}""", "messages")]
    [InlineData(LlmOperation.Completions, """{"prompt":["one","two"]}""", "prompt")]
    public void What_cannot_be_rewritten_is_the_clients_mistake(LlmOperation operation, string body, string param)
    {
        var error = Assert.Throws<GatewayException>(() => UserTextReader.Find(Encoding.UTF8.GetBytes(body), operation)).Error;

        Assert.Equal((GatewayErrorKind.InvalidRequest, param), (error.Kind, error.Param));
    }

    [Fact]
    public void A_new_text_is_written_as_json()
    {
        var bytes = """{"prompt":"ask"}"""u8.ToArray();

        var replaced = UserTextReader.Find(bytes, LlmOperation.OllamaGenerate)!.Replace(bytes, "say \"ä\"\n\\ 🙂");

        Assert.Equal("say \"ä\"\n\\ 🙂", System.Text.Json.JsonDocument.Parse(replaced.Memory).RootElement.GetProperty("prompt").GetString());
    }
}
