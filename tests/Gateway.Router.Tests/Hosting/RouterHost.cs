using System.Net.Http.Headers;
using System.Text;
using Gateway.Core;
using Gateway.Core.Configuration;
using Gateway.Core.Context;
using Gateway.Core.Journal;
using Gateway.Core.Requests;
using Gateway.Router.Cooldowns;
using Gateway.Router.Explain;
using Gateway.Router.ModelLists;
using Gateway.Router.Pipeline;
using Gateway.Router.StoredResponses;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.Router.Tests.Hosting;

/// <summary>The Router as it ships, on a free port, with a journal and a configuration that the test holds.</summary>
internal sealed class RouterHost : IAsyncDisposable
{
    public const string Secret = "test-context-secret-test-context-secret";

    /// <summary>How long a test waits for what must come; long, since the machine may be busy.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static readonly ContextToken Tokens = new(new ContextKeys(Secret), TimeProvider.System);

    private readonly WebApplication _app;

    private RouterHost(WebApplication app, FakeJournal journal, FakeConfigStore config, RecordedLogs logs)
    {
        _app = app;
        Journal = journal;
        Config = config;
        Logs = logs;
        var url = app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First();
        Client = new HttpClient(new SocketsHttpHandler { UseProxy = false, MaxResponseDrainSize = 0, ResponseDrainTimeout = TimeSpan.Zero }) { BaseAddress = new Uri(url), Timeout = Patience };
    }

    public HttpClient Client { get; }

    public FakeJournal Journal { get; }

    public FakeConfigStore Config { get; }

    public RecordedLogs Logs { get; }

    public IServiceProvider Services => _app.Services;

    public static Task<RouterHost> StartAsync(UpstreamServer upstream) => StartAsync(TestConfig.For(upstream.Url));

    public static async Task<RouterHost> StartAsync(GatewayConfig config, Action<WebApplicationBuilder>? configure = null, KeyValuePair<string, string?>[]? configuration = null)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = Environments.Development });
        var journal = new FakeJournal();
        var store = new FakeConfigStore(config);
        var logs = new RecordedLogs();
        builder.Configuration.AddInMemoryCollection([new(ContextKeys.SecretVariable, Secret), .. configuration ?? []]);
        builder.Logging.ClearProviders().AddProvider(logs);
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.AddServiceDefaults();
        builder.Services.AddSingleton<IConfigStore>(store);
        builder.Services.AddSingleton<IUsageJournal>(journal);
        builder.AddRouter();
        configure?.Invoke(builder);

        var app = builder.Build();
        app.MapDefaultEndpoints();
        app.MapLlmEndpoints();
        app.MapModelLists();
        app.MapStoredResponses();
        app.MapDeployments();
        app.MapExplain();
        await app.StartAsync();
        return new RouterHost(app, journal, store, logs);
    }

    /// <summary>Sends a body as the Edge would: with a context that says what the body says.</summary>
    public Task<HttpResponseMessage> SendAsync(string body, LlmEndpoint? endpoint = null, Func<ContextClaims, ContextClaims>? claims = null, CancellationToken cancellationToken = default)
    {
        endpoint ??= LlmEndpoint.ChatCompletions;
        var made = ClaimsFor(Encoding.UTF8.GetBytes(body), endpoint);
        return SendRawAsync(body, endpoint.Path, Tokens.Sign(claims?.Invoke(made) ?? made), cancellationToken);
    }

    public async Task<HttpResponseMessage> SendRawAsync(string body, string path, string? context, CancellationToken cancellationToken = default, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        if (context is not null)
        {
            request.Headers.Add(GatewayHeaders.Context, context);
        }

        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
    }

    /// <summary>
    /// Lets whatever should not happen happen: many round trips to the same process pass before the test looks. No clock; a
    /// mistake that needs longer is missed, but a right Router never fails by it.
    /// </summary>
    public async Task RoundTripsAsync()
    {
        for (var i = 0; i < 30; i++)
        {
            using var response = await Client.GetAsync("/health");
        }
    }

    public static ContextClaims ClaimsFor(byte[] body, LlmEndpoint endpoint)
    {
        // Gemini's endpoints are made with their whole path: new("/v1beta/models/gpt-test:generateContent", LlmOperation.GenerateContent).
        PathFacts? path = GeminiPath.TryParseTarget(endpoint.Path, out var parsed) ? parsed.Facts : null;
        if (!RequestFactsReader.TryRead(body, endpoint.Operation, path, out var facts, out var error))
        {
            throw new ArgumentException(error.Message, nameof(body));
        }

        return new ContextClaims
        {
            Audience = ContextAudience.Router,
            Role = ContextRole.Client,
            RequestId = Guid.NewGuid(),
            Path = endpoint.Path,
            ExpiresUnixMs = Tokens.ExpiryFromNow(),
            KeyId = "demo",
            Team = "research",
            User = facts.User,
            RequestedModel = facts.Model,
            Stream = facts.Stream,
            OutputCap = facts.OutputCap,
            CandidateCount = facts.CandidateCount,
            Steering = SteeringDigest.Of(body, facts.OwnMembers),
            AllowedModels = ["*"],
            AllowedProviders = ["*"],
        };
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }
}
