using System.IO.Compression;
using System.Net;
using Gateway.Core.Journal;
using Gateway.Router.Pipeline;
using Gateway.Router.Protocols;
using Gateway.Router.Streaming;

namespace Gateway.Router.Attempts;

/// <summary>Makes one upstream call and relays its answer, or says why there is none.</summary>
internal sealed class AttemptRunner(UsageRecorder recorder, PlainRelay plain, TranslatedPlain translatedPlain, AttemptTelemetry telemetry, ILogger<AttemptRunner> logger)
{
    /// <returns>The failure while the client has seen nothing of this call; null when it was told all there is.</returns>
    public async ValueTask<AttemptFailure?> RunAsync(Attempt attempt)
    {
        using var span = AttemptTelemetry.Start(attempt);
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
                UsageFold.Cut(attempt, failure.Value.Ending, null, 0);
            }
            else
            {
                UsageFold.Nothing(attempt, failure.Value.Ending);
            }

            if (failure.Value.Ending is not (RequestEnding.ClientGone or RequestEnding.Superseded))
            {
                // A client that leaves is nobody's failure.
                logger.AttemptFailed(attempt.Exchange.RequestId, attempt.Deployment.Id, failure.Value.Error.Facts.Code, exception.GetType().Name);
            }
        }

        if (failure is { Class: FailureClass.RateLimited or FailureClass.Overloaded, Reply: not null } limited)
        {
            failure = limited with { RetryAfter = RetryAfter.Of(attempt.Answer.Headers, attempt.UtcNow, limited.RetryAfter) };
        }

        attempt.Outcome.Failure = failure?.Class ?? FailureClass.NotTheirs;
        attempt.Outcome.Duration = attempt.Elapsed;
        telemetry.Ended(attempt, span);
        return failure;
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

        var request = await UpstreamRequest.CreateAsync(attempt.Exchange, attempt.Deployment, attempt.Lane?.Credential, attempt.Call, attempt.Timer.Token);
        attempt.SetRequest(request);
        var answer = await attempt.Deployment.Connection.SendAsync(request, attempt.Timer.Token);
        attempt.SetHead(answer);
        attempt.NoteHead();
        if ((int)answer.StatusCode is < 200 or (>= 300 and < 400))
        {
            UsageFold.Nothing(attempt, RequestEnding.UpstreamError);
            return AttemptFailure.Unreadable;
        }

        if (Decoder(answer) is not { } decode)
        {
            if (answer.IsSuccessStatusCode)
            {
                // It was generated, and will be charged; we only cannot read how much it was.
                UsageFold.Cut(attempt, RequestEnding.UpstreamError, null, 0);
            }
            else
            {
                UsageFold.Nothing(attempt, RequestEnding.UpstreamError);
            }

            return AttemptFailure.Unreadable;
        }

        var raw = await answer.Content.ReadAsStreamAsync(attempt.Timer.Token);
        attempt.SetBody(raw, decode(raw));
        var translated = attempt.Call.Translation is not null;
        if (IsEventStream(attempt))
        {
            return translated ? await new TranslatedStream(attempt, recorder).RelayAsync() : await new StreamRelay(attempt, recorder).RelayAsync();
        }

        attempt.Timer.Limit(attempt.Deployment.Provider.Timeouts.Idle);
        return translated ? await translatedPlain.RelayAsync(attempt) : await plain.RelayAsync(attempt);
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
