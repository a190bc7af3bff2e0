using Gateway.Core.Context;
using Gateway.Moderation.Endpoints;
using Gateway.Moderation.Policies;

namespace Gateway.Moderation.Tests.Endpoints;

public sealed class InternalModerationTests
{
    [Fact]
    public async Task Chat_NothingFound_IsAllowed()
    {
        await using var service = await ModerationService.StartAsync(Policy.Of("p", Policy.Block("bad")));

        var reply = await service.AskChatAsync("p", """{"messages":[{"role":"user","content":"good"}]}""");

        Assert.Equal((204, "allow", null, ""), (reply.Status, reply.Action, reply.Degraded, reply.Body));
    }

    [Theory]
    [InlineData("""{"messages":[{"role":"user","content":"so bad"}]}""")]
    [InlineData("""{"messages":[{"role":"system","content":"x"},{"role":"user","content":[{"type":"text","text":"so bad"}]}]}""")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"text","text":"b"},{"type":"text","text":"ad"}]}]}""")]
    [InlineData("""{"messages":[{"role":"user","content":"so b\u0061d"}]}""")]
    [InlineData("""{"messages":[{"role":"assistant","content":null,"refusal":"bad"}]}""")]
    [InlineData("""{"messages":[{"role":"assistant","tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{\"q\":\"bad\"}"}}]}]}""")]
    [InlineData("""{"messages":[{"role":"assistant","tool_calls":[{"id":"1","type":"custom","custom":{"name":"f","input":"bad"}}]}]}""")]
    [InlineData("""{"messages":[{"role":"assistant","function_call":{"name":"f","arguments":"bad"}}]}""")]
    [InlineData("""{"messages":[{"role":"tool","tool_call_id":"1","content":"bad"}]}""")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"prediction":{"type":"content","content":"bad"}}""")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"messages":[{"role":"user","content":"bad"}]}""")]
    [InlineData("""{"messages":[{"role":"user","content":"bad","content":"x"}]}""")]
    [InlineData("""{"messages":[7,null,"x",["y"],{"role":"user","content":"bad"}]}""")]
    [InlineData("""{"messages":[{"role":"user","content":"\ud800 bad"}]}""")]
    [InlineData("""{"\ud800aa":0,"messages":[{"role":"user","\ud800b":0,"content":"bad"}]}""")]
    [InlineData("""{"m\u0065ssages":[{"role":"user","c\u006fntent":"bad"}]}""")]
    [InlineData("""{"messages":[{"role":"user","name":"bad","content":"x"}]}""")]
    [InlineData("""{"messages":[{"role":"assistant","content":"x","reasoning_content":"bad"}]}""")]
    [InlineData("""{"messages":[{"role":"assistant","content":"x","reasoning_details":[{"type":"t","summary":"bad"}]}]}""")]
    [InlineData("""{"messages":[{"role":"assistant","tool_calls":[{"id":"1","type":"function","function":{"name":"bad","arguments":"{}"}}]}]}""")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"file","file":{"filename":"bad.txt","file_data":"x"}}]}]}""")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"file","file":{"file_data":"x","text":"bad"}}]}]}""")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{"name":"f","description":"bad"}}]}""")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{"parameters":{"properties":{"q":{"anyOf":[{"description":"bad"}]}}}}}]}""")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{"parameters":{"properties":{"description":{"description":"bad"}}}}}]}""")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"functions":[{"name":"f","description":"bad"}]}""")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"response_format":{"type":"json_schema","json_schema":{"name":"n","description":"bad"}}}""")]
    public async Task Chat_KeywordAnywhereAModelReads_IsBlocked(string body)
    {
        await using var service = await ModerationService.StartAsync(Policy.Of("p", Policy.Block("bad")));

        var reply = await service.AskChatAsync("p", body);

        Assert.Equal((200, "block"), (reply.Status, reply.Action));
    }

    [Theory]
    [InlineData("""{"model":"bad","user":"bad","messages":[{"role":"user","name":"x","content":"y"}],"metadata":{"a":"bad"}}""")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"http://bad"}}]}]}""")]
    [InlineData("""{"messages":[{"role":"user","content":"b"},{"role":"user","content":"ad"}]}""")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"image_url","image_url":"http://bad"},{"type":"input_audio","input_audio":{"data":"bad","id":"bad"}},{"type":"file","file":{"file_data":"bad","file_id":"bad"}}]}]}""")]
    [InlineData("""{"messages":[{"role":"bad","id":"bad","content":[{"type":"bad"}]},{"role":"tool","tool_call_id":"bad","content":"x"}]}""")]
    [InlineData("""{"messages":[{"content":"x"}],"tools":[{"function":{"name":"bad","parameters":{"properties":{"bad":{"type":"bad","enum":["bad"]}}}}}]}""")]
    public async Task Chat_KeywordElsewhere_IsAllowed(string body)
    {
        await using var service = await ModerationService.StartAsync(Policy.Of("p", Policy.Block("bad")));

        Assert.Equal("allow", (await service.AskChatAsync("p", body)).Action);
    }

    [Theory]
    [InlineData("/internal/moderation/completions", """{"prompt":"so bad"}""")]
    [InlineData("/internal/moderation/completions", """{"prompt":["x","so bad"]}""")]
    [InlineData("/internal/moderation/completions", """{"prompt":"x","suffix":"bad"}""")]
    [InlineData("/internal/moderation/embeddings", """{"input":"so bad"}""")]
    [InlineData("/internal/moderation/embeddings", """{"input":["x","so bad"]}""")]
    [InlineData("/internal/moderation/embeddings", """{"input":[[1,2],[3]]}""")]
    [InlineData("/internal/moderation/completions", """{"prompt":[1,2]}""")]
    public async Task OtherEndpoints_KeywordOrTokenIds_AreBlocked(string path, string body)
    {
        await using var service = await ModerationService.StartAsync(Policy.Of("p", Policy.Block("bad")));

        Assert.Equal("block", (await service.AskAsync(path, "p", body)).Action);
    }

    [Fact]
    public async Task TokenIds_BestEffort_AreServedAndFlagged()
    {
        await using var service = await ModerationService.StartAsync(Policy.BestEffort("p", Policy.Block("bad")));

        var reply = await service.AskAsync("/internal/moderation/embeddings", "p", """{"input":[1,2]}""");

        Assert.Equal((204, "allow", "moderation"), (reply.Status, reply.Action, reply.Degraded));
    }

    [Fact]
    public async Task PhraseOverTwoParts_Redacted_LeavesBothPartsWithoutIt()
    {
        await using var service = await ModerationService.StartAsync(Policy.Of("p", Policy.Redact("secret plan")));

        var reply = await service.AskChatAsync("p", """{"messages":[{"content":[{"type":"text","text":"the secret"},{"type":"text","text":"plan b"}]}]}""");

        Assert.Equal("redact", reply.Action);
        Assert.Equal("""{"messages":[{"content":[{"type":"text","text":"the [redacted]"},{"type":"text","text":" b"}]}]}""", reply.Body);
    }

    [Fact]
    public async Task Redaction_OtherBytes_StayAsTheyWere()
    {
        await using var service = await ModerationService.StartAsync(Policy.Of("p", Policy.Redact("bad")));
        const string Body = """ { "model" : "m\u0041", "messages":[ {"content":"keep \u0041 é"} ,{"content":"\ud83d\ude42 \"\u0062ad\"\n\\ é"}], "t":1.0e0 } """;

        var reply = await service.AskChatAsync("p", Body);

        Assert.Equal("redact", reply.Action);
        Assert.Equal(Body.Replace("""\ud83d\ude42 \"\u0062ad\"\n\\ é""", """🙂 \"[redacted]\"\n\\ é"""), reply.Body);
    }

    [Fact]
    public async Task Redaction_TextsThatInterleave_StandWhereTheyStood()
    {
        await using var service = await ModerationService.StartAsync(Policy.Of("p", Policy.Redact("bad")));
        const string Body = """{"tools":[{"function":{"description":"bad tool"}}],"messages":[{"name":"bad","content":[{"text":"bad 1"},{"file":{"filename":"bad","file_data":"bad"}},{"text":"bad 2"}],"role":"bad"}]}""";

        var reply = await service.AskChatAsync("p", Body);

        Assert.Equal("""{"tools":[{"function":{"description":"[redacted] tool"}}],"messages":[{"name":"[redacted]","content":[{"text":"[redacted] 1"},{"file":{"filename":"[redacted]","file_data":"bad"}},{"text":"[redacted] 2"}],"role":"bad"}]}""", reply.Body);
    }

    [Fact]
    public async Task Redactions_OfSeveralChecks_AddUp()
    {
        await using var service = await ModerationService.StartAsync(Policy.Of("p", Policy.Redact("bad"), Policy.RedactPattern(@"\d+", "<n>"), Policy.Redact("worse")));

        var reply = await service.AskChatAsync("p", """{"messages":[{"content":"bad 123 worse"}]}""");

        Assert.Equal("""{"messages":[{"content":"[redacted] <n> [redacted]"}]}""", reply.Body);
    }

    [Fact]
    public async Task Redaction_PatternThatMatchesItsOwnReplacement_Ends()
    {
        await using var service = await ModerationService.StartAsync(Policy.Of("p", Policy.RedactPattern(@"\w+", "x")));

        var reply = await service.AskChatAsync("p", """{"messages":[{"content":"one two"}]}""");

        Assert.Equal("""{"messages":[{"content":"x x"}]}""", reply.Body);
    }

    [Fact]
    public async Task Redaction_ThatBringsWordsTogether_IsCheckedAgain()
    {
        await using var service = await ModerationService.StartAsync(Policy.Of("p", Policy.Redact("bad word") with { Replacement = "" }));

        var reply = await service.AskChatAsync("p", """{"messages":[{"content":"a bad bad word word z"}]}""");

        Assert.Equal("""{"messages":[{"content":"a  z"}]}""", reply.Body);
    }

    [Fact]
    public async Task Block_AfterARedaction_Wins()
    {
        await using var service = await ModerationService.StartAsync(Policy.Of("p", Policy.Redact("bad"), Policy.Block("worst")));

        Assert.Equal("block", (await service.AskChatAsync("p", """{"messages":[{"content":"bad"},{"content":"worst"}]}""")).Action);
    }

    [Fact]
    public async Task Block_NamesPolicyAndCheckAndNoContent()
    {
        await using var service = await ModerationService.StartAsync(Policy.Of("strict", Policy.Redact("fine"), Policy.Block("canaryword")));

        var reply = await service.AskChatAsync("strict", """{"messages":[{"content":"my canaryword here"}]}""");

        Assert.Equal("""{"message":"The input was refused by the check \u0027keywords_2\u0027 of the moderation policy \u0027strict\u0027.","check":"keywords_2"}""", reply.Body);
        Assert.Contains("4001", service.Log.All);
        Assert.DoesNotContain("canaryword", service.Log.All);
    }

    [Theory]
    [InlineData(true, "block", null)]
    [InlineData(false, "allow", "moderation")]
    public async Task CheckThatCannotSay_RequiredBlocks_BestEffortServesAndFlags(bool required, string action, string? degraded)
    {
        var policy = required ? Policy.Of("p", Policy.BlockPattern("x")) : Policy.BestEffort("p", Policy.BlockPattern("x"));
        await using var service = await ModerationService.StartAsync(policy);

        // Longer than a pattern may be asked about; also the way through the thread pool.
        var reply = await service.AskChatAsync("p", $$"""{"messages":[{"content":"{{new string('a', 1024 * 1024 + 1)}}"}]}""");

        Assert.Equal((action, degraded), (reply.Action, reply.Degraded));
    }

    [Fact]
    public async Task LargeBody_KeywordAtTheEnd_IsRedacted()
    {
        await using var service = await ModerationService.StartAsync(Policy.Of("p", Policy.Redact("bad")));
        var text = string.Concat(Enumerable.Repeat("good ", 100_000));

        var reply = await service.AskChatAsync("p", $$"""{"messages":[{"content":"{{text}}bad"}]}""");

        Assert.Equal($$"""{"messages":[{"content":"{{text}}[redacted]"}]}""", reply.Body);
    }

    [Fact]
    public async Task UnknownPolicy_Is404ThatNamesIt()
    {
        await using var service = await ModerationService.StartAsync(Policy.Of("p", Policy.Block("bad")));

        var reply = await service.AskChatAsync("other", """{"messages":[]}""");

        Assert.Equal((404, null), (reply.Status, reply.Action));
        Assert.Contains("'other'", reply.Body.Replace("\\u0027", "'"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("{} x")]
    [InlineData("""{"messages":[}""")]
    public async Task Body_ThatIsNoJsonObject_IsBlockedInBothModes(string body)
    {
        await using var service = await ModerationService.StartAsync(Policy.Of("required", Policy.Block("bad")), Policy.BestEffort("effort", Policy.Block("bad")));

        foreach (var policy in new[] { "required", "effort" })
        {
            var reply = await service.AskChatAsync(policy, body);
            Assert.Equal((200, "block"), (reply.Status, reply.Action));
            Assert.Contains("could not read the body: it must be a JSON object", reply.Body, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Work_OfAPatternOrALargeBody_LeavesTheSocketsThread()
    {
        var policies = PolicySnapshot.Build(new HeldConfig(Policy.Of("words", Policy.Block("bad")), Policy.Of("mixed", Policy.Block("bad"), Policy.BlockPattern("x"))).Current.Config, 1).Policies;

        Assert.True(InternalModeration.IsQuick(policies["words"], 16 * 1024));
        Assert.False(InternalModeration.IsQuick(policies["words"], (16 * 1024) + 1));
        Assert.False(InternalModeration.IsQuick(policies["mixed"], 1));
    }

    [Fact]
    public async Task Body_OverTheLimit_Is413()
    {
        await using var service = await ModerationService.StartAsync(Policy.Of("p", Policy.Block("bad")));

        using var request = new HttpRequestMessage(HttpMethod.Post, "/internal/moderation/chat")
        {
            Content = new ByteArrayContent(new byte[(8 * 1024 * 1024) + 1]),
            Headers = { { "x-gateway-context", service.Token("/internal/moderation/chat", "p") }, { "expect", "100-continue" } },
        };

        using var response = await service.Http.SendAsync(request);

        Assert.Equal(413, (int)response.StatusCode);
    }

    [Fact]
    public async Task Context_MissingForgedForAnotherPathOrAudience_Is401()
    {
        await using var service = await ModerationService.StartAsync(Policy.Of("p", Policy.Block("bad")));
        const string Path = "/internal/moderation/chat";
        string[] tokens =
        [
            "",
            "1.x.y.z",
            service.Token(Path, "p") + "x",
            service.Token("/internal/moderation/embeddings", "p"),
            service.Token(Path, "p", ContextAudience.Router),
        ];

        foreach (var token in tokens)
        {
            var reply = await service.AskAsync(Path, "p", """{"messages":[{"content":"bad"}]}""", token);
            Assert.Equal((401, null, null), (reply.Status, reply.Action, reply.RequestId));
        }
    }

    [Fact]
    public async Task Answer_CarriesTheRequestIdOfTheContext()
    {
        await using var service = await ModerationService.StartAsync(Policy.Of("p", Policy.Block("bad")));
        var id = Guid.NewGuid();

        var reply = await service.AskAsync("/internal/moderation/chat", "p", "{}", service.Token("/internal/moderation/chat", "p", requestId: id));

        Assert.Equal(id.ToString("N"), reply.RequestId);
    }

    [Fact]
    public async Task ConfigChange_NewList_IsInForceAtOnce()
    {
        await using var service = await ModerationService.StartAsync(Policy.Of("p", Policy.Block("bad")));
        service.Config.Publish(Policy.Of("p", Policy.Block("worse")));

        Assert.Equal("allow", (await service.AskChatAsync("p", """{"messages":[{"content":"bad"}]}""")).Action);
        Assert.Equal("block", (await service.AskChatAsync("p", """{"messages":[{"content":"worse"}]}""")).Action);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("short")]
    public void Start_WithoutContextSecret_IsRefused(string? secret)
    {
        var error = Assert.Throws<ContextConfigurationException>(() => ModerationService.Build(secret, new HeldConfig(), new LogLines()));
        Assert.Contains("GATEWAY_CONTEXT_SECRET", error.Message);
    }
}
