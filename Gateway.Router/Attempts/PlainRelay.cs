using System.Buffers;
using Gateway.Core.Journal;
using Gateway.Core.Requests;
using Gateway.Router.Pipeline;
using Gateway.Router.Protocols;

namespace Gateway.Router.Attempts;

/// <summary>
/// Relays an answer that is one document. A small one is read to its end first, so that its cost can stand in the head and
/// a cut one never begins; a large one goes on as it comes. Either way the last byte waits for the FINAL record.
/// </summary>
internal sealed class PlainRelay(UsageRecorder recorder)
{
    private const int SmallAnswer = 64 * 1024;
    private const int FirstBuffer = 4 * 1024;

    /// <returns>The failure, or null when the client has all of it.</returns>
    public async ValueTask<AttemptFailure?> RelayAsync(Attempt attempt)
    {
        var reader = attempt.Deployment.Protocol.ReadAnswer(attempt.Call.Operation);
        var first = attempt.Length is <= SmallAnswer ? (int)Math.Max(attempt.Length.Value, 1) : FirstBuffer;
        var buffer = ArrayPool<byte>.Shared.Rent(first);
        var received = 0;
        try
        {
            while (received != attempt.Length)
            {
                if (received == buffer.Length)
                {
                    if (received >= SmallAnswer)
                    {
                        if (IsForeignError(attempt, reader, buffer.AsSpan(0, received)))
                        {
                            break;
                        }

                        return await StreamAsync(attempt, reader, buffer, received);
                    }

                    buffer = Grow(buffer);
                }

                var read = await attempt.ReadAsync(buffer.AsMemory(received));
                if (read == 0)
                {
                    break;
                }

                Observe(attempt, reader, buffer.AsSpan(received, read));
                received += read;
                if (IsLive(attempt))
                {
                    return await StreamAsync(attempt, reader, buffer, received);
                }
            }

            if (IsCut(attempt, reader))
            {
                return Cut(attempt, reader, delivered: 0, AttemptFailure.InvalidAnswer);
            }

            if (reader.IsError || !attempt.Answer.IsSuccessStatusCode)
            {
                return Said(attempt, reader, buffer.AsSpan(0, received));
            }

            await SendWholeAsync(attempt, reader, buffer.AsMemory(0, received));
            return null;
        }
        catch (Exception exception) when (AttemptFailure.IsExpected(exception))
        {
            // Nothing was sent. A body that breaks off makes no valid answer, however it broke.
            var failure = AttemptFailure.OfAnswer(exception, attempt.Timer);
            return Cut(attempt, reader, delivered: 0, failure == AttemptFailure.StreamBroken ? AttemptFailure.InvalidAnswer : failure);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async ValueTask SendWholeAsync(Attempt attempt, IAnswerReader reader, ReadOnlyMemory<byte> body)
    {
        var exchange = attempt.Exchange;
        attempt.Commit();
        Fold(attempt, reader, body.Length);
        attempt.Outcome.Status = ResponseHead.StatusFor((int)attempt.Answer.StatusCode, exchange.Endpoint.Protocol);
        await recorder.SettleAsync(attempt);

        ResponseHead.Write(attempt, attempt.Elapsed);
        ResponseHead.WriteUsage(attempt);
        ResponseHead.WriteTokens(attempt);
        if (exchange.Intent?.Price is not null)
        {
            ResponseHead.WriteCost(exchange);
        }

        var response = exchange.Http.Response;
        if (UpstreamReply.MayHaveBody(response.StatusCode))
        {
            response.ContentLength = body.Length;
            attempt.Output.Write(body.Span);
        }

        await attempt.FlushSettledAsync();
    }

    /// <summary>The upstream said an error, under an error status or inside a 200.</summary>
    private static AttemptFailure Said(Attempt attempt, IAnswerReader reader, ReadOnlySpan<byte> body)
    {
        Fold(attempt, reader, body.Length);
        var error = UpstreamErrors.Read(attempt.Answer, body);
        return AttemptFailure.Said(error.Status, error, new UpstreamReply { Body = body.ToArray(), IsForeign = IsForeignError(attempt, reader, body) });
    }

    /// <summary>From here on the head has left.</summary>
    private async ValueTask<AttemptFailure?> StreamAsync(Attempt attempt, IAnswerReader reader, byte[] buffer, int received)
    {
        var exchange = attempt.Exchange;
        long total = received;
        attempt.Commit();
        attempt.Outcome.AnsweredModel = reader.Model ?? "";
        ResponseHead.Write(attempt, attempt.TimeToHead);
        exchange.Http.Response.ContentLength = attempt.Length;
        var output = attempt.Output;
        try
        {
            var held = received;
            while (true)
            {
                // All but the last byte goes on; who has a byte less than the whole has no whole.
                output.Write(buffer.AsSpan(0, held - 1));
                buffer[0] = buffer[held - 1];
                await attempt.FlushAsync();

                var read = await attempt.ReadAsync(buffer.AsMemory(1));
                if (read == 0)
                {
                    break;
                }

                Observe(attempt, reader, buffer.AsSpan(1, read));
                total += read;
                held = read + 1;
            }

            if (IsCut(attempt, reader))
            {
                return Cut(attempt, reader, total, AttemptFailure.InvalidAnswer);
            }

            Fold(attempt, reader, total);
            await recorder.SettleAsync(attempt);
            output.Write(buffer.AsSpan(0, 1));
            await attempt.FlushSettledAsync();
            return null;
        }
        catch (Exception exception) when (AttemptFailure.IsExpected(exception))
        {
            return Cut(attempt, reader, total, AttemptFailure.OfAnswer(exception, attempt.Timer));
        }
    }

    /// <summary>Speech is heard while it is made: it waits for nothing but its last byte.</summary>
    private static bool IsLive(Attempt attempt) =>
        attempt.Call.Operation == LlmOperation.Speech && attempt.Length is null && attempt.Answer.IsSuccessStatusCode;

    private static void Observe(Attempt attempt, IAnswerReader reader, ReadOnlySpan<byte> piece)
    {
        attempt.NoteFirstContent();
        reader.Append(piece);
    }

    /// <summary>The client of the upstream throws for a body that HTTP knows to be cut; where the connection's end is the body's end, the document itself must tell. So it must
    /// for answers that are always one: the page of a proxy, or nothing at all, is no answer whatever its status says.</summary>
    private static bool IsCut(Attempt attempt, IAnswerReader reader) =>
        attempt.Answer.IsSuccessStatusCode && !reader.IsWhole && (!attempt.EndIsCertain || attempt.Exchange.Endpoint.Kind is LlmKind.Chat or LlmKind.Embed);

    /// <summary>A page of a proxy, an empty body or the like: no client of this protocol can read it, and it may name hosts.</summary>
    private static bool IsForeignError(Attempt attempt, IAnswerReader reader, ReadOnlySpan<byte> body) =>
        (int)attempt.Answer.StatusCode >= StatusCodes.Status400BadRequest && (!reader.IsError || body.TrimStart(" \t\r\n"u8) is not [(byte)'{', ..]);

    private static void Fold(Attempt attempt, IAnswerReader reader, long bytes)
    {
        var exchange = attempt.Exchange;
        attempt.Outcome.AnsweredModel = reader.Model ?? "";
        if (!attempt.Answer.IsSuccessStatusCode)
        {
            UsageFold.Nothing(attempt, RequestEnding.UpstreamError);
        }
        else if (reader.IsError)
        {
            // An error inside a 200: charged only if the provider says so.
            UsageFold.Nothing(attempt, RequestEnding.UpstreamError);
            attempt.Outcome.Usage = reader.Usage ?? default;
        }
        else
        {
            UsageFold.Complete(attempt, reader.Usage, OwnCount(exchange, bytes), reader.Tier);
        }
    }

    /// <param name="delivered">Bytes that the client has: what it never saw is charged as far as the provider reported it.</param>
    private static AttemptFailure Cut(Attempt attempt, IAnswerReader reader, long delivered, AttemptFailure failure)
    {
        attempt.Outcome.AnsweredModel = reader.Model ?? "";
        if (attempt.Answer.IsSuccessStatusCode)
        {
            UsageFold.Cut(attempt, failure.Ending, reader.Usage, OwnCount(attempt.Exchange, delivered), reader.Tier);
        }
        else
        {
            UsageFold.Nothing(attempt, failure.Ending);
        }

        return failure;
    }

    private static long OwnCount(LlmExchange exchange, long bytes) =>
        exchange.Endpoint.Kind == LlmKind.Chat ? UsageRecorder.EstimateTokens(bytes) : 0;

    private static byte[] Grow(byte[] buffer)
    {
        var larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
        buffer.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }
}
