using System.Net.Http.Json;
using System.Text.Json;
using Gateway.Edge.Models;
using Gateway.Edge.Tests.Rig;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Edge.Tests.Models;

public sealed class ModelListTests : IAsyncLifetime
{
    private EdgeServer _edge = null!;

    public async Task InitializeAsync()
    {
        _edge = await EdgeServer.StartAsync([new Uri("http://127.0.0.1:9")]);
        _edge.Services.GetRequiredService<ProvidedModels>().Replace(
        [
            new ListedModel("other/late", "other"),
            new ListedModel("openai/gpt-5", "openai") { DisplayName = "GPT 5", Created = new DateTimeOffset(2025, 8, 7, 0, 0, 0, TimeSpan.Zero), InputTokens = 272_000, OutputTokens = 128_000 },
            new ListedModel("removed/x", "removed"),
        ]);
    }

    public async Task DisposeAsync() => await _edge.DisposeAsync();

    [Theory]
    [InlineData("gw-test-key", "direct,fast,gpt-4o,gpt-4o-mini,slow,openai/gpt-5,other/late")]
    [InlineData("gw-provider-key", "direct,slow,other/late")]
    [InlineData("gw-narrow-key", "fast,gpt-4o-mini")]
    public async Task OpenAIList_HoldsConfiguredNamesThenThoseOfTheProviders(string key, string expected)
    {
        var list = await GetAsync("/v1/models", key);

        Assert.Equal(expected, Ids(list, "data", "id"));
    }

    [Fact]
    public async Task OpenAIModel_OfAProvider_HasItsTime()
    {
        var model = await GetAsync("/v1/models/openai/gpt-5");

        Assert.Equal(("openai/gpt-5", 1754524800L, "openai"), (model.GetProperty("id").GetString(), model.GetProperty("created").GetInt64(), model.GetProperty("owned_by").GetString()));
    }

    [Theory]
    [InlineData("", "direct,fast,gpt-4o,gpt-4o-mini,slow,openai/gpt-5,other/late", false)]
    [InlineData("?limit=2", "direct,fast", true)]
    [InlineData("?limit=2&after_id=fast", "gpt-4o,gpt-4o-mini", true)]
    [InlineData("?limit=9&after_id=openai/gpt-5", "other/late", false)]
    [InlineData("?limit=9&after_id=other/late", "", false)]
    [InlineData("?limit=2&before_id=slow", "gpt-4o,gpt-4o-mini", true)]
    [InlineData("?limit=2&before_id=fast", "direct", false)]
    public async Task AnthropicList_IsPaged(string query, string expected, bool hasMore)
    {
        var list = await GetAsync("/v1/models" + query, anthropic: true);

        Assert.Equal((expected, hasMore), (Ids(list, "data", "id"), list.GetProperty("has_more").GetBoolean()));
        var ids = expected.Split(',');
        Assert.Equal((expected.Length == 0 ? null : ids[0], expected.Length == 0 ? null : ids[^1]), (list.GetProperty("first_id").GetString(), list.GetProperty("last_id").GetString()));
    }

    [Fact]
    public async Task AnthropicModel_ById_HasItsShape()
    {
        var model = await GetAsync("/v1/models/openai/gpt-5", anthropic: true);

        Assert.Equal("""{"type":"model","id":"openai/gpt-5","display_name":"GPT 5","created_at":"2025-08-07T00:00:00Z"}""", model.GetRawText());
    }

    [Theory]
    [InlineData("?limit=0", "limit")]
    [InlineData("?limit=1001", "limit")]
    [InlineData("?limit=x", "limit")]
    [InlineData("?after_id=nothing", "after_id")]
    [InlineData("?before_id=nothing", "before_id")]
    [InlineData("?after_id=fast&before_id=slow", "after_id")]
    public async Task AnthropicList_WithABadPage_Is400InItsShape(string query, string field)
    {
        using var response = await SendAsync("/v1/models" + query, EdgeServer.Key, anthropic: true);
        var error = await response.Content.ReadFromJsonAsync<JsonElement>();

        Assert.Equal(400, (int)response.StatusCode);
        Assert.Equal("invalid_request_error", error.GetProperty("error").GetProperty("type").GetString());
        Assert.Contains($"'{field}'", error.GetProperty("error").GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnthropicList_WithoutKey_Is401InItsShape()
    {
        using var response = await SendAsync("/v1/models", key: null, anthropic: true);

        Assert.Equal(401, (int)response.StatusCode);
        Assert.Equal("authentication_error", (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error").GetProperty("type").GetString());
    }

    [Fact]
    public async Task GeminiList_PageByPage_IsTheWholeList()
    {
        var names = new List<string>();
        var token = "";
        do
        {
            var page = await GetAsync($"/v1beta/models?pageSize=3&pageToken={token}");
            var models = page.GetProperty("models").EnumerateArray().ToList();
            Assert.InRange(models.Count, 1, 3);
            names.AddRange(models.Select(static model => model.GetProperty("name").GetString()!));
            token = page.TryGetProperty("nextPageToken", out var next) ? next.GetString()! : "";
        }
        while (token.Length > 0);

        Assert.Equal("models/direct,models/fast,models/gpt-4o,models/gpt-4o-mini,models/slow,models/openai/gpt-5,models/other/late", string.Join(',', names));
    }

    [Theory]
    [InlineData("/v1beta/models/openai/gpt-5")]
    [InlineData("/v1beta/models/openai%2Fgpt-5")]
    public async Task GeminiModel_ById_HasItsShape(string path)
    {
        var model = await GetAsync(path);

        Assert.Equal(
            """{"name":"models/openai/gpt-5","version":"1","displayName":"GPT 5","inputTokenLimit":272000,"outputTokenLimit":128000,"supportedGenerationMethods":["generateContent","countTokens","embedContent","batchEmbedContents"]}""",
            model.GetRawText());
    }

    [Theory]
    [InlineData("?pageToken=!!")]
    [InlineData("?pageToken=bm90aGluZw")]
    [InlineData("?pageSize=-1")]
    public async Task GeminiList_WithABadPage_Is400InItsShape(string query)
    {
        using var response = await SendAsync("/v1beta/models" + query, EdgeServer.Key);

        Assert.Equal(400, (int)response.StatusCode);
        Assert.Equal("INVALID_ARGUMENT", (await response.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error").GetProperty("status").GetString());
    }

    [Fact]
    public async Task OllamaTags_NameWhatTheKeyMayUse_EachWithItsOwnDigest()
    {
        var tags = await GetAsync("/api/tags", "gw-narrow-key");

        Assert.Equal("fast,gpt-4o-mini", Ids(tags, "models", "name"));
        Assert.Equal("fast,gpt-4o-mini", Ids(tags, "models", "model"));
        var models = tags.GetProperty("models").EnumerateArray().ToList();
        Assert.Equal(2, models.Select(static model => model.GetProperty("digest").GetString()).Distinct().Count());
        Assert.All(models, static model => Assert.Equal(JsonValueKind.Array, model.GetProperty("details").GetProperty("families").ValueKind));
    }

    [Theory]
    [InlineData("""{"model":"gpt-4o"}""", 200, "gpt-4o")]
    [InlineData("""{"name":"gpt-4o:latest"}""", 200, "gpt-4o")]
    [InlineData("""{"model":"openai/gpt-5"}""", 200, "openai/gpt-5")]
    [InlineData("""{"model":"nothing"}""", 404, "nothing")]
    [InlineData("""{"model":7}""", 400, "model")]
    [InlineData("""["gpt-4o"]""", 400, "model")]
    [InlineData("nonsense", 400, "model")]
    public async Task OllamaShow_OfAModel_DescribesIt(string body, int status, string said)
    {
        using var client = _edge.Client();
        using var content = EdgeServer.Json(body);

        using var response = await client.PostAsync("/api/show", content);
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>();

        Assert.Equal(status, (int)response.StatusCode);
        if (status == 200)
        {
            Assert.Equal(said, answer.GetProperty("model_info").GetProperty("general.basename").GetString());
            Assert.Equal(said == "openai/gpt-5", answer.GetProperty("model_info").TryGetProperty("gateway.context_length", out _));
            Assert.Equal("completion", answer.GetProperty("capabilities")[0].GetString());
        }
        else
        {
            Assert.Contains(said, answer.GetProperty("error").GetString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task OllamaShow_WithoutKey_Is401()
    {
        using var client = _edge.Client(key: null);
        using var content = EdgeServer.Json("""{"model":"gpt-4o"}""");

        using var response = await client.PostAsync("/api/show", content);

        Assert.Equal(401, (int)response.StatusCode);
    }

    [Fact]
    public async Task Ollama_NothingRuns_AndTheVersionNeedsNoKey()
    {
        using var open = _edge.Client(key: null);

        Assert.Equal("""{"models":[]}""", (await GetAsync("/api/ps")).GetRawText());
        using var closed = await open.GetAsync("/api/ps");
        Assert.Equal(401, (int)closed.StatusCode);
        Assert.Matches(@"^\d+\.\d+\.\d+$", (await open.GetFromJsonAsync<JsonElement>("/api/version")).GetProperty("version").GetString());
    }

    private static string Ids(JsonElement list, string array, string member) =>
        string.Join(',', list.GetProperty(array).EnumerateArray().Select(model => model.GetProperty(member).GetString()));

    private async Task<JsonElement> GetAsync(string path, string key = EdgeServer.Key, bool anthropic = false)
    {
        using var response = await SendAsync(path, key, anthropic);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(200 == (int)response.StatusCode, text);
        return JsonSerializer.Deserialize<JsonElement>(text);
    }

    private async Task<HttpResponseMessage> SendAsync(string path, string? key, bool anthropic = false)
    {
        using var client = _edge.Client(key);
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (anthropic)
        {
            request.Headers.Add("anthropic-version", "2023-06-01");
        }

        return await client.SendAsync(request);
    }
}
