using Gateway.Core.Errors;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Neutral;
using static Gateway.Router.Tests.Protocols.Anthropic.Samples;

namespace Gateway.Router.Tests.Protocols.Anthropic;

public sealed class OutputWritingTests
{
    private static readonly UpstreamTraits Emulates = new() { JsonSchema = false };

    [Fact]
    public void Schema_OfTheOutput_IsClosedRecursivelyAndNamed()
    {
        var translation = Translate(Asking("""{"type":"object","properties":{"list":{"type":"array","items":{"type":["object","null"],"properties":{"default":{"type":"string"}}}},"open":{"type":"object","additionalProperties":true},"any":{"anyOf":[{"type":"object"},{"type":"string"}]}},"default":{"type":"object"}}"""));
        Assert.Equal(
            """{"format":{"type":"json_schema","schema":{"type":"object","properties":{"list":{"type":"array","items":{"type":["object","null"],"properties":{"default":{"type":"string"}},"additionalProperties":false}},"open":{"type":"object","additionalProperties":true},"any":{"anyOf":[{"type":"object","additionalProperties":false},{"type":"string"}]}},"default":{"type":"object"},"additionalProperties":false}}}""",
            Compact(Write(translation).GetProperty("output_config")));
        Assert.Equal(["output_config.format"], translation.Notes.Adapted);
    }

    [Fact]
    public void Schema_ThatIsClosed_IsSentAsItIs()
    {
        var translation = Translate(Asking("""{"type":"object","additionalProperties":false}"""));
        Assert.Equal("""{"type":"object","additionalProperties":false}""", Compact(Write(translation).GetProperty("output_config").GetProperty("format").GetProperty("schema")));
        Assert.Null(translation.Notes.ToHeader());
    }

    [Fact]
    public void Schema_WithHalfASurrogatePair_IsRefused() => Assert.Equal(GatewayErrorKind.InvalidRequest, Assert.Throws<GatewayException>(() => Write(Asking("""{"\ud83d":1}"""))).Error.Kind);

    [Fact]
    public void JsonObject_IsAskedForInWords()
    {
        var request = Hello();
        request.System.Add(new TextPart("rule", new SourcePath("system")));
        request.Output = new NeutralOutput(OutputKind.JsonObject, null, null, null, null, new SourcePath("response_format"));
        var translation = Translate(request);
        var system = Write(translation).GetProperty("system");
        Assert.Equal("rule", system[0].GetProperty("text").GetString());
        Assert.Contains("JSON", system[1].GetProperty("text").GetString(), StringComparison.Ordinal);
        Assert.Equal(["output_config.format"], translation.Notes.Adapted);
        Assert.Single(request.System);
    }

    [Fact]
    public void Schema_ForAModelWithout_BecomesAForcedTool()
    {
        var translation = Translate(Asking("""{"type":"object","properties":{"a":{"type":"string"}}}"""), Emulates);
        var body = Write(translation);
        Assert.Equal("json", translation.OutputTool);
        Assert.Equal("""{"type":"tool","name":"json","disable_parallel_tool_use":true}""", Compact(body.GetProperty("tool_choice")));
        Assert.Equal("""{"type":"object","properties":{"a":{"type":"string"}}}""", Compact(body.GetProperty("tools")[0].GetProperty("input_schema")));
        Assert.False(body.TryGetProperty("output_config", out _));
        Assert.Equal(["output_config.format"], translation.Notes.Adapted);
    }

    [Fact]
    public void Schema_ForAModelWithoutBesideTools_LetsItCallThem()
    {
        var request = Asking("{}");
        request.Tools.Add(new NeutralTool("json", null, null, null, new SourcePath("tools", 0)));
        var translation = Translate(request, Emulates);
        var body = Write(translation);
        Assert.Equal("""{"type":"any"}""", Compact(body.GetProperty("tool_choice")));
        Assert.Equal(["json", translation.OutputTool], body.GetProperty("tools").EnumerateArray().Select(static tool => tool.GetProperty("name").GetString()));
        Assert.NotEqual("json", translation.OutputTool);

        // A call that the client forces is the answer: nothing to emulate.
        request.ToolChoice = new NeutralToolChoice(ToolChoiceMode.Named, ["json"]);
        var named = Translate(request, Emulates);
        Assert.Equal("""{"type":"tool","name":"json"}""", Compact(Write(named).GetProperty("tool_choice")));
        Assert.Null(named.OutputTool);
    }

    [Fact]
    public void Emulation_AndThinking_DoNotGoTogether()
    {
        var request = Asking("{}");
        request.MaxOutput = 9000;
        request.Reasoning = new NeutralReasoning(ReasoningMode.Budget, null, 2000, null, new SourcePath("thinking"));
        var translation = Translate(request, Emulates);
        Assert.False(Write(translation).TryGetProperty("thinking", out _));
        Assert.Contains("thinking", translation.Notes.Adapted);
    }

    [Theory]
    [InlineData("image/png", "image/png")]
    [InlineData("IMAGE/JPG", "image/jpeg")]
    [InlineData("image/bmp", null)]
    [InlineData(null, null)]
    public void Image_OfATypeThatAnthropicTakes_IsSent(string? type, string? sent)
    {
        var request = With(new MediaPart(MediaKind.Image, At(0)) { MimeType = type, Base64 = "AAAA"u8.ToArray() });
        if (sent is null)
        {
            Refuses(request);
        }
        else
        {
            Assert.Equal($$$"""{"type":"image","source":{"type":"base64","media_type":"{{{sent}}}","data":"AAAA"}}""", Part(request));
        }
    }

    [Fact]
    public void Media_ByAddress_IsFetchedByTheProvider()
    {
        Assert.Equal("""{"type":"image","source":{"type":"url","url":"https://a/b.png"}}""", Part(With(new MediaPart(MediaKind.Image, At(0)) { Url = "https://a/b.png" })));
        Refuses(With(new MediaPart(MediaKind.Image, At(0)) { Url = "gs://a/b.png" }));
    }

    [Fact]
    public void Documents_ThatAreNoPdf_AreTextOrRefused()
    {
        Assert.Equal("""{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"AAAA"},"title":"a.pdf"}""", Part(With(new MediaPart(MediaKind.File, At(0)) { MimeType = "application/pdf", Base64 = "AAAA"u8.ToArray(), FileName = "a.pdf" })));
        Assert.Equal("""{"type":"document","source":{"type":"text","media_type":"text/plain","data":"abc"}}""", Part(With(new MediaPart(MediaKind.File, At(0)) { MimeType = "text/csv", Base64 = "YWJj"u8.ToArray() })));
        Refuses(With(new MediaPart(MediaKind.File, At(0)) { MimeType = "application/zip", Base64 = "YWJj"u8.ToArray() }));
        Refuses(With(new MediaPart(MediaKind.Audio, At(0)) { MimeType = "audio/wav", Base64 = "YWJj"u8.ToArray() }));
        Refuses(With(new MediaPart(MediaKind.Video, At(0)) { Url = "https://a/b" }));
    }

    private static NeutralRequest With(NeutralPart part) => Request(Turn(NeutralRole.User, 0, part));

    private static string Part(NeutralRequest request) => Compact(Write(request).GetProperty("messages")[0].GetProperty("content")[0]);

    private static void Refuses(NeutralRequest request) => Assert.Equal("messages[0].content[0]", Assert.Throws<GatewayException>(() => Write(request)).Error.Param);

    private static NeutralRequest Asking(string schema)
    {
        var request = Hello();
        request.Output = new NeutralOutput(OutputKind.JsonSchema, Json(schema), "answer", null, true, new SourcePath("response_format"));
        return request;
    }
}
