using System.IO.Compression;
using System.Net;
using Gateway.Core;
using Gateway.Core.Errors;
using Gateway.Core.Journal;
using Gateway.Core.Requests;
using Gateway.Router.Balancing;
using Gateway.Router.Catalog;
using Gateway.Router.Pipeline;
using Gateway.Router.Protocols;
using Gateway.Router.Streaming;
using Microsoft.Extensions.ObjectPool;

namespace Gateway.Router.Attempts;

/// <summary>The last stage: INTENT, the call, the relay of its answer, FINAL.</summary>
internal sealed class AttemptStage(
    UsageRecorder recorder, PlainRelay plain, TranslatedPlain translatedPlain, ObjectPool<AttemptTimer> timers, AttemptTelemetry telemetry, TimeProvider time, ILogger<AttemptStage> logger) : ILlmStage
{
    private static readonly GatewayError TooLate = new(GatewayErrorKind.DeadlineExceeded, "The time for this request was over before a model was asked.");
    private static readonly GatewayError BadCredential = new(GatewayErrorKind.UpstreamAuth, "The model provider refused the gateway's own credential. The operator of the gateway has to mend its provider key.");

    public async ValueTask InvokeAsync(LlmExchange exchange, LlmStageDelegate next)
    {
        if (!recorder.IsWritable)
        {
            await exchange.RefuseAsync(UsageRecorder.Unwritable);
            return;
        }

        var group = exchange.Group ?? throw new InvalidOperationException("No model group was resolved.");
        var candidates = exchange.Candidates.ToArray();
        var weights = new double[candidates.Length];
        weights.AsSpan().Fill(1);
        var deployment = candidates[group.Strategy.Pick(candidates, weights, new BalancingRequest { Now = 1, Roll = group.State.Advance() }, new double[candidates.Length], commit: true)];
        var left = TimeLeft(exchange, deployment);
        if (left <= TimeSpan.Zero)
        {
            await exchange.RefuseAsync(TooLate);
            return;
        }

        if (exchange.Endpoint.Kind == LlmKind.CountTokens && !deployment.Protocol.PassesThrough(exchange.Call, deployment.Traits)
            && deployment.Protocol.OperationFor(LlmKind.CountTokens, deployment.Traits) is null)
        {
            await TokenEstimate.AnswerAsync(exchange, deployment);
            return;
        }

        // Before the record: what cannot be said to the upstream costs nothing.
        var call = UpstreamCall.Create(exchange, deployment);
        if (exchange.Endpoint.Kind is not (LlmKind.CountTokens or LlmKind.Files))
        {
            await recorder.DispatchAsync(exchange, deployment);
        }

        var timer = timers.Get();
        timer.Start(left, exchange.Http.RequestAborted);
        try
        {
            await AttemptAsync(new Attempt(exchange, deployment, call, timer, time));
        }
        finally
        {
            timers.Return(timer);
        }
    }

    private TimeSpan TimeLeft(LlmExchange exchange, Deployment deployment)
    {
        var left = deployment.Provider.Timeouts.Total - exchange.Elapsed;
        if (exchange.Claims.DeadlineUnixMs > 0)
        {
            var untilDeadline = TimeSpan.FromMilliseconds(exchange.Claims.DeadlineUnixMs - time.GetUtcNow().ToUnixTimeMilliseconds());
            left = untilDeadline < left ? untilDeadline : left;
        }

        return left;
    }

    private async ValueTask AttemptAsync(Attempt attempt)
    {
        var exchange = attempt.Exchange;
        exchange.Outcome.Attempts++;
        using var span = telemetry.Start(attempt);
        AttemptFailure? failure;
        try
        {
            failure = await CallAsync(attempt);
        }
        catch (Exception exception) when (AttemptFailure.IsExpected(exception))
        {
            failure = AttemptFailure.OfCall(exception, attempt.Timer, attempt.WasSent);
            if (failure.Value.Reached)
            {
                UsageFold.Cut(exchange, failure.Value.Ending, null, 0);
            }
            else
            {
                UsageFold.Nothing(exchange, failure.Value.Ending);
            }

            if (failure.Value.Ending != RequestEnding.ClientGone)
            {
                // A client that leaves is nobody's failure.
                logger.AttemptFailed(exchange.RequestId, attempt.Deployment.Id, failure.Value.Error.Facts.Code, exception.GetType().Name);
            }
        }

        if (failure is { } failed)
        {
            await FailAsync(attempt, failed);
        }

        telemetry.Ended(attempt, span);
    }

    private async ValueTask<AttemptFailure?> CallAsync(Attempt attempt)
    {
        if (attempt.Exchange.Facts.Stream)
        {
            attempt.Timer.Limit(attempt.Deployment.Provider.Timeouts.FirstByte);
        }
        else
        {
            // The head of a plain answer comes when all of it is generated: only the whole request's time can limit that.
            attempt.Timer.LimitToDeadline();
        }

        using var request = await UpstreamRequest.CreateAsync(attempt.Exchange, attempt.Deployment, attempt.Deployment.Upstream.Credentials.Spare, attempt.Call, attempt.Timer.Token);
        using var answer = await attempt.Deployment.Upstream.SendAsync(request, attempt.Timer.Token);
        var status = (int)answer.StatusCode;
        if (status is StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden)
        {
            // Never the provider's 401: the client would throw away a good key.
            logger.CredentialRefused(attempt.Deployment.Provider.Name, status);
            attempt.Exchange.Http.Response.Headers[GatewayHeaders.UpstreamStatus] = status == StatusCodes.Status401Unauthorized ? "401" : "403";
            UsageFold.Nothing(attempt.Exchange, RequestEnding.UpstreamError);
            return new AttemptFailure(RequestEnding.UpstreamError, BadCredential);
        }

        if (status is < 200 or (>= 300 and < 400))
        {
            UsageFold.Nothing(attempt.Exchange, RequestEnding.UpstreamError);
            return AttemptFailure.InvalidAnswer with { Ending = RequestEnding.UpstreamError };
        }

        if (Decoder(answer) is not { } decode)
        {
            if (answer.IsSuccessStatusCode)
            {
                // It was generated, and will be charged; we only cannot read how much it was.
                UsageFold.Cut(attempt.Exchange, RequestEnding.UpstreamError, null, 0);
            }
            else
            {
                UsageFold.Nothing(attempt.Exchange, RequestEnding.UpstreamError);
            }

            return AttemptFailure.InvalidAnswer with { Ending = RequestEnding.UpstreamError };
        }

        await using var raw = await answer.Content.ReadAsStreamAsync(attempt.Timer.Token);
        await using var body = decode(raw);
        attempt.SetAnswer(answer, body, isDecoded: !ReferenceEquals(body, raw));

        // From here on the client's bytes are needed no more; a long stream must not hold them.
        attempt.Exchange.ReleaseBody();
        var translated = attempt.Call.Translation is not null;
        if (IsEventStream(attempt))
        {
            return translated ? await new TranslatedStream(attempt, recorder).RelayAsync() : await new StreamRelay(attempt, recorder).RelayAsync();
        }

        attempt.Timer.Limit(attempt.Deployment.Provider.Timeouts.Idle);
        return translated ? await translatedPlain.RelayAsync(attempt) : await plain.RelayAsync(attempt);
    }

    private async ValueTask FailAsync(Attempt attempt, AttemptFailure failure)
    {
        var exchange = attempt.Exchange;
        var started = exchange.Http.Response.HasStarted;
        if (failure.Ending == RequestEnding.ClientGone)
        {
            await recorder.SettleAsync(exchange);
            exchange.Http.Abort();
            return;
        }

        // The record says what the client is about to see.
        exchange.Outcome.Status = started ? exchange.Outcome.Status : failure.Error.Facts.Status;
        await recorder.SettleAsync(exchange);
        if (!started)
        {
            ResponseHead.WriteOwn(attempt, attempt.Elapsed);
        }

        await exchange.RefuseAsync(failure.Error);
    }

    private static bool IsEventStream(Attempt attempt)
    {
        if (attempt.Answer.StatusCode != HttpStatusCode.OK)
        {
            return false;
        }

        var type = attempt.Answer.Content.Headers.ContentType?.MediaType;
        return type is null ? attempt.Exchange.Facts.Stream : attempt.Deployment.Protocol.Frames switch
        {
            FrameFormat.Sse => type.Equals("text/event-stream", StringComparison.OrdinalIgnoreCase),
            FrameFormat.JsonLines => type.Equals("application/x-ndjson", StringComparison.OrdinalIgnoreCase),
            FrameFormat.AwsEventStream => type.Equals("application/vnd.amazon.eventstream", StringComparison.OrdinalIgnoreCase),
        };
    }

    /// <summary>We ask for no compression; some upstreams compress all the same, and what is compressed cannot be read.</summary>
    /// <returns>Null for an encoding that we do not know.</returns>
    private static Func<Stream, Stream>? Decoder(HttpResponseMessage answer)
    {
        var encodings = answer.Content.Headers.ContentEncoding;
        if (encodings.Count == 0)
        {
            return static raw => raw;
        }

        return encodings.Count > 1 ? null : encodings.First().ToLowerInvariant() switch
        {
            "identity" => static raw => raw,
            "gzip" or "x-gzip" => static raw => new GZipStream(raw, CompressionMode.Decompress),
            "br" => static raw => new BrotliStream(raw, CompressionMode.Decompress),
            "deflate" => static raw => new ZLibStream(raw, CompressionMode.Decompress),
            _ => null,
        };
    }
}
