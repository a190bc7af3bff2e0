using System.Text;
using System.Text.Json;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.AzureOpenAI;
using Gateway.Router.Protocols.Neutral;
using Gateway.Router.Tests.Hosting;
using Gateway.Router.Tests.Protocols.Ollama;
using Gateway.Router.Tests.Translating;

namespace Gateway.Router.Tests.Protocols.AzureOpenAI;

public sealed class AzureOpenAIDecoderTests
{
    private static readonly AzureOpenAIUpstream Upstream = new();

    [Fact]
    public void Pitfall13_FirstChunkWithoutChoices_LosesNothing()
    {
        var response = Recordings.Load("openai-chat-azure-stream-plain").Response;
        var expected = new StringBuilder();
        foreach (var line in Encoding.UTF8.GetString(response).Split('\n').Where(static line => line.StartsWith("data: {", StringComparison.Ordinal)))
        {
            foreach (var choice in JsonSerializer.Deserialize<JsonElement>(line["data: ".Length..]).GetProperty("choices").EnumerateArray())
            {
                expected.Append(choice.GetProperty("delta").TryGetProperty("content", out var content) ? content.GetString() : "");
            }
        }

        var log = new EventLog();
        Assert.Equal(DecodedEnd.Normal, Decoding.Stream(Upstream, Decoder(), response, log, Decoding.ByteByByte()));
        Assert.Equal(expected.ToString(), log.Text);
        Assert.Equal(FinishReason.Stop, log.Reason);
        Assert.Contains(log.Lines, static line => line.Contains("gpt-4.1-mini-2025-04-14", StringComparison.Ordinal));
    }

    [Fact]
    public void Pitfall08_FilteredPromptInside200_IsABadRequest()
    {
        var response = Recordings.Load("openai-chat-azure-error-in-200").Response;
        var decoder = Decoder();
        Assert.Equal(EventKind.Error, decoder.DecodeAnswer(response, new EventLog()));
        var error = decoder.ReadError(response);
        Assert.Equal((400, "content_filter"), (error.Status, error.Code));
        Assert.StartsWith("The response was filtered", error.Message, StringComparison.Ordinal);
        Assert.Equal(400, UpstreamErrors.ToReply(error).Status);
    }

    [Fact]
    public void Answer_ParallelCalls_AreAllRead()
    {
        var log = new EventLog();
        Assert.Equal(EventKind.Done, Decoder().DecodeAnswer(Recordings.Load("openai-chat-azure-parallel-tool-calls").Response, log));
        Assert.Equal(["tool[0] call_85781429 dice_roll", "tool[1] call_23021056 dice_roll", "tool[2] call_94091108 dice_roll"], log.Lines.Where(static line => line.StartsWith("tool[", StringComparison.Ordinal)));
        Assert.Equal((FinishReason.Tool, 219, 159, 45), (log.Reason!.Value, log.LastUsage!.Value.Input, log.LastUsage.Value.CachedInput, log.LastUsage.Value.Output));
    }

    [Fact]
    public void Error_RateLimit_KeepsItsStatus() => Assert.Equal(429, UpstreamErrors.Read(429, Recordings.Load("openai-chat-azure-error-429").Response).Status);

    [Fact]
    public void Error_UnknownDeployment_IsAnUnknownModel()
    {
        var error = UpstreamErrors.Read(404, """{"error":{"code":"DeploymentNotFound","message":"The API deployment for this resource does not exist."}}"""u8);
        Assert.Equal((404, "model_not_found"), (error.Status, error.Code));
    }

    private static IAnswerDecoder Decoder() => Upstream.Decode(new Translation(OllamaCases.Ask(), OllamaCases.Client, "d", UpstreamTraits.Default, new TranslationNotes()));
}
