using System.Collections.Frozen;
using Gateway.Core.Configuration;
using Gateway.Core.Journal;
using Gateway.Core.Money;
using Gateway.Router.Catalog;
using Gateway.Router.Tests.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Router.Tests.Attempts;

/// <summary>Upstreams that do what a test says, and a Router in front of them: provider <c>a</c> is the first, with <c>real-a</c>, and so on; each has its own price and is asked only when those before it are out.</summary>
internal sealed class Fleet : IAsyncDisposable
{
    private readonly List<UpstreamServer> _servers = [];
    private RouterHost? _router;

    public RouterHost Router => _router ?? throw new InvalidOperationException("The Router was not started.");

    public FakeJournal Journal => Router.Journal;

    /// <summary>What the upstreams saw.</summary>
    public IReadOnlyList<SeenRequest> Seen(int index) => _servers[index].Seen;

    public int Calls => _servers.Sum(static server => server.Seen.Count);

    /// <param name="answers">What the upstreams do, in the order in which they are asked.</param>
    public static Task<Fleet> StartAsync(params RequestDelegate[] answers) => StartAsync(static config => config, null, answers);

    /// <param name="change">Changes the document: one group <c>gpt-test</c> over all of them.</param>
    /// <param name="time">The Router's clock; null for the real one.</param>
    public static Task<Fleet> StartAsync(Func<GatewayConfig, GatewayConfig> change, TimeProvider? time, params RequestDelegate[] answers) => StartAsync(change, time, null, answers);

    /// <param name="configure">Changes the Router's services.</param>
    public static async Task<Fleet> StartAsync(Func<GatewayConfig, GatewayConfig> change, TimeProvider? time, Action<WebApplicationBuilder>? configure, params RequestDelegate[] answers)
    {
        var fleet = new Fleet();
        foreach (var answer in answers)
        {
            fleet._servers.Add(await UpstreamServer.StartAsync(answer));
        }

        var providers = fleet._servers.Select(static (server, index) => TestConfig.Provider(server.Url, NameOf(index))).ToArray();
        var config = TestConfig.For(providers) with
        {
            Models = TestConfig.Group("gpt-test", [.. providers.Select(static (provider, index) => DeploymentOf(index) with { Order = index + 1 })]),
        };
        fleet._router = await RouterHost.StartAsync(change(config), builder =>
        {
            if (time is not null)
            {
                builder.Services.AddSingleton(time);
            }

            configure?.Invoke(builder);
        });
        return fleet;
    }

    public static DeploymentConfig DeploymentOf(int index) => new() { Provider = NameOf(index), Model = $"real-{NameOf(index)}", Price = PriceOf(index) };

    /// <summary>Each has another, so that what is charged tells who was asked.</summary>
    public static TokenPrice PriceOf(int index) => new(
        TestConfig.Price.Input * (index + 1), TestConfig.Price.CachedInput * (index + 1), TestConfig.Price.CacheWrite * (index + 1), TestConfig.Price.Output * (index + 1));

    public static string NameOf(int index) => ((char)('a' + index)).ToString();

    /// <summary>Changes the group.</summary>
    public static Func<GatewayConfig, GatewayConfig> Group(Func<ModelGroupConfig, ModelGroupConfig> change) =>
        config => config with { Models = config.Models.Values.ToFrozenDictionary(static group => group.Name, change) };

    /// <summary>Changes one provider.</summary>
    public static Func<GatewayConfig, GatewayConfig> Provider(int index, Func<ProviderConfig, ProviderConfig> change) => config => config with
    {
        Providers = config.Providers.Values.ToFrozenDictionary(static provider => provider.Name, provider => provider.Name == NameOf(index) ? change(provider) : provider),
    };

    /// <summary>One group for each upstream: <c>gpt-test</c> for the first, <c>group-b</c> and so on for the others, with the fallbacks that the test says.</summary>
    public static Func<GatewayConfig, GatewayConfig> Groups(params FallbackConfig[][] fallbacks) => config => config with
    {
        Models = config.Models["gpt-test"].Deployments.Select((deployment, index) => new ModelGroupConfig
        {
            Name = index == 0 ? "gpt-test" : $"group-{NameOf(index)}",
            Deployments = [deployment],
            Fallbacks = index < fallbacks.Length ? fallbacks[index] : [],
        }).ToFrozenDictionary(static group => group.Name),
    };

    public static FallbackConfig To(int index, FallbackTriggers on = FallbackTriggers.Error) => new($"group-{NameOf(index)}", on);

    /// <summary>A whole answer that names its upstream.</summary>
    public static string AnswerOf(int index) => Requests.Answer.Replace("real-model-1", $"real-{NameOf(index)}-1", StringComparison.Ordinal);

    public static RequestDelegate Answers(int index) => context => UpstreamServer.WriteJsonAsync(context, AnswerOf(index));

    /// <summary>Answers plain or as a stream, as it is asked.</summary>
    public static RequestDelegate Serves(int index) => context => IsStream(context) ? StreamAsync(context, StreamOf(index)) : UpstreamServer.WriteJsonAsync(context, AnswerOf(index));

    public static string[] StreamOf(int index) =>
        [.. new[] { Requests.Delta("hel"), Requests.Delta("lo"), Requests.Finish, Requests.Usage, Requests.Done }.Select(piece => piece.Replace("real-model-1", $"real-{NameOf(index)}-1", StringComparison.Ordinal))];

    public static RequestDelegate Streams(params string[] pieces) => context => StreamAsync(context, pieces);

    public static RequestDelegate Says(int status, string json = """{"error":{"message":"first","type":"server_error","code":null}}""", params (string Name, string Value)[] headers) => context =>
    {
        foreach (var (name, value) in headers)
        {
            context.Response.Headers[name] = value;
        }

        return UpstreamServer.WriteJsonAsync(context, json, status);
    };

    /// <summary>Does one thing after the other, and the last one for ever.</summary>
    public static RequestDelegate InTurn(params RequestDelegate[] answers)
    {
        var next = -1;
        return context => answers[Math.Min(Interlocked.Increment(ref next), answers.Length - 1)](context);
    }

    /// <summary>Never answers; completes the task when the Router gives it up.</summary>
    public static RequestDelegate Hangs(TaskCompletionSource? reached = null, TaskCompletionSource? cancelled = null) => async context =>
    {
        reached?.TrySetResult();
        try
        {
            await Task.Delay(Timeout.Infinite, context.RequestAborted);
        }
        finally
        {
            cancelled?.TrySetResult();
        }
    };

    public static async Task StreamAsync(HttpContext context, params string[] pieces)
    {
        foreach (var piece in pieces)
        {
            await UpstreamServer.WritePieceAsync(context, piece);
        }
    }

    public static string? One(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) ? string.Join(", ", values) : null;

    /// <summary>The one FINAL, after it was held against its calls and their INTENTs.</summary>
    public UsageFinal Final()
    {
        var final = Assert.Single(Journal.Finals);
        Check(final, [.. Journal.Intents]);
        return final;
    }

    /// <summary>What must hold for every FINAL.</summary>
    public static void Check(UsageFinal final, IReadOnlyList<UsageIntent> intents)
    {
        Assert.Equal(final.Attempts, final.AttemptRecords.Count);
        Assert.Equal(Enumerable.Range(1, final.Attempts), final.AttemptRecords.Select(static record => record.Number));
        Assert.Equal(final.CostNanoUsd, final.AttemptRecords.Sum(static record => record.CostNanoUsd));
        Assert.Equal(final.Usage, final.AttemptRecords.Aggregate(default(TokenUsage), static (sum, record) => sum + record.Usage));
        var own = intents.Where(intent => intent.RequestId == final.Intent.RequestId).OrderBy(static intent => intent.Attempt).ToList();
        Assert.Equal(final.AttemptRecords.Select(static record => (record.Number, record.Deployment)), own.Select(static intent => (intent.Attempt, intent.Deployment)));
        foreach (var (record, intent) in final.AttemptRecords.Zip(own))
        {
            Assert.Equal(intent.Price?.Cost(record.Usage) ?? 0, record.CostNanoUsd);
        }
    }

    /// <summary>Waits until something has happened that no answer tells of.</summary>
    public static async Task UntilAsync(Func<bool> happened)
    {
        for (var i = 0; i < 6000 && !happened(); i++)
        {
            await Task.Delay(10);
        }

        Assert.True(happened());
    }

    /// <summary>The group as the Router has it now.</summary>
    public ModelGroup GroupOf(string name = "gpt-test") => Router.Services.GetRequiredService<ModelCatalog>().Current.Resolve(name)!;

    /// <summary>Every place is free again.</summary>
    public async Task AssertAllGivenBackAsync()
    {
        var catalog = Router.Services.GetRequiredService<ModelCatalog>().Current;
        var deployments = catalog.Config.Models.Keys.Select(name => catalog.Resolve(name)!).ToList();
        for (var i = 0; i < 6000 && deployments.Any(static group => group.State.Room.Count > 0 || group.Deployments.Any(static one => one.State.Load.InFlight > 0 || one.Upstream.Credentials.Running > 0)); i++)
        {
            // What the client saw ends a little before the Router's own book-keeping does.
            await Task.Delay(10);
        }

        foreach (var group in deployments)
        {
            Assert.Equal(0, group.State.Room.Count);
            Assert.All(group.Deployments, static deployment => Assert.Equal((deployment.Id, 0, 0), (deployment.Id, deployment.State.Load.InFlight, deployment.Upstream.Credentials.Running)));
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_router is not null)
        {
            await _router.DisposeAsync();
        }

        foreach (var server in _servers)
        {
            await server.DisposeAsync();
        }
    }

    private static bool IsStream(HttpContext context) => ((SeenRequest)context.Items[typeof(SeenRequest)]!).Text.Contains("\"stream\":true", StringComparison.Ordinal);
}
