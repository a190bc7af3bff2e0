using System.Text.Json;
using Gateway.Core.Configuration;
using Gateway.Core.Context;
using Gateway.Core.Errors;
using Gateway.Core.Journal;
using Gateway.Core.Money;
using Gateway.Core.Requests;
using Gateway.Router.Attempts;
using Gateway.Router.Budgets;
using Gateway.Router.Capture;
using Gateway.Router.Catalog;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Pipeline;

/// <summary>One LLM request on its way through the stages, and what became of it. Not thread-safe: stages run one after the other.</summary>
public sealed class LlmExchange
{
    private readonly TimeProvider _time;
    private List<ILlmCompletion>? _completions;
    private Attempt? _firstAttempt;
    private List<Attempt>? _moreAttempts;
    private ContextClaims? _claims;
    private RequestBody? _body;
    private JsonDocument? _document;
    private ClientCall? _call;
    private RequestNeeds? _needs;

    internal LlmExchange(HttpContext http, LlmEndpoint endpoint, CatalogSnapshot catalog, TimeProvider time)
    {
        Http = http;
        Endpoint = endpoint;
        Catalog = catalog;
        _time = time;
        ArrivedAt = time.GetTimestamp();
        ArrivedUnixMs = time.GetUtcNow().ToUnixTimeMilliseconds();
    }

    public HttpContext Http { get; }

    public LlmEndpoint Endpoint { get; }

    /// <summary>The configuration of this exchange: read once, so that every stage sees the same.</summary>
    public GatewayConfig Config => Catalog.Config;

    /// <summary>What the Edge decided. Set by the first stage.</summary>
    public ContextClaims Claims
    {
        get => _claims ?? throw new InvalidOperationException("The context was not checked yet.");
        internal set => _claims = value;
    }

    public Guid RequestId => _claims?.RequestId ?? Guid.Empty;

    /// <summary>The client's body, or what moderation made of it; <see cref="Facts"/> always describes these bytes.</summary>
    public RequestBody Body => _body ?? throw new InvalidOperationException("The body was not read yet.");

    public RequestFacts Facts { get; private set; }

    /// <summary>Length of the body as it came, before anything rewrote it.</summary>
    internal int ReceivedBytes { get; private set; }

    /// <summary>Deployments that may serve the request, all of one model group. Empty after the resolve phase only where another group may stand in for it.</summary>
    public IReadOnlyList<Deployment> Candidates { get; set; } = [];

    public ExchangeOutcome Outcome { get; } = new();

    /// <summary>The model group that <see cref="Candidates"/> belong to.</summary>
    internal ModelGroup? Group { get; set; }

    /// <summary>The body as a document, for translations. Read on first use; gone when the body is.</summary>
    internal JsonElement Document => (_document ??= JsonDocument.Parse(Body.Memory)).RootElement;

    /// <summary>The client's call in its protocol's words.</summary>
    internal ClientCall Call
    {
        get => _call ??= new ClientCall(Endpoint.Operation, Facts.Model, Facts.Stream, Facts.AsArray);
        set => _call = value;
    }

    /// <summary>The name that decides what answers: that of the path's route, else the request's own.</summary>
    internal string ResolvedName => _claims is { RouteModel.Length: > 0 } claims ? claims.RouteModel : Facts.Model;

    /// <summary>What the body needs of a model. Read on first use, which must be before the body is gone.</summary>
    internal RequestNeeds Needs => _needs ??= RequestNeeds.Read(Endpoint.Operation, Body.Span);

    /// <summary>What the signed path says of the request; null where the body says it.</summary>
    internal PathFacts? Path { get; set; }

    /// <summary>The boundary of a body that is a form; null for JSON.</summary>
    internal FormBoundary? Form { get; set; }

    /// <summary>The signed call of the files endpoints; null for all others.</summary>
    internal FilesCall? Files { get; set; }

    /// <summary>What is kept of its content; null for nothing.</summary>
    internal RequestCapture? Capture { get; set; }

    /// <summary>What a translation lost; null where the bytes pass through.</summary>
    internal TranslationNotes? Notes { get; set; }

    internal CatalogSnapshot Catalog { get; }

    internal long ArrivedAt { get; }

    internal long ArrivedUnixMs { get; }

    /// <summary>Set when the INTENT was written: from then on exactly one FINAL is due.</summary>
    internal UsageIntent? Intent { get; set; }

    internal bool IsSettled { get; set; }

    /// <summary>What the request holds of limits and budgets; null for nothing.</summary>
    internal RequestHold? Hold { get; set; }

    internal TimeSpan Elapsed => _time.GetElapsedTime(ArrivedAt);

    /// <summary>Time until the deadline that the Edge signed; the longest time there is where it signed none.</summary>
    internal TimeSpan TimeLeft(DateTimeOffset utcNow) =>
        Claims.DeadlineUnixMs > 0 ? TimeSpan.FromMilliseconds(Claims.DeadlineUnixMs - utcNow.ToUnixTimeMilliseconds()) : TimeSpan.MaxValue;

    /// <summary>Calls <paramref name="completion"/> once when this exchange is over.</summary>
    public void OnCompleted(ILlmCompletion completion) => (_completions ??= []).Add(completion);

    /// <summary>Answers with an error of the gateway. The stage that calls it returns without calling <c>next</c>.</summary>
    public async ValueTask RefuseAsync(GatewayError error)
    {
        Outcome.Error = error;
        if (Http.Response.HasStarted || Http.Response.BodyWriter.UnflushedBytes > 0)
        {
            // A status has left, or body bytes wait that cannot be taken back and would stand before the error: the only
            // honest way to say "this is not a whole answer" is to cut the connection.
            Http.Abort();
            return;
        }

        Outcome.Status = error.Facts.Status;
        Http.Response.ContentLength = null;
        await ErrorWriters.WriteAsync(Endpoint.Protocol, Http, error, RequestId.ToString(), Facts.AsArray);
    }

    internal void SetBody(RequestBody body, in RequestFacts facts)
    {
        if (!ReferenceEquals(_body, body))
        {
            if (_body is null)
            {
                ReceivedBytes = body.Length;
            }

            ReleaseBody();
            _body = body;
        }

        // Ollama's clients write one name with or without its tag: the Edge has signed the one that the catalogue knows.
        Facts = Endpoint.Protocol == LlmProtocol.Ollama && _claims is { } claims ? facts with { Model = claims.RequestedModel } : facts;
        if (_claims is { RouteModel.Length: > 0 } && facts.Preferences is { Models.Count: > 0 } preferences)
        {
            // The path decides which model answers: the body's other models are no more asked than its own.
            Facts = Facts with { Preferences = preferences with { Models = [] } };
        }
    }

    internal void ReleaseBody()
    {
        // The document first: it reads the same bytes.
        _document?.Dispose();
        _document = null;
        _body?.Release();
    }

    /// <summary>The next call, after all that were made.</summary>
    internal void Add(Attempt attempt)
    {
        if (_firstAttempt is null)
        {
            _firstAttempt = attempt;
        }
        else
        {
            (_moreAttempts ??= []).Add(attempt);
        }

        Outcome.Attempts++;
    }

    /// <summary>The call that the client heard of; null before the end.</summary>
    internal Attempt? Answering { get; private set; }

    /// <summary>Why the model's own deployments cannot serve the request, where others may stand in for them.</summary>
    internal ExclusionReason NoCandidates { get; set; }

    /// <summary>The newest call; null before the first.</summary>
    internal Attempt? LastAttempt => _moreAttempts is null ? _firstAttempt : _moreAttempts[^1];

    /// <summary>What the calls before one are charged for.</summary>
    internal TokenUsage UsageBefore(Attempt attempt)
    {
        var usage = default(TokenUsage);
        for (var i = 0; i < attempt.Number - 1; i++)
        {
            usage += AttemptAt(i).Outcome.Usage;
        }

        return usage;
    }

    internal long CostBefore(Attempt attempt) => CostOfFirst(attempt.Number - 1);

    /// <summary>What all calls so far are charged for.</summary>
    internal long CostSoFar => CostOfFirst(Outcome.Attempts);

    private long CostOfFirst(int calls)
    {
        var cost = 0L;
        for (var i = 0; i < calls; i++)
        {
            cost += AttemptAt(i).CostNanoUsd;
        }

        return cost;
    }

    /// <summary>Makes one call's end the end of the exchange; what is charged is the sum over all calls.</summary>
    internal ExchangeOutcome Adopt(Attempt answering)
    {
        var (outcome, own) = (Outcome, answering.Outcome);
        var usage = default(TokenUsage);
        var (cost, flags) = (0L, UsageFlags.None);
        for (var i = 0; i < outcome.Attempts; i++)
        {
            var attempt = AttemptAt(i);
            usage += attempt.Outcome.Usage;
            cost += attempt.CostNanoUsd;
            flags |= attempt.Flags;
        }

        Answering = answering;
        outcome.Ending = own.Ending;
        outcome.Status = own.Status;
        outcome.AnsweredModel = own.AnsweredModel;
        outcome.Deployment = answering.Deployment.Id;
        outcome.FirstContentAt = own.FirstContentAt;
        outcome.Usage = usage;
        outcome.CostNanoUsd = cost;
        outcome.Flags |= flags;
        return outcome;
    }

    /// <summary>One record for each call.</summary>
    internal UsageAttempt[] DescribeAttempts()
    {
        var records = new UsageAttempt[Outcome.Attempts];
        for (var i = 0; i < records.Length; i++)
        {
            records[i] = AttemptAt(i).Describe();
        }

        return records;
    }

    /// <summary>A call by its place in the order of dispatch, from 0.</summary>
    internal Attempt AttemptAt(int index) => index == 0 ? _firstAttempt! : _moreAttempts![index - 1];

    internal TimeSpan? TimeToFirstToken => Outcome.FirstContentAt == 0 ? null : _time.GetElapsedTime(ArrivedAt, Outcome.FirstContentAt);

    internal void Complete(ILlmCompletion[] everywhere)
    {
        var outcome = Outcome;
        var summary = new LlmSummary(
            outcome.Ending, outcome.Status, outcome.Error?.Facts.Code, outcome.Deployment, outcome.AnsweredModel, outcome.Usage,
            outcome.CostNanoUsd, outcome.Flags, outcome.Attempts, Elapsed, TimeToFirstToken);
        foreach (var completion in everywhere)
        {
            completion.Completed(this, in summary);
        }

        if (_completions is not null)
        {
            foreach (var completion in _completions)
            {
                completion.Completed(this, in summary);
            }
        }
    }
}
