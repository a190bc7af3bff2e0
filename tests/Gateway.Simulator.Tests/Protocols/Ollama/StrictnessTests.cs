using static Gateway.Simulator.Tests.Protocols.Ollama.OllamaCalls;

namespace Gateway.Simulator.Tests.Protocols.Ollama;

public sealed class StrictnessTests
{
    [Theory]
    [InlineData(Chat, "", "expected a JSON object")]
    [InlineData(Chat, """{"messages":[]}""", "model is required")]
    [InlineData(Chat, """{"model":7}""", "json: cannot unmarshal number into Go struct field ChatRequest.model of type string")]
    [InlineData(Chat, """{"model":"m","messages":"x"}""", "json: cannot unmarshal string into Go struct field ChatRequest.messages of type []api.Message")]
    [InlineData(Chat, """{"model":"m","messages":["x"]}""", "json: cannot unmarshal string into Go struct field ChatRequest.messages of type api.Message")]
    [InlineData(Chat, """{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"x"}]}]}""", "json: cannot unmarshal array into Go struct field ChatRequest.messages.content of type string")]
    [InlineData(Chat, """{"model":"m","messages":[{"role":"user","content":"x","images":["data:image/png;base64,AAAA"]}]}""", "illegal base64 data at input byte 4")]
    [InlineData(Chat, """{"model":"m","messages":[{"role":"assistant","tool_calls":[{"function":{"name":"f","arguments":"{}"}}]}]}""", "json: cannot unmarshal string into Go struct field ChatRequest.messages.tool_calls.function.arguments of type api.ToolCallFunctionArguments")]
    [InlineData(Chat, """{"model":"m","messages":[{"role":"user","content":"x"}],"tools":{}}""", "json: cannot unmarshal object into Go struct field ChatRequest.tools of type api.Tools")]
    [InlineData(Chat, """{"model":"m","messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{"name":"f","parameters":{"type":["object"]}}}]}""", "json: cannot unmarshal array into Go struct field ChatRequest.tools.function.parameters.type of type string")]
    [InlineData(Chat, """{"model":"m","stream":"no"}""", "json: cannot unmarshal string into Go struct field ChatRequest.stream of type bool")]
    [InlineData(Chat, """{"model":"m","format":"xml"}""", "invalid format: \"xml\"; expected \"json\" or a valid JSON Schema object")]
    [InlineData(Chat, """{"model":"m","think":"hard"}""", "invalid think value: \"hard\" (must be \"high\", \"medium\", \"low\", true, or false)")]
    [InlineData(Chat, """{"model":"m","options":{"num_predict":"5"}}""", "option \"num_predict\" must be of type integer")]
    [InlineData(Chat, """{"model":"m","options":{"temperature":"hot"}}""", "option \"temperature\" must be of type float32")]
    [InlineData(Chat, """{"model":"m","options":{"stop":"x"}}""", "option \"stop\" must be of type array")]
    [InlineData(Generate, """{"model":"m","prompt":["x"]}""", "json: cannot unmarshal array into Go struct field GenerateRequest.prompt of type string")]
    [InlineData(Generate, """{"model":"m","prompt":"x","raw":true,"system":"s"}""", "raw mode does not support template, system, or context")]
    [InlineData(Generate, """{"model":"m","prompt":"x","suffix":"s"}""", "registry.ollama.ai/library/m does not support insert")]
    [InlineData("/api/embed", """{"model":"m","input":7}""", "invalid input type")]
    [InlineData("/api/embed", """{"model":"m","input":["x",7]}""", "invalid input type")]
    [InlineData("/api/show", """{}""", "model is required")]
    public async Task Request_ThatTheServerCannotDecode_IsRefusedInItsWords(string path, string body, string message)
    {
        await using var simulator = await TestSimulator.StartAsync();

        using var response = await simulator.SendAsync(body, path);

        Assert.Equal(400, (int)response.StatusCode);
        Assert.Contains(message, System.Text.Json.JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("error").GetString());
    }

    [Theory]
    [InlineData("llama3", 200)]
    [InlineData("llama3:latest", 200)]
    [InlineData("llama3+tokens=1", 200)]
    [InlineData("qwen3", 200)]
    [InlineData("llama3:8b", 404)]
    [InlineData("missing", 404)]
    public async Task Model_NotListed_Is404(string model, int status)
    {
        await using var simulator = await TestSimulator.StartAsync(null, ("SIMULATOR_MODELS", "llama3,qwen3:latest"));

        using var response = await simulator.SendAsync(Say("x", model: model), Chat);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(status == 404, await response.Content.ReadAsStringAsync() == $$"""{"error":"model '{{model}}' not found"}""");
    }

    [Theory]
    [InlineData(null, null, 200)]
    [InlineData("one", null, 401)]
    [InlineData("one", "Bearer two", 401)]
    [InlineData("one", "Bearer one", 200)]
    public async Task Credential_IsAskedForOnlyWhenSomeAreListed(string? keys, string? header, int status)
    {
        await using var simulator = await TestSimulator.StartAsync(null, ("SIMULATOR_KEYS", keys));
        simulator.Http.DefaultRequestHeaders.Clear();
        if (header is not null)
        {
            simulator.Http.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", header);
        }

        using var response = await simulator.SendAsync(Say("x"), Chat);

        Assert.Equal(status, (int)response.StatusCode);
    }
}
