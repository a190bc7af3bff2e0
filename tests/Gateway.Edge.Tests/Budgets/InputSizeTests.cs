using System.Text;
using Gateway.Core.Requests;
using Gateway.Edge.Budgets;

namespace Gateway.Edge.Tests.Budgets;

/// <summary>What a body brings before a model that its bytes do not bound.</summary>
public sealed class InputSizeTests
{
    [Theory]
    [InlineData(LlmOperation.ChatCompletions, """{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://x/y.png"}}]}]}""")]
    [InlineData(LlmOperation.ChatCompletions, """{"messages":[{"content":[{"type":"file","file":{"file_id":"file-1"}}]}]}""")]
    [InlineData(LlmOperation.ChatCompletions, """{"messages":[{"content":[{"type":"file","file":{"file_data":"data:application/pdf;base64,JVBE"}}]}]}""")]
    [InlineData(LlmOperation.ChatCompletions, """{"messages":[{}],"web_search_options":{}}""")]
    [InlineData(LlmOperation.Responses, """{"input":[{"content":[{"type":"input_image","image_url":"https://x/y.png"}]}]}""")]
    [InlineData(LlmOperation.Responses, """{"input":[{"content":[{"type":"input_file","file_url":"https://x/y.pdf"}]}]}""")]
    [InlineData(LlmOperation.Responses, """{"input":[{"type":"item_reference","id":"msg_1"}]}""")]
    [InlineData(LlmOperation.Responses, """{"input":"x","previous_response_id":"resp_1"}""")]
    [InlineData(LlmOperation.Responses, """{"input":"x","conversation":"conv_1"}""")]
    [InlineData(LlmOperation.Responses, """{"input":"x","conversation":{"id":"conv_1"}}""")]
    [InlineData(LlmOperation.Responses, """{"prompt":{"id":"pmpt_1"}}""")]
    [InlineData(LlmOperation.Responses, """{"input":"x","tools":[{"type":"file_search"}]}""")]
    [InlineData(LlmOperation.Messages, """{"messages":[{"content":[{"type":"image","source":{"type":"url","url":"https://x/y.png"}}]}]}""")]
    [InlineData(LlmOperation.Messages, """{"messages":[{"content":[{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"JVBE"}}]}]}""")]
    [InlineData(LlmOperation.Messages, """{"messages":[{"content":[{"type":"image","source":{"type":"file","file_id":"f"}}]}]}""")]
    [InlineData(LlmOperation.Messages, """{"messages":[{}],"tools":[{"type":"web_search_20250305","name":"web_search"}]}""")]
    [InlineData(LlmOperation.Messages, """{"messages":[{}],"mcp_servers":[{"url":"https://x"}]}""")]
    [InlineData(LlmOperation.GenerateContent, """{"contents":[{"parts":[{"fileData":{"fileUri":"https://x"}}]}]}""")]
    [InlineData(LlmOperation.GenerateContent, """{"contents":[{"parts":[{"file_data":{"file_uri":"https://x"}}]}]}""")]
    [InlineData(LlmOperation.GenerateContent, """{"contents":[{}],"cachedContent":"cachedContents/1"}""")]
    [InlineData(LlmOperation.GenerateContent, """{"contents":[{}],"tools":[{"googleSearch":{}}]}""")]
    [InlineData(LlmOperation.GenerateContent, """{"contents":[{"parts":[{"inlineData":{"mimeType":"video/mp4","data":"AAAA"}}]}]}""")]
    public void WhatIsNotInTheBody_LeavesItOpen(LlmOperation operation, string body) => Assert.True(Read(operation, body).IsOpen);

    [Theory]
    [InlineData(LlmOperation.ChatCompletions, """{"messages":[{"role":"user","content":"see https://x/y.png and file_id f, data:image/png;base64,AAAA"}]}""", false)]
    [InlineData(LlmOperation.ChatCompletions, """{"messages":[{}],"tools":[{"type":"function","function":{"name":"f","parameters":{"properties":{"file_id":{"type":"string"},"url":{"type":"string"}}}}}]}""", true)]
    [InlineData(LlmOperation.Responses, """{"input":"x","tools":[{"type":"function","name":"f"},{"type":"custom","name":"g"}],"previous_response_id":null}""", true)]
    [InlineData(LlmOperation.Messages, """{"messages":[{}],"tools":[{"name":"f","input_schema":{"type":"object"}},{"type":"bash_20250124","name":"bash"}]}""", true)]
    [InlineData(LlmOperation.GenerateContent, """{"contents":[{"parts":[{"text":"x"}]}],"tools":[{"functionDeclarations":[{"name":"f"}]}]}""", true)]
    [InlineData(LlmOperation.OllamaChat, """{"model":"x","messages":[{"content":"x"}],"tools":[]}""", false)]
    public void TextAndOwnTools_AreAllInTheBody(LlmOperation operation, string body, bool hasTools)
    {
        var size = Read(operation, body);
        Assert.Equal((false, 0, hasTools, (long)body.Length), (size.IsOpen, size.Media, size.HasTools, size.TextBytes));
    }

    [Theory]
    [InlineData(LlmOperation.ChatCompletions, """{"messages":[{"content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgo="}}]}]}""", 34)]
    [InlineData(LlmOperation.ChatCompletions, """{"messages":[{"content":[{"type":"input_audio","input_audio":{"data":"AAAABBBB","format":"wav"}}]}]}""", 8)]
    [InlineData(LlmOperation.Responses, """{"input":[{"content":[{"type":"input_image","image_url":"data:image/png;base64,iVBORw0KGgo="}]}]}""", 34)]
    [InlineData(LlmOperation.Messages, """{"messages":[{"content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAABBBB"}}]}]}""", 8)]
    [InlineData(LlmOperation.GenerateContent, """{"contents":[{"parts":[{"inlineData":{"mimeType":"image/png","data":"AAAABBBB"}}]}]}""", 8)]
    [InlineData(LlmOperation.OllamaChat, """{"messages":[{"content":"x","images":["AAAABBBB"]}]}""", 8)]
    public void InlineMedia_AreCountedApart(LlmOperation operation, string body, int media)
    {
        var size = Read(operation, body);
        Assert.Equal((false, 1, (long)media, (long)body.Length - media), (size.IsOpen, size.Media, size.MediaBytes, size.TextBytes));
    }

    [Theory]
    [InlineData("""{"prompt":"x"}""", 1, 1)]
    [InlineData("""{"prompt":["x","y","z"]}""", 2, 6)]
    [InlineData("""{"prompt":[[1,2],[3]]}""", 1, 2)]
    [InlineData("""{"prompt":[1,2,3]}""", 1, 1)]
    [InlineData("""{"prompt":["x","y"],"best_of":5}""", 2, 10)]
    [InlineData("""{"best_of":5,"prompt":"x"}""", 2, 5)]
    public void Completions_HaveAnAnswerForEachPrompt_AndAllThatAreMadeToChooseFrom(string body, int n, int choices) =>
        Assert.Equal(choices, Read(LlmOperation.Completions, body, n).Choices);

    [Fact]
    public void Form_CountsItsFiles()
    {
        var size = Read(LlmOperation.ImageEdits, "--x\r\nContent-Disposition: form-data; name=\"image[]\"; filename=\"a\"\r\n\r\nA\r\n--x\r\nContent-Disposition: form-data; name=\"image[]\"; filename=\"b\"\r\n\r\nB\r\n--x--");
        Assert.Equal((0L, 2, false), (size.TextBytes, size.Media, size.IsOpen));
    }

    [Fact]
    public void WhatCannotBeRead_IsOpen() => Assert.True(Read(LlmOperation.ChatCompletions, """{"\ud800":1}""").IsOpen || Read(LlmOperation.ChatCompletions, """{"\ud800":1}""").TextBytes > 0);

    [Fact]
    public void DeepAndOddBodies_NeverThrow()
    {
        var random = new Random(7);
        string[] pieces = ["{", "}", "[", "]", ",", ":", "\"source\"", "\"data\"", "\"tools\"", "\"type\"", "\"prompt\"", "\"images\"", "1", "null", "\"x\"", "\"url\""];
        for (var i = 0; i < 20_000; i++)
        {
            var body = string.Concat(Enumerable.Range(0, random.Next(1, 40)).Select(_ => pieces[random.Next(pieces.Length)]));
            Read((LlmOperation)new[] { 1, 2, 10, 20, 30, 40 }[random.Next(6)], body);
        }
    }

    private static InputSize Read(LlmOperation operation, string body, int choices = 1)
    {
        var facts = new RequestFacts { Model = "x", ModelToken = default, User = "", CandidateCount = choices, OutputCap = -1 };
        return InputSize.Read(operation, Encoding.UTF8.GetBytes(body), in facts);
    }
}
