using System.Net;
using Gateway.Core.Configuration.Draining;
using Gateway.Core.Errors;
using Gateway.Edge.Telemetry;

namespace Gateway.Edge.Forwarding;

/// <summary>Carries one request to an inner service and its answer back.</summary>
internal sealed class Forwarder(ServiceClient services, Drain drain, LlmMetrics metrics, TimeProvider time, ILogger<Forwarder> logger)
{
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    public static readonly GatewayError DeadlineExceeded = new(
        GatewayErrorKind.DeadlineExceeded, "The deadline of the request passed before an answer began. Allow more time (x-request-timeout), or ask for less output.");

    private static readonly GatewayError Stopping = new(
        GatewayErrorKind.ServiceUnavailable, "The gateway is stopping, and the time for running requests is over. Send the request again.", RetryAfter: RetryAfter);

    /// <summary>Forwards and relays. The response must not have started.</summary>
    /// <returns>Null when an answer was relayed, whole or broken; otherwise the error to write.</returns>
    public async Task<GatewayError?> ForwardAsync(ForwardedCall call, HttpContext client)
    {
        using var over = new CancellationTokenSource(call.Expires, time);
        await using var gone = client.RequestAborted.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), over);
        await using var stop = drain.Over.UnsafeRegister(static state => ((CancellationTokenSource)state!).Cancel(), over);
        HttpResponseMessage? answer;
        try
        {
            answer = await services.SendAsync(call, client, over.Token);
        }
        catch (HttpRequestException failure)
        {
            call.Service.NoteUnreachable(failure.HttpRequestError.ToString());
            return client.RequestAborted.IsCancellationRequested ? null : Unavailable(call.Service);
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            return client.RequestAborted.IsCancellationRequested ? null : TimeIsUp();
        }

        if (answer is null)
        {
            return Unavailable(call.Service);
        }

        // HTTP/1.1 without Expect: the head of an answer is read only after the whole request was written.
        call.Body?.Return();
        using (answer)
        {
            // The only thing that inner services answer so is a context that they do not accept. The client's key is good, and a
            // 401 would make its owner throw it away.
            if (answer.StatusCode == HttpStatusCode.Unauthorized)
            {
                // Nor does it take over what a context that it does not accept says.
                if (call.Held is { } held)
                {
                    held.IsTaken = false;
                }

                call.Service.NoteRejected();
                return Rejected(call.Service);
            }

            call.Service.NoteAccepted();
            call.Held?.LearnFrom(answer.Headers);
            client.Response.Headers[ServerTiming.Header] = ServerTiming.Describe(time.GetElapsedTime(call.Arrived), answer.Headers, out var own);
            metrics.Answered(own);
            return await RelayAsync(call, answer, client, over.Token);
        }
    }

    private async Task<GatewayError?> RelayAsync(ForwardedCall call, HttpResponseMessage answer, HttpContext client, CancellationToken cancellationToken)
    {
        var relay = new ResponseRelay(answer, client.Response);
        try
        {
            await relay.RunAsync(cancellationToken);
            return null;
        }
        catch (Exception failure) when (failure is IOException or HttpRequestException or OperationCanceledException)
        {
            if (client.RequestAborted.IsCancellationRequested)
            {
                return null;
            }

            var error = failure is OperationCanceledException ? TimeIsUp() : Unavailable(call.Service);
            if (!client.Response.HasStarted)
            {
                ForwardedHeaders.RemoveCopied(answer, client.Response);
                return error;
            }

            if (LlmMetrics.EndpointOf(client) is not null)
            {
                metrics.Failed(error, LlmMetrics.NoModel);
            }

            var how = await relay.BreakAsync(error);
            logger.AnswerBroken(client.TraceIdentifier, call.Service.Name, relay.Bytes, how);
            return null;
        }
    }

    private GatewayError TimeIsUp() => drain.Over.IsCancellationRequested ? Stopping : DeadlineExceeded;

    private static GatewayError Rejected(ServiceEndpoints service) => new(
        GatewayErrorKind.ServiceUnavailable, $"The gateway's {service.Name} service does not accept the gateway's own calls. Nothing is wrong with your request or key; its operator finds the cause in the log.", RetryAfter: RetryAfter);

    private static GatewayError Unavailable(ServiceEndpoints service) => new(
        GatewayErrorKind.ServiceUnavailable, $"The gateway's {service.Name} service does not answer. Nothing is wrong with your request; try again.", RetryAfter: RetryAfter);
}
