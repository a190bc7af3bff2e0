using System.Buffers;
using Gateway.Core.Errors;
using Gateway.Router.Pipeline;

namespace Gateway.Router.Attempts;

/// <summary>Answers with an upstream's error in the client's shape. Nothing was sent before.</summary>
internal static class TranslatedError
{
    public static async ValueTask AnswerAsync(Attempt attempt, UsageRecorder recorder, ErrorReply reply)
    {
        var exchange = attempt.Exchange;
        exchange.Outcome.Status = ResponseHead.StatusFor(reply.Status, exchange.Endpoint.Protocol);
        await recorder.SettleAsync(exchange);
        reply = reply with { RetryAfter = ResponseHead.Write(attempt, attempt.TimeToHead, reply.Status, reply.RetryAfter) };
        var output = new ArrayBufferWriter<byte>(256);
        ErrorWriters.WriteBody(exchange.Endpoint.Protocol, output, in reply, exchange.RequestId.ToString(), exchange.Call.AsArray);
        var response = exchange.Http.Response;
        response.ContentType = "application/json";
        response.ContentLength = output.WrittenCount;
        attempt.Output.Write(output.WrittenSpan);
        await attempt.FlushSettledAsync();
    }
}
