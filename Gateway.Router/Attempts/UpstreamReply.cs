using System.Buffers;
using Gateway.Core.Errors;
using Gateway.Router.Pipeline;

namespace Gateway.Router.Attempts;

/// <summary>
/// An upstream's own error, held back while something else may still answer; the client hears it when nothing does. Kept whole, since errors are
/// small.
/// </summary>
internal sealed class UpstreamReply
{
    /// <summary>The upstream's bytes, where it speaks the client's protocol; null where <see cref="Error"/> is written in the client's words.</summary>
    public byte[]? Body { get; init; }

    /// <summary>The error in the client's words; for <see cref="Body"/> unused.</summary>
    public ErrorReply Error { get; init; }

    /// <summary>The bytes are no error of the protocol: the client gets one in their place.</summary>
    public bool IsForeign { get; init; }

    /// <summary>The status that the answer should have had, where it came inside another one.</summary>
    public int? StatusInside { get; init; }

    /// <summary>The body is JSON that the gateway took out of a stream.</summary>
    public bool IsFromStream { get; init; }

    /// <summary>Settles and answers with it. The attempt must still hold its answer.</summary>
    public async ValueTask SendAsync(Attempt attempt, UsageRecorder recorder)
    {
        attempt.Commit();
        var exchange = attempt.Exchange;
        var status = StatusInside ?? (Body is null ? Error.Status : (int)attempt.Answer.StatusCode);
        attempt.Outcome.Status = ResponseHead.StatusFor(status, exchange.Endpoint.Protocol);
        await recorder.SettleAsync(attempt);
        var output = Write(attempt);
        var response = exchange.Http.Response;
        if (MayHaveBody(response.StatusCode))
        {
            response.ContentLength = output.Length;
            attempt.Output.Write(output.Span);
        }

        await attempt.FlushSettledAsync();
    }

    public static bool MayHaveBody(int status) => status is not (StatusCodes.Status204NoContent or StatusCodes.Status205ResetContent or StatusCodes.Status304NotModified);

    private ReadOnlyMemory<byte> Write(Attempt attempt)
    {
        var exchange = attempt.Exchange;
        if (Body is { } body)
        {
            ResponseHead.Write(attempt, IsFromStream ? attempt.TimeToHead : attempt.Elapsed, StatusInside);
            if (IsForeign)
            {
                return ForeignError.Translate(exchange, body);
            }

            if (IsFromStream)
            {
                exchange.Http.Response.ContentType = "application/json";
            }
            else
            {
                ResponseHead.WriteUsage(attempt);
            }

            return body;
        }

        var reply = Error with { RetryAfter = ResponseHead.Write(attempt, attempt.TimeToHead, Error.Status, Error.RetryAfter) };
        var output = new ArrayBufferWriter<byte>(256);
        ErrorWriters.WriteBody(exchange.Endpoint.Protocol, output, in reply, exchange.RequestId.ToString(), exchange.Call.AsArray);
        exchange.Http.Response.ContentType = "application/json";
        return output.WrittenMemory;
    }
}
