using System.Text;
using System.Text.Json;

namespace Gateway.Simulator.Tests.Protocols.Azure;

public sealed class AzureTests
{
    private const string Body = """{"messages":[{"role":"user","content":"[sim tokens=2]"}]}""";
    private const string Deployment = "/openai/deployments/mine/chat/completions?api-version=2024-10-21";

    [Fact]
    public async Task Stream_BeginsWithWhatTheFilterFoundInThePrompt()
    {
        await using var simulator = await TestSimulator.StartAsync();

        var events = await simulator.EventsAsync(Body[..^1] + ""","stream":true}""", Deployment);

        var chunks = events[..^1].Select(data => JsonElement.Parse(data)).ToList();
        Assert.Equal("[DONE]", events[^1]);
        Assert.Equal(0, chunks[0].GetProperty("choices").GetArrayLength());
        Assert.Equal(("", "", ""), (chunks[0].GetProperty("id").GetString(), chunks[0].GetProperty("model").GetString(), chunks[0].GetProperty("object").GetString()));
        Assert.Equal(0, chunks[0].GetProperty("prompt_filter_results")[0].GetProperty("prompt_index").GetInt32());
        Assert.All(chunks[1..], chunk => Assert.True(chunk.GetProperty("choices")[0].TryGetProperty("content_filter_results", out _)));
        Assert.Equal("safe", chunks[2].GetProperty("choices")[0].GetProperty("content_filter_results").GetProperty("hate").GetProperty("severity").GetString());
        Assert.Equal("mine", chunks[1].GetProperty("model").GetString());
        Assert.Single(chunks, chunk => chunk.TryGetProperty("prompt_filter_results", out _));
    }

    [Fact]
    public async Task Whole_HasWhatTheFilterFound_AndOpenAIsOwnHasNot()
    {
        await using var simulator = await TestSimulator.StartAsync();

        var answer = await simulator.JsonAsync(Body, Deployment);
        var own = await simulator.JsonAsync(TestSimulator.Chat("x"));

        Assert.True(answer.TryGetProperty("prompt_filter_results", out _));
        Assert.True(answer.GetProperty("choices")[0].TryGetProperty("content_filter_results", out _));
        Assert.False(own.TryGetProperty("prompt_filter_results", out _));
        Assert.False(own.GetProperty("choices")[0].TryGetProperty("content_filter_results", out _));
    }

    [Fact]
    public async Task Deployment_IsTheModel_WhateverTheBodySays()
    {
        await using var simulator = await TestSimulator.StartAsync();

        var answer = await simulator.JsonAsync(Body[..^1] + ""","model":"other"}""", Deployment);

        Assert.Equal("mine", answer.GetProperty("model").GetString());
        Assert.True((await simulator.SettledAsync(1)).ByModel.ContainsKey("mine"));
    }

    [Theory]
    [InlineData("/openai/deployments/d/embeddings?api-version=2024-10-21", """{"input":"a"}""", "embedding")]
    [InlineData("/openai/deployments/d/completions?api-version=2024-10-21", """{"prompt":"a"}""", "text_completion")]
    [InlineData("/openai/v1/embeddings", """{"model":"m","input":"a"}""", "embedding")]
    [InlineData("/openai/v1/completions", """{"model":"m","prompt":"a"}""", "text_completion")]
    [InlineData("/openai/v1/responses", """{"model":"m","input":"a"}""", "\"object\":\"response\"")]
    [InlineData("/openai/v1/responses?api-version=preview", """{"model":"m","input":"a"}""", "\"object\":\"response\"")]
    [InlineData("/openai/responses?api-version=2025-04-01-preview", """{"model":"m","input":"a"}""", "\"object\":\"response\"")]
    [InlineData("/openai/v1/responses/input_tokens", """{"model":"m","input":"a"}""", "\"input_tokens\":7")]
    [InlineData("/openai/responses/input_tokens?api-version=2025-04-01-preview", """{"model":"m","input":"a"}""", "\"input_tokens\":7")]
    [InlineData("/openai/v1/chat/completions", """{"model":"m","messages":[{"role":"user","content":"x"}]}""", "chat.completion")]
    public async Task OtherPaths_Answer(string path, string body, string piece)
    {
        await using var simulator = await TestSimulator.StartAsync();

        using var response = await simulator.SendAsync(body, path);

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Contains(piece, await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Response_IsKept_ForBothPathsAndNotForOpenAI()
    {
        await using var simulator = await TestSimulator.StartAsync();
        var first = await simulator.JsonAsync("""{"model":"m","input":"a"}""", "/openai/v1/responses");
        var id = first.GetProperty("id").GetString();

        var next = await simulator.JsonAsync($$"""{"model":"m","input":"b","previous_response_id":"{{id}}"}""", "/openai/responses?api-version=2025-04-01-preview");
        var got = await simulator.Http.GetStringAsync($"/openai/responses/{id}?api-version=2025-04-01-preview");
        using var withoutVersion = await simulator.Http.GetAsync($"/openai/responses/{id}");
        using var elsewhere = await simulator.Http.GetAsync($"/v1/responses/{id}");

        Assert.Equal(id, next.GetProperty("previous_response_id").GetString());
        Assert.Equal(first.ToString(), got);
        Assert.Equal((404, 404), ((int)withoutVersion.StatusCode, (int)elsewhere.StatusCode));
    }

    [Theory]
    [InlineData("/openai/deployments/mine/chat/completions", 404, "404")]
    [InlineData("/openai/deployments/mine/chat/completions?api-version=v1", 404, "404")]
    [InlineData("/openai/v1/chat/completions?api-version=2024-10-21", 400, "BadRequest")]
    public async Task Version_MustFitThePath(string path, int status, string code)
    {
        await using var simulator = await TestSimulator.StartAsync();

        using var response = await simulator.SendAsync(Body, path);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(code, JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("error").GetProperty("code").GetString());
    }

    [Theory]
    [InlineData("api-key", "one", 200)]
    [InlineData("Authorization", "Bearer one", 200)]
    [InlineData("api-key", "two", 401)]
    [InlineData("x-api-key", "one", 401)]
    public async Task Credential_IsTheApiKeyOrABearer(string name, string value, int status)
    {
        await using var simulator = await TestSimulator.StartAsync(null, ("SIMULATOR_KEYS", "one"));
        simulator.Http.DefaultRequestHeaders.Clear();
        simulator.Http.DefaultRequestHeaders.TryAddWithoutValidation(name, value);

        using var response = await simulator.SendAsync(Body, Deployment);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(status == 401, (await response.Content.ReadAsStringAsync()).Contains("\"code\":\"401\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task RefusalOfTheModel_IsInOpenAIsShape()
    {
        await using var simulator = await TestSimulator.StartAsync();

        var error = (await simulator.JsonAsync(Body[..^1] + ""","colour":1}""", Deployment)).GetProperty("error");

        Assert.Equal(("invalid_request_error", "colour", "unknown_parameter"), (error.GetProperty("type").GetString(), error.GetProperty("param").GetString(), error.GetProperty("code").GetString()));
    }

    [Fact]
    public async Task ContentFilter_HasItsInnerError()
    {
        await using var simulator = await TestSimulator.StartAsync();

        var error = (await simulator.JsonAsync(Body.Replace("tokens=2", "status=400 code=content_filter", StringComparison.Ordinal), Deployment)).GetProperty("error");

        Assert.Equal(("content_filter", 400), (error.GetProperty("code").GetString(), error.GetProperty("status").GetInt32()));
        Assert.Equal("ResponsibleAIPolicyViolation", error.GetProperty("innererror").GetProperty("code").GetString());
    }

    [Fact]
    public async Task Models_AreListed()
    {
        await using var simulator = await TestSimulator.StartAsync(null, ("SIMULATOR_MODELS", "a"));

        var plain = await simulator.Http.GetStringAsync("/openai/v1/models");
        var old = await simulator.Http.GetStringAsync("/openai/models?api-version=2024-10-21");

        Assert.Equal(plain, old);
        Assert.Equal("a", JsonElement.Parse(Encoding.UTF8.GetBytes(plain)).GetProperty("data")[0].GetProperty("id").GetString());
    }
}
