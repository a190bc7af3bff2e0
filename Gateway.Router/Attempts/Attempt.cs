using System.IO.Pipelines;
using Gateway.Core.Journal;
using Gateway.Core.Money;
using Gateway.Router.Catalog;
using Gateway.Router.Cooldowns;
using Gateway.Router.Credentials;
using Gateway.Router.Pipeline;
using Gateway.Router.Routing;

namespace Gateway.Router.Attempts;

/// <summary>One upstream call: what it is for, how long it has, and its answer once the head is here.</summary>
internal sealed class Attempt(LlmExchange exchange, int number, Deployment deployment, CredentialLane? lane, UpstreamCall call, AttemptTimer timer, RouterClock clock) : IAsyncDisposable
{
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(5);

    private readonly TimeProvider _time = clock.Time;
    private readonly long _startedAt = clock.Time.GetTimestamp();
    private HttpRequestMessage? _request;
    private HttpResponseMessage? _answer;
    private Stream? _raw;
    private Stream? _body;
    private PipeWriter? _output;
    private TaskCompletionSource? _ended;
    private bool _progressed;
    private SlowStreamMeter _pace = new(deployment.Provider.SlowStream);

    public LlmExchange Exchange { get; } = exchange;

    /// <summary>Ticks at which it was let through.</summary>
    public long Began { get; } = clock.Now;

    /// <summary>Its stream is alive, and slower than the provider's <c>slow_stream</c> allows.</summary>
    public bool IsSlow => _pace.IsSlow;

    /// <summary>1 for the first call of a request.</summary>
    public int Number { get; } = number;

    public Deployment Deployment { get; } = deployment;

    /// <summary>The credential that it uses, with what is known of it.</summary>
    public CredentialLane? Lane { get; } = lane;

    /// <summary>What became of it so far.</summary>
    public AttemptOutcome Outcome { get; } = new();

    /// <summary>Its record in the journal; null for what is not charged for.</summary>
    public UsageIntent? Intent { get; set; }

    /// <summary>The price of its own deployment that holds for what is known of it: how long its input was and which tier its answer names. Null when unpriced or not charged for.</summary>
    public TokenPrice? Price => Intent is null ? null : Deployment.Plan?.For(Outcome.Usage.Input, Outcome.Tier);

    /// <summary>What it costs at <see cref="Price"/>.</summary>
    public long CostNanoUsd => Price?.Cost(Outcome.Usage) ?? 0;

    /// <summary>What is special about its counts.</summary>
    public UsageFlags Flags => Intent is { Price: null } ? Outcome.Flags | UsageFlags.Unpriced : Outcome.Flags;

    /// <summary>Another call of the same request runs beside it: the one that answers first wins. Null for one alone.</summary>
    public AttemptRace? Race
    {
        get;
        set
        {
            field = value;
            _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
        }
    }

    /// <summary>Completed when the call is over, for one that runs beside another.</summary>
    public Task Ended => _ended?.Task ?? Task.CompletedTask;

    /// <summary>The call is over.</summary>
    public void End() => _ended?.TrySetResult();

    /// <summary>A second call beside a silent first one.</summary>
    public bool IsHedge { get; init; }

    /// <summary>What is sent.</summary>
    public UpstreamCall Call { get; } = call;

    public AttemptTimer Timer { get; } = timer;

    /// <summary>Where the client's body goes. Looked up once: the way to it through the features is long.</summary>
    public PipeWriter Output => _output ??= Exchange.Http.Response.BodyWriter;

    public HttpResponseMessage Answer => _answer ?? throw new InvalidOperationException("The upstream has not answered yet.");

    /// <summary>Bytes of the body as they go on, or null when the upstream did not say.</summary>
    public long? Length { get; private set; }

    /// <summary>Whether HTTP itself tells a whole body from a cut one. A body that ends with its connection does not.</summary>
    public bool EndIsCertain { get; private set; }

    public DateTimeOffset UtcNow => _time.GetUtcNow();

    /// <summary>Arrival of the request to dispatch of this call.</summary>
    public TimeSpan StartedAfter => _time.GetElapsedTime(Exchange.ArrivedAt, _startedAt);

    /// <summary>Dispatch to now.</summary>
    public TimeSpan Elapsed => _time.GetElapsedTime(_startedAt);

    /// <summary>Dispatch to first content; null when there was none.</summary>
    public TimeSpan? TimeToFirstToken => Outcome.FirstContentAt == 0 ? null : _time.GetElapsedTime(_startedAt, Outcome.FirstContentAt);

    /// <summary>Dispatch to the head of the answer.</summary>
    public TimeSpan TimeToHead { get; private set; }

    /// <summary>Whether the upstream may have seen the request, or a part of it.</summary>
    public bool WasSent => Call.Content.WasSent;

    /// <summary>Keeps what is sent until the attempt is over.</summary>
    public void SetRequest(HttpRequestMessage request) => _request = request;

    /// <summary>Keeps the head of the answer; its body comes with <see cref="SetBody"/>.</summary>
    public void SetHead(HttpResponseMessage answer)
    {
        _answer = answer;
        Outcome.UpstreamStatus = (int)answer.StatusCode;
    }

    public void SetBody(Stream raw, Stream body)
    {
        var answer = Answer;
        var isDecoded = !ReferenceEquals(raw, body);
        _raw = raw;
        _body = body;
        Length = isDecoded ? null : answer.Content.Headers.ContentLength;
        EndIsCertain = answer.Content.Headers.ContentLength is not null || answer.Headers.TransferEncodingChunked == true || answer.Version.Major >= 2;
        TimeToHead = Elapsed;
    }

    /// <summary>As the ledger keeps it.</summary>
    public UsageAttempt Describe() => new()
    {
        Number = Number,
        Deployment = Deployment.Id,
        Credential = Deployment.State.Lanes.Length > 1 ? Lane?.Credential?.Label ?? "" : "",
        Ending = Outcome.Ending,
        UpstreamStatus = Outcome.UpstreamStatus,
        Failure = Outcome.Failure.Word(),
        AnsweredModel = Outcome.AnsweredModel,
        Usage = Outcome.Usage,
        CostNanoUsd = CostNanoUsd,
        Flags = Flags,
        StartMs = (long)StartedAfter.TotalMilliseconds,
        DurationMs = (long)(Outcome.Duration == TimeSpan.Zero ? Elapsed : Outcome.Duration).TotalMilliseconds,
        TimeToFirstTokenMs = TimeToFirstToken is { } ttft ? (long)ttft.TotalMilliseconds : -1,
        IsHedge = IsHedge,
    };

    /// <summary>The head of the answer is here: providers say in it what is left of their quota.</summary>
    public void NoteHead() => Lane?.Learn(Answer, clock.Now, clock.UtcNow);

    /// <summary>The first content is here: the answer counts as begun.</summary>
    public void NoteFirstContent()
    {
        if (Outcome.FirstContentAt == 0)
        {
            Outcome.FirstContentAt = _time.GetTimestamp();
            if (!Answer.IsSuccessStatusCode)
            {
                return;
            }

            if (Exchange.Facts.Stream)
            {
                Deployment.State.Load.NoteFirstToken(clock.Now, Elapsed);
            }

            if (Exchange.Group is { Config.Hedge: not null } group && HedgedCalls.IsFor(Exchange))
            {
                group.State.FirstTokens.Note(clock.Now, Elapsed);
            }
        }
    }

    /// <summary>A stream brought an event with content.</summary>
    public void NoteContent()
    {
        NoteFirstContent();
        if (Deployment.Provider.SlowStream is not null)
        {
            _pace.Note(clock.Now);
        }
    }

    /// <summary>
    /// Makes this the call that answers. From here on nothing else is tried: the client's bytes are needed no more, and a call beside
    /// it is given up.
    /// </summary>
    /// <exception cref="SupersededException">The other call was quicker.</exception>
    public void Commit()
    {
        if (IsCommitted)
        {
            return;
        }

        if (Race?.Commit(this) != true)
        {
            // A long stream must not hold them.
            Exchange.ReleaseBody();
        }

        // Of calls that were translated before and failed nothing is said.
        Exchange.Notes = Call.Translation?.Notes;
        IsCommitted = true;
    }

    /// <summary>A stream shows its first content to the client.</summary>
    public void Begin()
    {
        Commit();
        HasBegun = true;
        RouteFeedback.Begun(this, clock.Now);
    }

    /// <summary>Whether its success was told already.</summary>
    public bool HasBegun { get; private set; }

    /// <summary>Whether the client hears of this call.</summary>
    public bool IsCommitted { get; private set; }

    public async ValueTask DisposeAsync()
    {
        if (_body is not null && !ReferenceEquals(_body, _raw))
        {
            await _body.DisposeAsync();
        }

        if (_raw is not null)
        {
            await _raw.DisposeAsync();
        }

        _answer?.Dispose();
        _request?.Dispose();
    }

    /// <summary>Reads what there is of the body. The first read that must wait after some progress does so for the idle time.</summary>
    /// <param name="progressed">What was read since the last call was a part of the answer.</param>
    public ValueTask<int> ReadAsync(Memory<byte> buffer, bool progressed = true)
    {
        _progressed |= progressed;
        var read = _body!.ReadAsync(buffer, Timer.Token);
        if (_progressed && !read.IsCompleted)
        {
            _progressed = false;
            Timer.LimitIdle(Deployment.Provider.Timeouts.Idle);
        }

        return read;
    }

    /// <summary>Reads on under the limit that already runs.</summary>
    public ValueTask<int> ReadTrailerAsync(Memory<byte> buffer) => _body!.ReadAsync(buffer, Timer.Token);

    /// <summary>Sends what was written to the client. Waits as long as the client needs: that is the back-pressure.</summary>
    /// <exception cref="OperationCanceledException">The client left or the deadline passed.</exception>
    public ValueTask FlushAsync()
    {
        var flush = Output.FlushAsync(Timer.Token);
        if (!flush.IsCompletedSuccessfully)
        {
            return WaitAsync(flush);
        }

        return flush.Result.IsCompleted ? ValueTask.FromException(new ClientGoneException()) : ValueTask.CompletedTask;
    }

    /// <summary>
    /// Sends what was written after the FINAL record. The attempt's clock, which may have run out while the record was written,
    /// no longer matters: the answer is whole and charged.
    /// </summary>
    /// <exception cref="OperationCanceledException">The client left.</exception>
    public ValueTask FlushSettledAsync()
    {
        var flush = Output.FlushAsync(Exchange.Http.RequestAborted);
        return !flush.IsCompletedSuccessfully ? WaitSettledAsync(flush)
            : flush.Result.IsCompleted ? ValueTask.FromException(new ClientGoneException()) : ValueTask.CompletedTask;

        static async ValueTask WaitSettledAsync(ValueTask<FlushResult> flush)
        {
            if ((await flush).IsCompleted)
            {
                throw new ClientGoneException();
            }
        }
    }

    /// <summary>Sends the last that the client will see of a failed answer, whatever the attempt's own clock says.</summary>
    public async ValueTask FlushLastAsync()
    {
        var flush = Output.FlushAsync(Exchange.Http.RequestAborted);
        if (flush.IsCompletedSuccessfully)
        {
            return;
        }

        try
        {
            await flush.AsTask().WaitAsync(LastWords, _time);
        }
        catch (TimeoutException)
        {
            // A client that does not even read this is not waited for.
            Exchange.Http.Abort();
        }
    }

    private async ValueTask WaitAsync(ValueTask<FlushResult> flush)
    {
        // The upstream is not to blame for a client that reads slowly: only the deadline counts here.
        Timer.LimitToDeadline();
        var waitedSince = clock.Now;
        var result = await flush;
        _pace.Exclude(clock.Now - waitedSince);
        Timer.LimitIdle(Deployment.Provider.Timeouts.Idle);
        if (result.IsCompleted)
        {
            throw new ClientGoneException();
        }
    }
}

/// <summary>The connection to the client is closed.</summary>
internal sealed class ClientGoneException() : OperationCanceledException("The client left.");
