using System.Text;
using System.Text.Json;
using Gateway.Core.Configuration;
using Gateway.Core.Context;
using Gateway.Core.Errors;
using Gateway.Core.Requests;
using Gateway.Core.Tests.Journal;
using Gateway.Router.Attempts;
using Gateway.Router.Catalog;
using Gateway.Router.Cooldowns;
using Gateway.Router.Explain;
using Gateway.Router.Pipeline;
using Gateway.Router.Protocols;
using Gateway.Router.Routing;
using Gateway.Router.Tests.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Router.Tests.Explain;

/// <summary>Everything of a Router that decides where a request goes, without servers, and with a clock that stands until it is moved.</summary>
internal sealed class RoutingWorld : IDisposable
{
    private readonly FakeConfigStore _store;
    private readonly DeploymentStates _states;
    private readonly BodyStage _read = new(NullLogger<BodyStage>.Instance);
    private readonly ResolveStage _resolve = new();
    private readonly RouteExplainer _explainer;
    private readonly ExplanationWriter _writer;

    public RoutingWorld(GatewayConfig config)
    {
        Clock = new RouterClock(Time);
        _store = new FakeConfigStore(config);
        _states = new DeploymentStates(Clock);
        Catalog = new ModelCatalog(_store, new UpstreamProtocolOf(ProtocolAdapters.For), _states, new GroupStates(Clock), Time);
        Selector = new RouteSelector(Clock);
        Places = new PlaceFinder(Selector, new FallbackFinder(), Clock);
        _explainer = new RouteExplainer(Catalog, _read, _resolve, Places, Selector, new UsageRecorder(Journal), Clock, Time);
        _writer = new ExplanationWriter(new RouterPeers(), Clock);
    }

    public JournalTime Time { get; } = new();

    public RouterClock Clock { get; }

    public FakeJournal Journal { get; } = new();

    public ModelCatalog Catalog { get; }

    public RouteSelector Selector { get; }

    public PlaceFinder Places { get; }

    public ModelGroup Group(string model) => Catalog.Current.Resolve(model)!;

    public Deployment Deployment(string model, int index) => Group(model).Deployments[index];

    /// <returns>The explanation, and what is told of it.</returns>
    public async Task<(RouteExplanation Explanation, string Json)> ExplainAsync(AskedRequest asked)
    {
        RouteExplanation? explanation = null;
        using var output = new MemoryStream();
        await _explainer.ExplainAsync(asked.NewContext(), asked.Endpoint, asked.Claims, made =>
        {
            explanation = made;
            using var json = new Utf8JsonWriter(output);
            _writer.Write(json, made);
        });
        return (explanation!, Encoding.UTF8.GetString(output.ToArray()));
    }

    public async Task<JsonElement> TellAsync(AskedRequest asked)
    {
        using var document = JsonDocument.Parse((await ExplainAsync(asked)).Json);
        return document.RootElement.Clone();
    }

    /// <summary>What a real request meets, up to its first call.</summary>
    public async Task<LiveChoice> TakeAsync(AskedRequest asked)
    {
        var exchange = new LlmExchange(asked.NewContext(), asked.Endpoint, Catalog.Current, Time) { Claims = asked.Claims };
        try
        {
            await _read.InvokeAsync(exchange, read => _resolve.InvokeAsync(read, static _ => ValueTask.CompletedTask));
        }
        catch (GatewayException refused)
        {
            exchange.Outcome.Error = refused.Error;
        }

        if (exchange.Outcome.Error is { } error)
        {
            return new LiveChoice(null, default, Waits: false, error);
        }

        var trip = RouteTrips.For(exchange);
        var finding = Places.FindAsync(exchange, trip, failed: null);
        if (!finding.IsCompleted)
        {
            return new LiveChoice(trip.Group.Name, default, Waits: true, Error: null);
        }

        var pick = await finding;
        return new LiveChoice(trip.Group.Name, pick, Waits: false, pick.Deployment is null ? Places.Describe(exchange, pick) : Unsayable(exchange, pick.Deployment));
    }

    public void Dispose()
    {
        Catalog.Dispose();
        _states.Dispose();
        _store.Dispose();
    }

    private static GatewayError? Unsayable(LlmExchange exchange, Deployment deployment)
    {
        try
        {
            if (!AttemptCalls.IsEstimate(exchange, deployment))
            {
                UpstreamCall.Create(exchange, deployment);
            }

            return null;
        }
        catch (GatewayException unsayable)
        {
            return unsayable.Error;
        }
    }
}

/// <summary>A request as it comes to the Router.</summary>
internal sealed record AskedRequest(LlmEndpoint Endpoint, string Body, ContextClaims Claims)
{
    public static AskedRequest Chat(string body, Func<ContextClaims, ContextClaims>? claims = null) => Of(LlmEndpoint.ChatCompletions, body, claims);

    public static AskedRequest Of(LlmEndpoint endpoint, string body, Func<ContextClaims, ContextClaims>? claims = null)
    {
        var made = RouterHost.ClaimsFor(Encoding.UTF8.GetBytes(body), endpoint);
        return new AskedRequest(endpoint, body, claims?.Invoke(made) ?? made);
    }

    public HttpContext NewContext()
    {
        var context = new DefaultHttpContext();
        context.Request.Body = new MemoryStream(Encoding.UTF8.GetBytes(Body));
        return context;
    }
}

/// <param name="Group">Where it was decided; null for a request that came to no group.</param>
/// <param name="Pick">What was taken, or why nothing.</param>
/// <param name="Waits">It waits for a place.</param>
/// <param name="Error">What the client gets; null for a call and for one that waits.</param>
internal sealed record LiveChoice(string? Group, RoutePick Pick, bool Waits, GatewayError? Error);
