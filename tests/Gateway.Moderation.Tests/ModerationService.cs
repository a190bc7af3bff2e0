using System.Collections.Frozen;
using System.Net.Http.Headers;
using System.Text;
using Gateway.Core;
using Gateway.Core.Configuration;
using Gateway.Core.Context;
using Gateway.Moderation.Endpoints;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.Moderation.Tests;

/// <summary>The service as it ships but for the document, which the test holds: Kestrel on a free port of the loopback.</summary>
internal sealed class ModerationService : IAsyncDisposable
{
    public const string Secret = "a-context-secret-of-more-than-32-characters";

    private readonly WebApplication _app;
    private readonly ContextToken _tokens = new(new ContextKeys(Secret), TimeProvider.System);

    private ModerationService(WebApplication app, HeldConfig config, LogLines log)
    {
        (_app, Config, Log) = (app, config, log);
        Http = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
    }

    public HeldConfig Config { get; }

    public LogLines Log { get; }

    public HttpClient Http { get; }

    public static async Task<ModerationService> StartAsync(params ModerationPolicyConfig[] policies)
    {
        var config = new HeldConfig(policies);
        var log = new LogLines();
        var app = Build(Secret, config, log);
        await app.StartAsync();
        return new ModerationService(app, config, log);
    }

    public static WebApplication Build(string? secret, HeldConfig config, LogLines log)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { EnvironmentName = "Production", ApplicationName = "gateway-test" });
        builder.Logging.ClearProviders();
        builder.Logging.AddProvider(log);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["urls"] = "http://127.0.0.1:0",
            ["Gateway:ShutdownGrace"] = "00:00:00",
            [ContextKeys.SecretVariable] = secret,
        });
        builder.AddServiceDefaults();
        builder.Services.AddSingleton<IConfigStore>(config);
        builder.AddModeration();
        var app = builder.Build();
        app.MapDefaultEndpoints();
        app.MapModeration();
        return app;
    }

    public string Token(string path, string policy, ContextAudience audience = ContextAudience.Moderation, Guid? requestId = null) => _tokens.Sign(new ContextClaims
    {
        Audience = audience,
        Role = ContextRole.Client,
        RequestId = requestId ?? Guid.NewGuid(),
        Path = path,
        ExpiresUnixMs = _tokens.ExpiryFromNow(),
        ModerationPolicy = policy,
    });

    public async Task<Reply> AskAsync(string path, string policy, string body, string? token = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        if (token != "")
        {
            request.Headers.Add(GatewayHeaders.Context, token ?? Token(path, policy));
        }

        using var response = await Http.SendAsync(request);
        string? Header(string name) => response.Headers.TryGetValues(name, out var values) ? values.Single() : null;
        return new Reply((int)response.StatusCode, Header("x-gateway-moderation"), Header("x-gateway-degraded"), Header("x-gateway-request-id"), await response.Content.ReadAsStringAsync());
    }

    public Task<Reply> AskChatAsync(string policy, string body) => AskAsync("/internal/moderation/chat", policy, body);

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.DisposeAsync();
    }

    internal sealed record Reply(int Status, string? Action, string? Degraded, string? RequestId, string Body);
}

/// <summary>Configuration that changes when the test says so.</summary>
internal sealed class HeldConfig : IConfigStore
{
    private readonly List<Action<ConfigSnapshot>> _builders = [];

    public HeldConfig(params ModerationPolicyConfig[] policies) => Current = Snapshot(policies, 1);

    public ConfigSnapshot Current { get; private set; }

    public string? Problem => null;

    public void Publish(params ModerationPolicyConfig[] policies)
    {
        Current = Snapshot(policies, Current.Generation + 1);
        _builders.ForEach(build => build(Current));
    }

    public IDisposable OnChange(Action<ConfigSnapshot> build)
    {
        build(Current);
        _builders.Add(build);
        return new Nothing();
    }

    private static ConfigSnapshot Snapshot(ModerationPolicyConfig[] policies, long generation) => new(
        new GatewayConfig
        {
            Server = new ServerConfig { MaxBodyBytes = 8 * 1024 * 1024 },
            Providers = FrozenDictionary<string, ProviderConfig>.Empty,
            Models = FrozenDictionary<string, ModelGroupConfig>.Empty,
            Aliases = FrozenDictionary<string, string>.Empty,
            Resolve = new ResolveConfig(),
            Keys = [],
            Moderation = new ModerationConfig { Policies = policies.ToFrozenDictionary(policy => policy.Name) },
        },
        generation, "test", "test");

    private sealed class Nothing : IDisposable
    {
        public void Dispose()
        {
        }
    }
}

/// <summary>Everything that was logged, as text.</summary>
internal sealed class LogLines : ILoggerProvider
{
    private readonly List<string> _lines = [];

    public string All
    {
        get
        {
            lock (_lines)
            {
                return string.Join('\n', _lines);
            }
        }
    }

    public ILogger CreateLogger(string categoryName) => new Writer(_lines);

    public void Dispose()
    {
    }

    private sealed class Writer(List<string> lines) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            lock (lines)
            {
                lines.Add($"{eventId.Id} {formatter(state, exception)} {exception}");
            }
        }
    }
}

/// <summary>Short ways to write policies.</summary>
internal static class Policy
{
    public static ModerationPolicyConfig Of(string name, params ModerationCheckConfig[] checks) => new() { Name = name, Input = checks };

    public static ModerationPolicyConfig BestEffort(string name, params ModerationCheckConfig[] checks) =>
        new() { Name = name, Mode = ModerationMode.BestEffort, Input = checks };

    public static ModerationCheckConfig Block(params string[] keywords) => new() { Action = ModerationAction.Block, Keywords = keywords };

    public static ModerationCheckConfig Redact(params string[] keywords) => new() { Action = ModerationAction.Redact, Keywords = keywords };

    public static ModerationCheckConfig BlockPattern(string pattern) => new() { Action = ModerationAction.Block, Pattern = pattern };

    public static ModerationCheckConfig RedactPattern(string pattern, string replacement = "[redacted]") =>
        new() { Action = ModerationAction.Redact, Pattern = pattern, Replacement = replacement };
}
