using System.IO.Pipelines;
using Gateway.Router.Catalog;
using Gateway.Router.Pipeline;

namespace Gateway.Router.Attempts;

/// <summary>One upstream call: what it is for, how long it has, and its answer once the head is here.</summary>
internal sealed class Attempt(LlmExchange exchange, Deployment deployment, UpstreamCall call, AttemptTimer timer, TimeProvider time)
{
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(5);

    private readonly long _startedAt = time.GetTimestamp();
    private Stream? _body;
    private HttpResponseMessage? _answer;
    private PipeWriter? _output;
    private bool _progressed;

    public LlmExchange Exchange { get; } = exchange;

    public Deployment Deployment { get; } = deployment;

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

    public DateTimeOffset UtcNow => time.GetUtcNow();

    /// <summary>Dispatch to now.</summary>
    public TimeSpan Elapsed => time.GetElapsedTime(_startedAt);

    /// <summary>Dispatch to the head of the answer.</summary>
    public TimeSpan TimeToHead { get; private set; }

    /// <summary>Whether the upstream may have seen the request, or a part of it.</summary>
    public bool WasSent => Call.Content.WasSent;

    public void SetAnswer(HttpResponseMessage answer, Stream body, bool isDecoded)
    {
        _answer = answer;
        _body = body;
        Length = isDecoded ? null : answer.Content.Headers.ContentLength;
        EndIsCertain = answer.Content.Headers.ContentLength is not null || answer.Headers.TransferEncodingChunked == true;
        TimeToHead = Elapsed;
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
            await flush.AsTask().WaitAsync(LastWords, time);
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
        var result = await flush;
        Timer.LimitIdle(Deployment.Provider.Timeouts.Idle);
        if (result.IsCompleted)
        {
            throw new ClientGoneException();
        }
    }
}

/// <summary>The connection to the client is closed.</summary>
internal sealed class ClientGoneException() : OperationCanceledException("The client left.");
