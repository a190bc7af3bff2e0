using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Gateway.EndToEnd.Tests;

/// <summary>Recorded provider traffic through the whole gateway, the upstream writing it in random pieces.</summary>
[Collection(SharedRig.Name)]
public sealed class RecordingTests(SharedRig shared)
{
    public static TheoryData<string> OpenAIChat()
    {
        var data = new TheoryData<string>();
        foreach (var folder in Directory.GetDirectories(RigPaths.Recordings, "openai-chat-*").Order(StringComparer.Ordinal))
        {
            data.Add(Path.GetFileName(folder));
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(OpenAIChat))]
    public async Task OpenAIChatRecording_PassesThrough_ByteForByte(string id)
    {
        var folder = Path.Combine(RigPaths.Recordings, id);
        var meta = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(folder, "meta.json")))!;
        var recorded = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(folder, "request.json")))!["body"]?.AsObject();
        var expected = await File.ReadAllBytesAsync(Path.Combine(folder, (string)meta["response_file"]!));
        var status = (int)meta["status"]!;

        var streaming = (bool)meta["streaming"]!;
        var body = recorded?.DeepClone().AsObject() ?? [];
        // A key that is refused goes into quarantine: not the one that all other tests use.
        body["model"] = (status is 401 or 403 ? "refusing/recording/" : "recording/") + id;
        body["stream"] = streaming;
        if (streaming)
        {
            // The usage chunk is part of these recordings, so ask for it; what happens without is tested elsewhere.
            body["stream_options"] = new JsonObject { ["include_usage"] = true };
        }

        body["messages"] = new JsonArray(new JsonObject { ["role"] = "user", ["content"] = "[sim chunk=random]" });

        using var client = shared.Rig.Client();
        using var content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
        using var response = await client.PostAsync("/v1/chat/completions", content);
        var got = await response.Content.ReadAsByteArrayAsync();

        if (status is 401 or 403)
        {
            // The provider refused the gateway's own key: the client must not throw its good one away.
            Assert.Equal(502, (int)response.StatusCode);
            Assert.Equal("upstream_auth", JsonDocument.Parse(got).RootElement.GetProperty("error").GetProperty("code").GetString());
            return;
        }

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(expected, got);
    }
}
