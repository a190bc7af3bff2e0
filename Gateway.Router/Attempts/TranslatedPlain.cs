using System.Buffers;
using Gateway.Core.Journal;
using Gateway.Core.Requests;
using Gateway.Router.Pipeline;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Attempts;

/// <summary>Reads one document of an upstream, up to a bound, and writes it in the client's protocol.</summary>
internal sealed class TranslatedPlain(UsageRecorder recorder)
{
    private const int FirstBuffer = 4 * 1024;

    /// <summary>Longest answer that is translated: embeddings of a full batch fit several times.</summary>
    private const int MaxBytes = 64 * 1024 * 1024;

    /// <returns>The failure, or null when the client has all of it.</returns>
    public async ValueTask<AttemptFailure?> RelayAsync(Attempt attempt)
    {
        var buffer = ArrayPool<byte>.Shared.Rent((int)Math.Clamp(attempt.Length ?? FirstBuffer, 1, MaxBytes));
        var received = 0;
        try
        {
            while (received != attempt.Length)
            {
                if (received == buffer.Length)
                {
                    if (received >= MaxBytes)
                    {
                        return Cut(attempt, AttemptFailure.InvalidAnswer, received);
                    }

                    var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
                    buffer.AsSpan(0, received).CopyTo(larger);
                    ArrayPool<byte>.Shared.Return(buffer);
                    buffer = larger;
                }

                var read = await attempt.ReadAsync(buffer.AsMemory(received));
                if (read == 0)
                {
                    break;
                }

                attempt.NoteFirstContent();
                received += read;
            }
        }
        catch (Exception exception) when (AttemptFailure.IsExpected(exception))
        {
            var failure = AttemptFailure.OfAnswer(exception, attempt.Timer);
            ArrayPool<byte>.Shared.Return(buffer);
            return Cut(attempt, failure == AttemptFailure.StreamBroken ? AttemptFailure.InvalidAnswer : failure, received);
        }

        var document = buffer.AsMemory(0, received);
        try
        {
            return attempt.Answer.IsSuccessStatusCode ? await AnswerAsync(attempt, document) : Said(attempt, UpstreamErrors.Read(attempt.Answer, document.Span), null);
        }
        catch (InvalidDataException)
        {
            // It was generated, and will be charged; we only cannot read it.
            return Cut(attempt, AttemptFailure.InvalidAnswer, received);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async ValueTask<AttemptFailure?> AnswerAsync(Attempt attempt, ReadOnlyMemory<byte> document)
    {
        var exchange = attempt.Exchange;
        var output = new ArrayBufferWriter<byte>(document.Length + 256);
        var client = ProtocolAdapters.Client(exchange.Endpoint.Protocol);
        var context = AnswerContexts.For(attempt);
        switch (exchange.Endpoint.Kind)
        {
            case LlmKind.CountTokens:
                client.WriteTokenCount(attempt.Deployment.Protocol.ReadTokenCount(document.Span), output);
                break;
            case LlmKind.Embed:
                var embeddings = attempt.Deployment.Protocol.ReadEmbeddings(document.Span);
                client.WriteEmbeddings(embeddings, attempt.Call.Embeddings!, context, output);
                attempt.Outcome.AnsweredModel = embeddings.Model ?? "";
                UsageFold.Complete(attempt, embeddings.Usage, 0);
                break;
            default:
                var answer = new NeutralAnswer();
                var meter = new MeteringSink(answer);
                var decoder = attempt.Deployment.Protocol.Decode(attempt.Call.Translation!);
                if (decoder.DecodeAnswer(document.Span, meter) == EventKind.Error)
                {
                    return Said(attempt, decoder.ReadError(document.Span), meter.Usage);
                }

                client.WriteAnswer(answer, context, output);
                attempt.Outcome.AnsweredModel = meter.Model ?? "";
                UsageFold.Complete(attempt, meter.Usage, meter.OutputEstimate, meter.Tier);
                break;
        }

        attempt.Commit();
        attempt.Outcome.Status = StatusCodes.Status200OK;
        await recorder.SettleAsync(attempt);
        ResponseHead.Write(attempt, attempt.Elapsed);
        ResponseHead.WriteWarning(exchange);
        ResponseHead.WriteUsage(attempt);
        ResponseHead.WriteTokens(attempt);
        if (exchange.Intent?.Price is not null)
        {
            ResponseHead.WriteCost(exchange);
        }

        var response = exchange.Http.Response;
        response.ContentType = "application/json";
        response.ContentLength = output.WrittenCount;
        attempt.Output.Write(output.WrittenSpan);
        await attempt.FlushSettledAsync();
        return null;
    }

    private static AttemptFailure Said(Attempt attempt, UpstreamError error, Core.Money.TokenUsage? charged)
    {
        UsageFold.Nothing(attempt, RequestEnding.UpstreamError);
        attempt.Outcome.Usage = charged ?? default;
        return AttemptFailure.Said(error.Status, error, new UpstreamReply { Error = UpstreamErrors.ToReply(error) });
    }

    private static AttemptFailure Cut(Attempt attempt, AttemptFailure failure, long bytes)
    {
        if (attempt.Answer.IsSuccessStatusCode)
        {
            UsageFold.Cut(attempt, failure.Ending, null, attempt.Exchange.Endpoint.Kind == LlmKind.Embed ? 0 : UsageRecorder.EstimateTokens(bytes));
        }
        else
        {
            UsageFold.Nothing(attempt, failure.Ending);
        }

        return failure;
    }
}
