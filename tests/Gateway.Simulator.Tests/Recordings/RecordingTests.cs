using System.Text;

namespace Gateway.Simulator.Tests.Recordings;

public sealed class RecordingTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("recordings");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("recording/one")]
    [InlineData("recording:one")]
    [InlineData("recording/one+chunk=random")]
    [InlineData("recording/one+chunk=1")]
    public async Task Recording_IsAnsweredByteForByte(string model)
    {
        var body = Encoding.UTF8.GetBytes("data: {\"x\":\"é🙂\"}\r\n\r\n: ping\n\ndata: [DONE]");
        Write("one", """{"status":200,"response_file":"response.sse","response_headers":{"content-type":"text/event-stream","x-request-id":"req_old"}}""", "response.sse", body);
        await using var simulator = await TestSimulator.StartAsync(null, ("SIMULATOR_RECORDINGS", _folder.FullName));

        // Nothing of the strict protocol is asked of a request for a recording.
        using var response = await simulator.SendAsync($$"""{"model":"{{model}}","whatever":true}""");

        Assert.Equal(body, await response.Content.ReadAsByteArrayAsync());
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal("req_old", response.Headers.GetValues("x-request-id").Single());
    }

    [Fact]
    public async Task Recording_OfAnError_HasItsStatus()
    {
        Write("limit", """{"status":429,"response_file":"response.json","response_headers":{"retry-after":"7"}}""", "response.json", "{}"u8.ToArray());
        await using var simulator = await TestSimulator.StartAsync(null, ("SIMULATOR_RECORDINGS", _folder.FullName));

        using var response = await simulator.SendAsync("""{"model":"recording/limit"}""");

        Assert.Equal((429, "7"), ((int)response.StatusCode, response.Headers.RetryAfter!.ToString()));
        Assert.Equal(1, (await simulator.SettledAsync(1)).Errors);
    }

    [Fact]
    public async Task Recording_ThatIsNotThere_Is404()
    {
        await using var simulator = await TestSimulator.StartAsync(null, ("SIMULATOR_RECORDINGS", _folder.FullName));

        using var response = await simulator.SendAsync("""{"model":"recording/../one"}""");

        Assert.Equal(404, (int)response.StatusCode);
    }

    private void Write(string id, string meta, string file, byte[] body)
    {
        var folder = _folder.CreateSubdirectory(id).FullName;
        File.WriteAllText(Path.Combine(folder, "meta.json"), meta);
        File.WriteAllBytes(Path.Combine(folder, file), body);
    }
}
