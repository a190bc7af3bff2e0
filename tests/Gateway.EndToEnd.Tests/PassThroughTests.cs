using System.ClientModel;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using OpenAI;
using OpenAI.Audio;
using OpenAI.Files;
using OpenAI.Images;

namespace Gateway.EndToEnd.Tests;

/// <summary>Images, audio and reranking with the official .NET client, from the Edge to the Simulator and into the ledger.</summary>
[Collection(SharedRig.Name)]
public sealed class PassThroughTests(SharedRig shared)
{
    private OpenAIClient Client => new(new ApiKeyCredential(GatewayRig.DemoKey), new OpenAIClientOptions { Endpoint = new Uri(shared.Rig.Url, "/v1") });

    [Fact]
    public async Task Image_IsGenerated_AndItsTokensAreInTheLedger()
    {
        var answer = await Client.GetImageClient("gpt-image-1").GenerateImagesAsync("a cat", 2);

        Assert.Equal(2, answer.Value.Count);
        Assert.All(answer.Value, image => Assert.Equal("PNG", Encoding.ASCII.GetString(image.ImageBytes.ToArray(), 1, 3)));
        Assert.True(answer.GetRawResponse().Headers.TryGetValue("x-gateway-request-id", out var id));
        var row = await Ledger.WaitForAsync(shared.Rig.Admin(), id!);
        Assert.Equal(2 * 272, row.GetProperty("output_tokens").GetInt64());
    }

    [Fact]
    public async Task Image_IsEdited()
    {
        using var picture = new MemoryStream([1, 2, 3]);

        GeneratedImage image = await Client.GetImageClient("gpt-image-1").GenerateImageEditAsync(picture, "cat.png", "a cat");

        Assert.Equal("PNG", Encoding.ASCII.GetString(image.ImageBytes.ToArray(), 1, 3));
    }

    [Fact]
    public async Task Speech_IsHeard()
    {
        BinaryData sound = await Client.GetAudioClient("gpt-4o-mini-tts").GenerateSpeechAsync("Hello there.", GeneratedSpeechVoice.Alloy);

        Assert.Equal([0xFF, 0xFB, 0x90, 0x00, .. "Hello there."u8], sound.ToArray());
    }

    [Theory]
    [InlineData("whisper-1")]
    [InlineData("sim/gpt-4o-transcribe")]
    public async Task Sound_IsTranscribed(string model)
    {
        using var sound = new MemoryStream(new byte[40_000]);

        AudioTranscription text = await Client.GetAudioClient(model).TranscribeAudioAsync(sound, "talk.mp3");

        Assert.Equal("A sound of 40000 bytes.", text.Text);
    }

    [Fact]
    public async Task File_IsKept_Read_Listed_AndDeleted()
    {
        var files = Client.GetOpenAIFileClient();
        using var content = new MemoryStream([0, 1, 2, 0xFF]);

        OpenAIFile file = await files.UploadFileAsync(content, "data.bin", FileUploadPurpose.Batch);
        OpenAIFile found = await files.GetFileAsync(file.Id);
        BinaryData read = await files.DownloadFileAsync(file.Id);
        OpenAIFileCollection list = await files.GetFilesAsync();
        await files.DeleteFileAsync(file.Id);
        var gone = await Assert.ThrowsAsync<ClientResultException>(() => files.GetFileAsync(file.Id));

        Assert.Equal(("data.bin", file.Id), (found.Filename, found.Id));
        Assert.Equal([0, 1, 2, 0xFF], read.ToArray());
        Assert.Contains(list, entry => entry.Id == file.Id);
        Assert.Equal(404, gone.Status);
    }

    [Fact]
    public async Task Documents_AreReranked()
    {
        using var client = shared.Rig.Client();

        using var response = await client.PostAsJsonAsync("/v1/rerank", new { model = "reranker", query = "black cat", documents = new[] { "a dog", "a black cat" } });

        var answer = await response.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal(1, answer.GetProperty("results")[0].GetProperty("index").GetInt32());
    }
}
