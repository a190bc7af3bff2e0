using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Gateway.Core.Configuration;
using Gateway.Core.Context;
using Gateway.Edge.Admission;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Gateway.Edge.Tests.Rig;

/// <summary>The Edge as it ships, in this process, with fake inner services.</summary>
internal sealed class EdgeServer : IAsyncDisposable
{
    public const string Key = "gw-test-key";
    public const string AdminKey = "gw-test-admin-key";
    public const string Secret = "edge-test-context-secret-0123456789abcdef";
    public const string Chat = "/v1/chat/completions";
    public const string ChatBody = """{"model":"gpt-4o","messages":[{"role":"user","content":"hi"}]}""";

    public const string Config = """
        version: 1
        server: { admin_key: gw-test-admin-key, max_body: 1MiB }
        providers:
          openai: { protocol: openai, base_url: "http://127.0.0.1:9/v1", keys: [upstream-secret], internal: true, timeouts: { total: 30s } }
          other: { protocol: openai, base_url: "http://127.0.0.1:9/v1", internal: true }
        models:
          gpt-4o: { deployments: [ { provider: openai, model: gpt-4o } ], moderation: strict }
          gpt-4o-mini: { deployments: [ { provider: openai, model: gpt-4o-mini } ] }
          slow: { deployments: [ { provider: other, model: slow } ] }
        aliases: { fast: gpt-4o-mini, direct: other/some-model }
        resolve: { prefixes: { "text-*": openai } }
        moderation:
          policies:
            default: { mode: required, input: [ { check: keywords, list: [x], action: block } ] }
            strict: { mode: required, input: [ { check: keywords, list: [y], action: block } ] }
            own: { mode: required, input: [ { check: keywords, list: [z], action: block } ] }
        keys:
          - { id: full, secret: gw-test-key, team: research, models: ["*"], moderation: own }
          - { id: narrow, secret: gw-narrow-key, models: ["gpt-4o-mini"] }
          - { id: by-alias, secret: gw-alias-key, models: ["fast"] }
          - { id: one-provider, secret: gw-provider-key, models: ["*"], providers: ["other"] }
          - { id: expired, secret: gw-expired-key, models: ["*"], expires: 2020-01-01 }
          - { id: limited, secret: gw-limited-key, models: ["*"], limits: { requests_per_minute: 12 } }
        """;

    /// <summary>Bound of every wait for something that must happen; long, since the machine may be busy.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly WebApplication _app;
    private readonly string _folder;

    private EdgeServer(WebApplication app, string folder)
    {
        _app = app;
        _folder = folder;
        Url = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
    }

    public Uri Url { get; }

    public IServiceProvider Services => _app.Services;

    public static ContextToken Tokens(TimeProvider? time = null) => new(new ContextKeys(Secret), time ?? TimeProvider.System);

    /// <param name="routers">Addresses of the router service.</param>
    /// <param name="settings">More configuration, such as connection strings and the addresses of other services.</param>
    /// <param name="config">The document.</param>
    /// <param name="time">Null for the real time.</param>
    /// <param name="log">Gets what the Edge logs.</param>
    /// <param name="hostBound">Seconds until the host ends whatever still runs; null for what the gateway itself says.</param>
    /// <param name="store">The configuration itself, in the place of the document.</param>
    /// <param name="admission">Who decides on limits and budgets; null for who decides in a shipped Edge.</param>
    /// <param name="services">More services, which stand in for those of the Edge.</param>
    public static async Task<EdgeServer> StartAsync(IEnumerable<Uri> routers, Dictionary<string, string>? settings = null, string config = Config, TimeProvider? time = null, ILoggerProvider? log = null, string? hostBound = "1", HeldConfigStore? store = null, IEdgeAdmission? admission = null, Action<IServiceCollection>? services = null)
    {
        var folder = Directory.CreateTempSubdirectory("edge-test-").FullName;
        var file = Path.Combine(folder, "gateway.yaml");
        await File.WriteAllTextAsync(file, config);
        List<string> args = ["--urls", "http://127.0.0.1:0", "--GATEWAY_CONFIG", file, "--GATEWAY_CONTEXT_SECRET", Secret, "--GATEWAY_DATA", Path.Combine(folder, "data"), "--Gateway:ShutdownGrace", "00:00:00"];
        if (hostBound is not null)
        {
            args.AddRange(["--shutdownTimeoutSeconds", hostBound]);
        }

        foreach (var (router, index) in routers.Select(static (router, index) => (router, index)))
        {
            args.AddRange([$"--Services:router:http:{index}", router.ToString()]);
        }

        foreach (var (name, value) in settings ?? [])
        {
            args.AddRange([$"--{name}", value]);
        }

        var app = Program.Build([.. args], builder =>
        {
            builder.Logging.ClearProviders();
            if (log is not null)
            {
                builder.Logging.AddProvider(log);
            }

            if (store is not null)
            {
                builder.Services.AddSingleton<IConfigStore>(store);
            }

            if (admission is not null)
            {
                builder.Services.AddSingleton(admission);
            }

            if (time is not null)
            {
                builder.Services.AddSingleton(time);
            }

            services?.Invoke(builder.Services);
        });
        await app.StartAsync();
        return new EdgeServer(app, folder);
    }

    /// <summary>A client with a key; null for none.</summary>
    public HttpClient Client(string? key = Key)
    {
        var client = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, ResponseDrainTimeout = TimeSpan.Zero }) { BaseAddress = Url, Timeout = Patience };
        client.DefaultRequestHeaders.Authorization = key is null ? null : new AuthenticationHeaderValue("Bearer", key);
        return client;
    }

    /// <summary>Puts another document in the place of the first, at once: the Edge may be reading.</summary>
    public async Task ReconfigureAsync(string config)
    {
        var next = Path.Combine(_folder, "gateway.yaml.next");
        await File.WriteAllTextAsync(next, config);
        File.Move(next, Path.Combine(_folder, "gateway.yaml"), overwrite: true);
    }

    /// <summary>What a signal to stop does.</summary>
    public Task StopAsync() => _app.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    public static StringContent Json(string body) => new(body, new UTF8Encoding(false), new MediaTypeHeaderValue("application/json"));

    public static HttpRequestMessage Post(string path, string body, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = Json(body) };
        foreach (var (name, value) in headers)
        {
            Assert.True(request.Headers.TryAddWithoutValidation(name, value));
        }

        return request;
    }

    /// <summary>Asserts status, code and OpenAI's shape.</summary>
    /// <returns>The message.</returns>
    public static async Task<string> AssertErrorAsync(HttpResponseMessage response, int status, string code, string? param = null)
    {
        var text = await response.Content.ReadAsStringAsync();
        Assert.True(status == (int)response.StatusCode, $"{(int)response.StatusCode}: {text}");
        Assert.Equal("application/json", response.Content.Headers.ContentType?.ToString());
        Assert.True(response.Headers.Contains("x-gateway-request-id"));
        using var document = JsonDocument.Parse(text);
        var error = document.RootElement.GetProperty("error");
        Assert.Equal(code, error.GetProperty("code").GetString());
        Assert.Equal(param, error.GetProperty("param").GetString());
        Assert.NotEmpty(error.GetProperty("type").GetString()!);
        Assert.DoesNotContain("127.0.0.1", text, StringComparison.Ordinal);
        return error.GetProperty("message").GetString()!;
    }
}
