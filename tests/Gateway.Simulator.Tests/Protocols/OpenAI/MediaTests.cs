using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace Gateway.Simulator.Tests.Protocols.OpenAI;

/// <summary>Images, audio, reranking and files: as strict as the real ones, and metered as the answer says.</summary>
public sealed class MediaTests
{
    [Theory]
    [InlineData("/v1/images/generations", """{"model":"m","prompt":"a cat","n":11}""", "n")]
    [InlineData("/v1/images/generations", """{"model":"m"}""", "prompt")]
    [InlineData("/v1/images/generations", """{"model":"m","prompt":"x","stream_options":{}}""", "stream_options")]
    [InlineData("/v1/audio/speech", """{"model":"m","input":"x"}""", "voice")]
    [InlineData("/v1/audio/speech", """{"model":"m","input":"x","voice":"v","stream":true}""", "stream")]
    [InlineData("/v1/rerank", """{"model":"m","query":"x"}""", "documents")]
    public async Task Body_ThatBreaksARule_IsRefusedByName(string path, string body, string param)
    {
        await using var simulator = await TestSimulator.StartAsync();
        using var content = new StringContent(body, Encoding.UTF8, "application/json");

        using var response = await simulator.Http.PostAsync(path, content);

        using var error = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        Assert.Equal(400, (int)response.StatusCode);
        Assert.Equal(param, error.RootElement.GetProperty("error").GetProperty("param").GetString());
    }

    [Theory]
    [InlineData("/v1/audio/transcriptions", "prompt", "file")]
    [InlineData("/v1/audio/transcriptions", "brand_new", "brand_new")]
    [InlineData("/v1/audio/transcriptions", "model", "model")]
    [InlineData("/v1/images/edits", "prompt", "image")]
    public async Task Form_ThatBreaksARule_IsRefusedByName(string path, string extra, string param)
    {
        await using var simulator = await TestSimulator.StartAsync();
        using var form = new MultipartFormDataContent { { new StringContent("m"), "model" }, { new StringContent("x"), extra } };

        using var response = await simulator.Http.PostAsync(path, form);

        using var error = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        Assert.Equal(400, (int)response.StatusCode);
        Assert.Equal(param, error.RootElement.GetProperty("error").GetProperty("param").GetString());
    }

    [Fact]
    public async Task Transcription_ByTheToken_IsMeteredAsItsUsageSays()
    {
        await using var simulator = await TestSimulator.StartAsync();
        using var file = new ByteArrayContent(new byte[20_000]) { Headers = { ContentType = new MediaTypeHeaderValue("audio/mpeg") } };
        using var form = new MultipartFormDataContent { { new StringContent("gpt-4o-transcribe"), "model" }, { file, "file", "a.mp3" } };

        using var response = await simulator.Http.PostAsync("/v1/audio/transcriptions", form);

        using var answer = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        var usage = answer.RootElement.GetProperty("usage");
        var row = Assert.Single(JsonDocument.Parse(await simulator.Http.GetStringAsync("/meter/requests")).RootElement.GetProperty("requests").EnumerateArray());
        Assert.Equal(20, usage.GetProperty("input_tokens").GetInt32());
        Assert.Equal(usage.GetProperty("input_tokens").GetInt64(), row.GetProperty("prompt_tokens").GetInt64());
        Assert.Equal(usage.GetProperty("output_tokens").GetInt64(), row.GetProperty("tokens_written").GetInt64());
    }

    [Fact]
    public async Task File_OfNoOne_IsNotFound_AndUploadNeedsItsParts()
    {
        await using var simulator = await TestSimulator.StartAsync();
        using var form = new MultipartFormDataContent { { new StringContent("x"), "purpose" } };

        using var missing = await simulator.Http.GetAsync("/v1/files/file-00000009");
        using var refused = await simulator.Http.PostAsync("/v1/files", form);

        Assert.Equal((404, 400), ((int)missing.StatusCode, (int)refused.StatusCode));
    }
}
