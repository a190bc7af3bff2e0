using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Gateway.Edge.VirtualKeys;
using Microsoft.Extensions.Logging;

namespace Gateway.Edge.Tests.Rig;

/// <summary>An answer of an endpoint for operators.</summary>
internal sealed record KeysAnswer(int Status, JsonElement Body, HttpResponseHeaders Headers, string Text)
{
    public string Id => Body.GetProperty("id").GetString()!;

    public string Secret => Body.GetProperty("secret").GetString()!;

    public long Version => Body.GetProperty("version").GetInt64();

    public string? Code => Body.GetProperty("error").GetProperty("code").GetString();

    public string? Param => Body.GetProperty("error").GetProperty("param").GetString();

    public string Message => Body.GetProperty("error").GetProperty("message").GetString()!;

    /// <summary>What went wrong; the whole text where nothing did.</summary>
    public static (int Status, string? Code, string? Param) RefusalOf(KeysAnswer answer) => answer.Status < 300 ? (answer.Status, answer.Text, null) : (answer.Status, answer.Code, answer.Param);

    /// <summary>Of a list.</summary>
    public static List<string> IdsOf(KeysAnswer list) => [.. list.Body.GetProperty("keys").EnumerateArray().Select(static key => key.GetProperty("id").GetString()!)];

    public bool Has(string name) => Body.TryGetProperty(name, out _);
}

/// <summary>An Edge that makes keys at run time, with calls as operators and clients make them.</summary>
internal sealed class KeysEdge : IAsyncDisposable
{
    public const string Pepper = "edge-test-pepper-0123456789abcdef";
    public const string Path = "/admin/v1/keys";

    private readonly FakeService _router;
    private readonly HttpClient _operator;

    private KeysEdge(EdgeServer edge, FakeService router)
    {
        (Edge, _router) = (edge, router);
        _operator = edge.Client(EdgeServer.AdminKey);
    }

    public EdgeServer Edge { get; }

    public FakeService Router => _router;

    /// <param name="data">The data folder.</param>
    /// <param name="settings">More configuration; the pepper may be another one.</param>
    public static async Task<KeysEdge> StartAsync(string data, Dictionary<string, string>? settings = null, string config = EdgeServer.Config, TimeProvider? time = null, ILoggerProvider? log = null)
    {
        var all = new Dictionary<string, string>(settings ?? []) { ["GATEWAY_DATA"] = data };
        all.TryAdd(KeyPepper.Variable, Pepper);
        var router = await FakeService.StartAsync();
        return new KeysEdge(await EdgeServer.StartAsync([router.Url], all, config, time, log), router);
    }

    public Task<KeysAnswer> PostAsync(string body, string path = "") => SendAsync(HttpMethod.Post, path, body);

    public Task<KeysAnswer> GetAsync(string path = "") => SendAsync(HttpMethod.Get, path);

    public Task<KeysAnswer> PatchAsync(string id, string body, string? ifMatch = null) => SendAsync(HttpMethod.Patch, $"/{id}", body, ifMatch);

    public Task<KeysAnswer> DeleteAsync(string id, string? ifMatch = null) => SendAsync(HttpMethod.Delete, $"/{id}", body: null, ifMatch);

    public Task<KeysAnswer> RotateAsync(string id, string? body = null, string? ifMatch = null) => SendAsync(HttpMethod.Post, $"/{id}/rotate", body, ifMatch);

    public async Task<KeysAnswer> SendAsync(HttpMethod method, string path, string? body = null, string? ifMatch = null)
    {
        using var request = new HttpRequestMessage(method, Path + path);
        if (body is not null)
        {
            request.Content = new StringContent(body, new UTF8Encoding(false), "application/json");
        }

        if (ifMatch is not null)
        {
            Assert.True(request.Headers.TryAddWithoutValidation("If-Match", ifMatch));
        }

        using var response = await _operator.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return new KeysAnswer((int)response.StatusCode, JsonDocument.Parse(text).RootElement, response.Headers, text);
    }

    /// <summary>A key that must be made.</summary>
    public async Task<KeysAnswer> MakeAsync(string body = """{"models":["*"]}""")
    {
        var made = await PostAsync(body);
        Assert.True(made.Status == 201, made.Text);
        return made;
    }

    /// <summary>What a client with the secret is told.</summary>
    public async Task<int> ChatAsync(string secret) => (await ChatAnswerAsync(secret)).Status;

    public async Task<KeysAnswer> ChatAnswerAsync(string secret, string body = EdgeServer.ChatBody)
    {
        using var client = Edge.Client(secret);
        using var content = EdgeServer.Json(body);
        using var response = await client.PostAsync(EdgeServer.Chat, content);
        var text = await response.Content.ReadAsStringAsync();
        return new KeysAnswer((int)response.StatusCode, JsonDocument.Parse(text).RootElement, response.Headers, text);
    }

    /// <summary>Waits for what must happen soon. The clock of the test goes on meanwhile, where there is one.</summary>
    public async Task<KeysAnswer> UntilAsync(string secret, int status, ManualTime? time = null)
    {
        using var deadline = new CancellationTokenSource(EdgeServer.Patience);
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        KeysAnswer answer;
        while ((answer = await ChatAnswerAsync(secret)).Status != status)
        {
            time?.Advance(TimeSpan.FromMilliseconds(250));
            Assert.True(!deadline.IsCancellationRequested, $"still {answer.Status}: {answer.Text}");
            await tick.WaitForNextTickAsync();
        }

        return answer;
    }

    public async ValueTask DisposeAsync()
    {
        _operator.Dispose();
        await Edge.DisposeAsync();
        await _router.DisposeAsync();
    }
}
