using System.Text;
using Gateway.Router.Protocols.Neutral;
using static Gateway.Router.Tests.Protocols.OpenAI.OpenAIChat;

namespace Gateway.Router.Tests.Protocols.OpenAI;

public sealed class MessageReaderTests
{
    private const string Png = "iVBORw0KGgoAAAANSUhEUg==";

    [Fact]
    public void SystemMessages_LeadingOnes_AreTheSystemPromptAndLaterOnesTurns()
    {
        var request = ReadMessages("""
            {"role":"system","content":"a"},{"role":"developer","content":[{"type":"text","text":"b","cache_control":{"type":"ephemeral","ttl":"1h"}}]},
            {"role":"user","content":"hi","name":"Ann"},{"role":"system","content":"c"},{"role":"user","content":"bye"}
            """);
        Assert.Equal(["a", "b"], request.System.Cast<TextPart>().Select(static part => part.Text));
        Assert.Equal("1h", request.System[1].Cache?.Ttl);
        Assert.Equal("messages[1].content[0]", request.System[1].Path.ToString());
        Assert.Equal([NeutralRole.User, NeutralRole.System, NeutralRole.User], request.Turns.Select(static turn => turn.Role));
        Assert.Equal("Ann", request.Turns[0].Name);
        Assert.Equal("messages[3]", request.Turns[1].Path.ToString());
    }

    [Fact]
    public void ToolTalk_IsReadWithNamesAndPlaces()
    {
        var request = ReadMessages("""
            {"role":"user","content":"hi"},
            {"role":"assistant","content":"let me see","refusal":null,"annotations":[],"audio":null,"tool_calls":[
              {"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\":1}"}},{"id":"b","type":"custom","custom":{"name":"g","input":"plain"}}]},
            {"role":"tool","tool_call_id":"b","content":[{"type":"text","text":"two"},{"type":"text","text":"three"}]},
            {"role":"tool","tool_call_id":"a","content":"one"}
            """);
        var parts = request.Turns[1].Parts;
        Assert.Equal("let me see", Assert.IsType<TextPart>(parts[0]).Text);
        var call = Assert.IsType<ToolCallPart>(parts[1]);
        Assert.Equal(("a", "f", "{\"x\":1}", false, "messages[1].tool_calls[0]"), (call.Id, call.Name, call.Arguments, call.IsCustom, call.Path.ToString()));
        var custom = Assert.IsType<ToolCallPart>(parts[2]);
        Assert.Equal(("b", "g", "plain", true), (custom.Id, custom.Name, custom.Arguments, custom.IsCustom));
        var result = Assert.IsType<ToolResultPart>(Assert.Single(request.Turns[2].Parts));
        Assert.Equal(("b", "g", 2, false), (result.CallId, result.Name, result.Parts.Count, result.IsError));
        Assert.Equal("f", Assert.IsType<ToolResultPart>(request.Turns[3].Parts[0]).Name);
        Assert.Empty(request.Foreign);
    }

    [Fact]
    public void FunctionTalk_OfOldClients_IsPairedByNameAndOrder()
    {
        const string Messages = """
            {"role":"user","content":"hi"},
            {"role":"assistant","content":null,"function_call":{"name":"f","arguments":"{}"}},{"role":"function","name":"f","content":"one"},
            {"role":"assistant","content":null,"function_call":{"name":"f","arguments":"{}"}},{"role":"function","name":"f","content":null}
            """;
        var request = ReadMessages(Messages);
        var (first, second) = ((ToolCallPart)request.Turns[1].Parts[0], (ToolCallPart)request.Turns[3].Parts[0]);
        Assert.NotEqual(first.Id, second.Id);
        var (one, two) = ((ToolResultPart)request.Turns[2].Parts[0], (ToolResultPart)request.Turns[4].Parts[0]);
        Assert.Equal((first.Id, second.Id), (one.CallId, two.CallId));
        Assert.Equal("f", one.Name);
        Assert.Empty(two.Parts);
        Assert.Equal(first.Id, ((ToolCallPart)ReadMessages(Messages).Turns[1].Parts[0]).Id);
    }

    [Theory]
    [InlineData("\"reasoning_content\":\"t\"", "t", null)]
    [InlineData("\"reasoning\":\"t\"", "t", null)]
    [InlineData("\"reasoning\":\"t\",\"reasoning_content\":\"t\"", "t", null)]
    [InlineData("\"reasoning_content\":\"t\",\"reasoning_details\":[]", "t", null)]
    [InlineData("\"reasoning_content\":\"t\",\"reasoning_details\":[{\"type\":\"reasoning.text\",\"signature\":\"s\"}]", "t", "s")]
    [InlineData("\"reasoning_content\":\"t\",\"reasoning_details\":[{\"type\":\"reasoning.text\",\"text\":\"own\",\"signature\":\"s\"}]", "own", "s")]
    [InlineData("\"reasoning_details\":[{\"text\":\"a\",\"index\":0},{\"text\":\"b\",\"index\":0},{\"text\":\"\",\"signature\":\"s\",\"index\":0}]", "ab", "s")]
    [InlineData("\"reasoning_details\":[{\"text\":\"a\"},{\"text\":\"b\",\"signature\":\"s\"}]", "ab", "s")]
    [InlineData("\"reasoning_details\":[{\"type\":\"reasoning.summary\",\"summary\":\"sum\"}]", "sum", null)]
    public void Reasoning_ThatComesBack_StandsFirst(string members, string text, string? signature)
    {
        var request = ReadMessages($$"""{"role":"user","content":"hi"},{"role":"assistant","content":"x",{{members}}}""");
        var part = Assert.IsType<ReasoningPart>(request.Turns[1].Parts[0]);
        Assert.Equal((text, signature), (part.Text, part.Signature));
        Assert.Equal(2, request.Turns[1].Parts.Count);
        Assert.Empty(request.Foreign);
    }

    [Fact]
    public void Reasoning_OfSeveralBlocks_StaysApart()
    {
        var request = ReadMessages("""
            {"role":"user","content":"hi"},{"role":"assistant","content":"x","reasoning_content":"abc","reasoning_details":[
              {"text":"a","index":0},{"text":"","signature":"s0","index":0},{"type":"reasoning.encrypted","data":"ZA==","index":1},{"text":"b","signature":"s2","index":2},{"text":"c","signature":"s3"}]}
            """);
        Assert.Equal(["a s0 ", "  ZA==", "b s2 ", "c s3 "], request.Turns[1].Parts.OfType<ReasoningPart>().Select(static part => $"{part.Text} {part.Signature} {part.Redacted}"));
    }

    [Theory]
    [InlineData($"data:image/png;base64,{Png}", Png, "image/png")]
    [InlineData($"DATA:Image/PNG;charset=utf-8;BASE64,{Png}", Png, "image/png")]
    [InlineData("data:image/jpg;base64,/9j/ 4AAQ\\nSkZJRg", "/9j/4AAQSkZJRg==", "image/jpeg")]
    [InlineData("data:image/webp;base64,_9j_-w==", "/9j/+w==", "image/webp")]
    [InlineData("data:image/gif;base64,R0lGODlh%2BA%3D%3D", "R0lGODlh+A==", "image/gif")]
    [InlineData($"data:;base64,{Png}", Png, "image/png")]
    public void Image_AsDataUrl_BecomesPlainBase64(string url, string base64, string type)
    {
        var request = ReadMessages($$$"""{"role":"user","content":[{"type":"text","text":"see"},{"type":"image_url","image_url":{"url":"{{{url}}}","detail":"low"}}]}""");
        var image = Assert.IsType<MediaPart>(request.Turns[0].Parts[1]);
        Assert.Equal((MediaKind.Image, base64, type, "low", "messages[0].content[1].image_url"), (image.Kind, Encoding.UTF8.GetString(image.Base64.Span), image.MimeType, image.Detail, image.Path.ToString()));
        Assert.Null(image.Url);
    }

    [Fact]
    public void Media_OfEachKind_IsRead()
    {
        var request = ReadMessages("""
            {"role":"user","content":[
              {"type":"image_url","image_url":{"url":"https://example.com/a.png"}},
              {"type":"input_audio","input_audio":{"data":"UklGRg==","format":"mp3"}},
              {"type":"input_audio","input_audio":{"data":"UklGRg==","format":"wav"}},
              {"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,JVBERi0="}},
              {"type":"file","file":{"file_data":"JVBERi0xLjQ="}},
              {"type":"file","file":{"file_id":"file-1"}}]}
            """);
        var parts = request.Turns[0].Parts.Cast<MediaPart>().ToList();
        Assert.Equal("https://example.com/a.png", parts[0].Url);
        Assert.Equal(["audio/mpeg", "audio/wav", "application/pdf", "application/pdf"], parts[1..5].Select(static part => part.MimeType));
        Assert.Equal([MediaKind.Image, MediaKind.Audio, MediaKind.Audio, MediaKind.File, MediaKind.File, MediaKind.File], parts.Select(static part => part.Kind));
        Assert.Equal("a.pdf", parts[3].FileName);
        Assert.Equal("file-1", parts[5].FileId);
    }

    [Theory]
    [InlineData("3", "messages[0]")]
    [InlineData("""{"content":"x"}""", "messages[0].role")]
    [InlineData("""{"role":"robot","content":"x"}""", "messages[0].role")]
    [InlineData("""{"role":"user"}""", "messages[0].content")]
    [InlineData("""{"role":"user","content":null}""", "messages[0].content")]
    [InlineData("""{"role":"user","content":5}""", "messages[0].content")]
    [InlineData("""{"role":"user","content":"x","name":1}""", "messages[0].name")]
    [InlineData("""{"role":"user","content":"\ud800"}""", "messages[0].content")]
    [InlineData("""{"role":"user","content":["x"]}""", "messages[0].content[0]")]
    [InlineData("""{"role":"user","content":[{"text":"x"}]}""", "messages[0].content[0].type")]
    [InlineData("""{"role":"user","content":[{"type":"video_url"}]}""", "messages[0].content[0].type")]
    [InlineData("""{"role":"user","content":[{"type":"text","text":7}]}""", "messages[0].content[0].text")]
    [InlineData("""{"role":"user","content":[{"type":"text","text":"x","cache_control":"y"}]}""", "messages[0].content[0].cache_control")]
    [InlineData("""{"role":"user","content":[{"type":"image_url","image_url":"https://x/y"}]}""", "messages[0].content[0].image_url")]
    [InlineData("""{"role":"user","content":[{"type":"image_url","image_url":{"url":"y.png"}}]}""", "messages[0].content[0].image_url.url")]
    [InlineData("""{"role":"user","content":[{"type":"image_url","image_url":{"url":"file:///etc/passwd"}}]}""", "messages[0].content[0].image_url.url")]
    [InlineData("""{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png,raw"}}]}""", "messages[0].content[0].image_url.url")]
    [InlineData("""{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,!!!!"}}]}""", "messages[0].content[0].image_url.url")]
    [InlineData("""{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,"}}]}""", "messages[0].content[0].image_url.url")]
    [InlineData("""{"role":"user","content":[{"type":"image_url","image_url":{"url":"https://x/y","detail":1}}]}""", "messages[0].content[0].image_url.detail")]
    [InlineData("""{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"?","format":"wav"}}]}""", "messages[0].content[0].input_audio.data")]
    [InlineData("""{"role":"user","content":[{"type":"input_audio","input_audio":{"data":"UklGRg=="}}]}""", "messages[0].content[0].input_audio.format")]
    [InlineData("""{"role":"user","content":[{"type":"file","file":{}}]}""", "messages[0].content[0].file")]
    [InlineData("""{"role":"user","content":[{"type":"file","file":{"file_id":"a","file_data":"JVBERi0="}}]}""", "messages[0].content[0].file")]
    [InlineData("""{"role":"system","content":[{"type":"image_url","image_url":{"url":"https://x/y"}}]}""", "messages[0].content[0].type")]
    [InlineData("""{"role":"assistant","tool_calls":{}}""", "messages[0].tool_calls")]
    [InlineData("""{"role":"assistant","tool_calls":[{"function":{"name":"f","arguments":"{}"}}]}""", "messages[0].tool_calls[0].id")]
    [InlineData("""{"role":"assistant","tool_calls":[{"id":"","function":{"name":"f","arguments":"{}"}}]}""", "messages[0].tool_calls[0].id")]
    [InlineData("""{"role":"assistant","tool_calls":[{"id":"a","type":"x"}]}""", "messages[0].tool_calls[0].type")]
    [InlineData("""{"role":"assistant","tool_calls":[{"id":"a"}]}""", "messages[0].tool_calls[0].function")]
    [InlineData("""{"role":"assistant","tool_calls":[{"id":"a","function":{"name":"f","arguments":{}}}]}""", "messages[0].tool_calls[0].function.arguments")]
    [InlineData("""{"role":"assistant","function_call":{"name":"f"}}""", "messages[0].function_call.arguments")]
    [InlineData("""{"role":"assistant","refusal":1}""", "messages[0].refusal")]
    [InlineData("""{"role":"assistant","content":"x","reasoning_content":1}""", "messages[0].reasoning_content")]
    [InlineData("""{"role":"assistant","content":"x","reasoning_details":[1]}""", "messages[0].reasoning_details[0]")]
    [InlineData("""{"role":"tool","content":"x"}""", "messages[0].tool_call_id")]
    [InlineData("""{"role":"function","name":"f","content":"x"}""", "messages[0].name")]
    public void Message_OfAWrongShape_IsRefusedByName(string message, string field) => Assert.Equal(field, RefusedMessages(message));

    [Fact]
    public void UnknownMembers_AreForeign_AndSpokenAnswersChangeTheTalk()
    {
        var request = ReadMessages("""
            {"role":"user","content":"hi","mood":"good","tool_calls":[]},
            {"role":"assistant","content":"x","audio":{"id":"a"},"annotations":[{"type":"url_citation"}]},
            {"role":"user","content":[{"type":"image_url","image_url":{"url":"https://x/y","format":"png"}}]}
            """);
        Assert.Equal(
            ["messages[0].mood False", "messages[0].tool_calls False", "messages[1].audio True", "messages[1].annotations False", "messages[2].content[0].image_url.format False"],
            request.Foreign.Select(static foreign => $"{foreign.Path} {foreign.ChangesAnswer}"));
    }
}
