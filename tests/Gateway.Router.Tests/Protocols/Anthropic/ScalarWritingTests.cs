using Gateway.Core.Errors;
using Gateway.Core.Requests;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Neutral;
using static Gateway.Router.Tests.Protocols.Anthropic.Samples;

namespace Gateway.Router.Tests.Protocols.Anthropic;

public sealed class ScalarWritingTests
{
    [Fact]
    public void Request_WithNothingBesideTheTalk_IsAsSmallAsThat() =>
        Assert.Equal("""{"model":"claude-sonnet-4-5","max_tokens":1000,"messages":[{"role":"user","content":[{"type":"text","text":"hi"}]}]}""", Text(Translate(Hello())));

    [Fact]
    public void MaxTokens_ClientGaveNone_ComesFromTheRouteAndIsNamed()
    {
        var request = Hello();
        request.MaxOutput = null;
        var translation = Translate(request, new UpstreamTraits { DefaultMaxTokens = 321 });
        Assert.Equal(321, Write(translation).GetProperty("max_tokens").GetInt64());
        Assert.Equal(["max_tokens"], translation.Notes.Adapted);
    }

    [Theory]
    [InlineData(0.5, "0.5", null)]
    [InlineData(1.0, "1", null)]
    [InlineData(1.7, "1", "temperature")]
    public void Temperature_AboveOne_IsClampedAndNamed(double asked, string sent, string? adapted)
    {
        var request = Hello();
        request.Temperature = asked;
        var translation = Translate(request);
        Assert.Equal(sent, Write(translation).GetProperty("temperature").GetRawText());
        Assert.Equal(adapted is null ? [] : [adapted], translation.Notes.Adapted);
    }

    [Fact]
    public void TopP_BesideTemperature_IsDroppedAndNamed()
    {
        var request = Hello();
        (request.Temperature, request.TopP, request.TopK) = (0.2, 0.5, 40);
        var translation = Translate(request);
        var body = Write(translation);
        Assert.False(body.TryGetProperty("top_p", out _));
        Assert.Equal("40", body.GetProperty("top_k").GetRawText());
        Assert.Equal(["top_p"], translation.Notes.Dropped);

        request.Temperature = null;
        Assert.Equal(0.5, Write(request).GetProperty("top_p").GetDouble());
    }

    [Fact]
    public void FixedTemperature_Model_GetsNoSampling()
    {
        var request = Hello();
        (request.Temperature, request.TopP, request.TopK) = (0.2, 0.5, 40);
        var translation = Translate(request, new UpstreamTraits { FixedTemperature = true });
        var body = Write(translation);
        Assert.False(body.TryGetProperty("temperature", out _) || body.TryGetProperty("top_p", out _) || body.TryGetProperty("top_k", out _));
        Assert.Equal(["temperature", "top_p", "top_k"], translation.Notes.Dropped);
    }

    [Fact]
    public void Stops_AsList_AndWhiteSpaceRefused()
    {
        var request = Hello();
        request.Stop.AddRange(["END", "\n\nHuman"]);
        Assert.Equal("""["END","\n\nHuman"]""", Compact(Write(request).GetProperty("stop_sequences")));
        request.Stop.Add("\n");
        Assert.Equal("stop_sequences", Assert.Throws<GatewayException>(() => Write(request)).Error.Param);
    }

    [Fact]
    public void Pitfall24_FieldsWithoutTwin_AreDroppedByName()
    {
        var request = Hello();
        (request.FrequencyPenalty, request.PresencePenalty, request.Seed, request.Verbosity) = (0.5, 1, 7, "low");
        (request.LogitBias, request.Store, request.PromptCacheKey, request.ContextWindow, request.Metadata) = (Json("{}"), true, "k", 4096, Json("{}"));
        var translation = Translate(request);
        Text(translation);
        Assert.Equal(["metadata", "FrequencyPenalty", "PresencePenalty", "Seed", "LogitBias", "Verbosity", "Store", "PromptCacheKey", "ContextWindow"], translation.Notes.Dropped);

        Assert.Throws<GatewayException>(() => Text(Translate(request, rejectAll: true)));
    }

    [Fact]
    public void FieldsThatChangeTheAnswer_AreRefused()
    {
        Refuses(static request => request.Logprobs = true, "Logprobs");
        Refuses(static request => request.TopLogprobs = 2, "TopLogprobs");
        Refuses(static request => request.CandidateCount = 2, "CandidateCount");
    }

    [Theory]
    [InlineData("auto", "auto")]
    [InlineData("default", "standard_only")]
    [InlineData("flex", null)]
    public void ServiceTier_InAnthropicsWords(string asked, string? sent)
    {
        var request = Hello();
        request.ServiceTier = asked;
        var translation = Translate(request);
        var body = Write(translation);
        Assert.Equal(sent, body.TryGetProperty("service_tier", out var tier) ? tier.GetString() : null);
        Assert.Equal(sent is null ? ["service_tier"] : [], translation.Notes.Dropped);
    }

    [Fact]
    public void EndUser_LongerThanAllowed_IsCutAndNamed()
    {
        var request = Hello();
        request.EndUser = new string('u', 255) + "😀";
        var translation = Translate(request);
        Assert.Equal(new string('u', 255), Write(translation).GetProperty("metadata").GetProperty("user_id").GetString());
        Assert.Equal(["metadata.user_id"], translation.Notes.Adapted);
    }

    [Fact]
    public void CountTokens_Request_HasNothingThatSteersTheAnswer()
    {
        var request = Hello();
        (request.MaxOutput, request.Stream, request.Temperature, request.Seed, request.EndUser) = (null, true, 2, 1, "u");
        request.System.Add(new TextPart("rule", new SourcePath("system")));
        var translation = Translate(request);
        Assert.Equal(
            """{"model":"claude-sonnet-4-5","system":[{"type":"text","text":"rule"}],"messages":[{"role":"user","content":[{"type":"text","text":"hi"}]}]}""",
            Text(translation, LlmOperation.MessagesCountTokens));
        Assert.Null(translation.Notes.ToHeader());
    }

    [Fact]
    public void Stream_AskedFor_IsWritten()
    {
        var request = Hello();
        request.Stream = true;
        Assert.True(Write(request).GetProperty("stream").GetBoolean());
    }

    private static void Refuses(Action<NeutralRequest> set, string field)
    {
        var request = Hello();
        set(request);
        Assert.Equal(field, Assert.Throws<GatewayException>(() => Write(request)).Error.Param);
    }
}
