using System.Text;
using System.Text.Json;
using static Gateway.Simulator.Tests.Protocols.Ollama.OllamaCalls;

namespace Gateway.Simulator.Tests.Protocols.Ollama;

public sealed class OtherEndpointTests
{
    [Fact]
    public async Task Embed_OneOrMany_AreTheSameForTheSameText()
    {
        await using var simulator = await TestSimulator.StartAsync();

        var one = await simulator.JsonAsync("""{"model":"m","input":"b","dimensions":3}""", "/api/embed");
        var many = await simulator.JsonAsync("""{"model":"m","input":["a","b"],"dimensions":3}""", "/api/embed");
        var none = await simulator.JsonAsync("""{"model":"m"}""", "/api/embed");
        var old = await simulator.JsonAsync("""{"model":"m","prompt":"b"}""", "/api/embeddings");

        var vector = one.GetProperty("embeddings")[0];
        Assert.Equal(3, vector.GetArrayLength());
        Assert.Equal(vector.GetRawText(), many.GetProperty("embeddings")[1].GetRawText());
        Assert.NotEqual(vector.GetRawText(), many.GetProperty("embeddings")[0].GetRawText());
        Assert.Equal((1, 2), (one.Count("prompt_eval_count"), many.Count("prompt_eval_count")));
        Assert.Equal(0, none.GetProperty("embeddings").GetArrayLength());
        Assert.Equal(384, old.GetProperty("embedding").GetArrayLength());
        Assert.Equal(4, (await simulator.SettledAsync(4)).PromptTokens);
    }

    [Fact]
    public async Task Models_AreListedAndShown()
    {
        await using var simulator = await TestSimulator.StartAsync(null, ("SIMULATOR_MODELS", "a,b:latest"));

        var tags = JsonElement.Parse(await simulator.Http.GetStringAsync(new Uri("/api/tags", UriKind.Relative)));
        var version = JsonElement.Parse(await simulator.Http.GetStringAsync(new Uri("/api/version", UriKind.Relative)));
        var running = JsonElement.Parse(await simulator.Http.GetStringAsync(new Uri("/api/ps", UriKind.Relative)));
        var shown = await simulator.JsonAsync("""{"model":"b"}""", "/api/show");
        using var missing = await simulator.SendAsync("""{"model":"c"}""", "/api/show");

        Assert.Equal(["a", "b:latest"], tags.GetProperty("models").EnumerateArray().Select(model => model.GetProperty("name").GetString()));
        Assert.NotEmpty(version.GetProperty("version").GetString()!);
        Assert.Equal(0, running.GetProperty("models").GetArrayLength());
        Assert.Contains("tools", shown.GetProperty("capabilities").EnumerateArray().Select(entry => entry.GetString()));
        Assert.Equal(404, (int)missing.StatusCode);
        Assert.Equal(0, simulator.Meter.Report().Requests);
    }

    [Fact]
    public async Task Recording_IsPlayedWhateverTheRequest()
    {
        var folder = Directory.CreateTempSubdirectory("recordings");
        try
        {
            var exchange = folder.CreateSubdirectory("r-1").FullName;
            await File.WriteAllTextAsync(Path.Combine(exchange, "meta.json"), """{"status":404,"response_file":"response.json","response_headers":{"content-type":"application/json"}}""");
            await File.WriteAllBytesAsync(Path.Combine(exchange, "response.json"), Encoding.UTF8.GetBytes("""{"error": "x"}"""));
            await using var simulator = await TestSimulator.StartAsync(null, ("SIMULATOR_RECORDINGS", folder.FullName));

            using var response = await simulator.SendAsync("""{"model":"recording/r-1","messages":7}""", Chat);

            Assert.Equal((404, """{"error": "x"}"""), ((int)response.StatusCode, await response.Content.ReadAsStringAsync()));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
