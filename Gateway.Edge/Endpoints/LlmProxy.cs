using Gateway.Core;
using Gateway.Core.Context;
using Gateway.Core.Errors;
using Gateway.Core.Requests;
using Gateway.Edge.Abuse;
using Gateway.Edge.Budgets;
using Gateway.Edge.Forwarding;
using Gateway.Edge.Routes;
using Gateway.Edge.Telemetry;
using Gateway.Edge.VirtualKeys;

namespace Gateway.Edge.Endpoints;

/// <summary>Everything that the handlers of LLM endpoints share.</summary>
internal sealed record LlmProxyServices(
    EdgeSnapshots Snapshots, Admissions Admissions, ContextToken Tokens, Forwarder Forwarder, EdgeErrors Errors, TimeProvider Time, ClientGate Gate, LlmMetrics Metrics);

/// <summary>One LLM endpoint: authenticate, read the facts, authorise, admit, forward, relay. Made once, at start.</summary>
internal sealed class LlmProxy(LlmEndpoint endpoint, ContextAudience audience, ServiceEndpoints service, LlmProxyServices shared)
{
    /// <summary>A body in bytes from which on reading the facts is work for another thread.</summary>
    private const int LongBody = 64 * 1024;

    /// <summary>The Router ends a late request itself and says so; the Edge waits this much longer for it to say it.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private bool NeedsModel => LlmDecision.NeedsModel(endpoint);

    public Task InvokeAsync(HttpContext context) => InvokeAsync(context, path: null);

    /// <param name="context">The client's request.</param>
    /// <param name="path">What the path says, where it names the model.</param>
    public async Task InvokeAsync(HttpContext context, GeminiPath? path)
    {
        var arrived = shared.Time.GetTimestamp();
        var snapshot = shared.Snapshots.Current;
        if (endpoint.Protocol == LlmProtocol.Anthropic)
        {
            context.Response.Headers[AnthropicErrorWriter.RequestIdHeader] = context.TraceIdentifier;
        }

        if (shared.Admissions.IsDegraded)
        {
            context.Response.Headers[GatewayHeaders.Degraded] = "redis";
        }

        shared.Metrics.Began();
        var (model, status) = (LlmMetrics.NoModel, StatusCodes.Status500InternalServerError);
        try
        {
            TimeSpan? wanted = null;
            var error = shared.Gate.Enter(context, snapshot, orNobody: NeedsModel, out var key) ?? RequestDeadline.Read(context.Request.Headers, out wanted);
            if (error is null)
            {
                (error, model) = await ServeAsync(context, snapshot, key!, path, wanted, arrived);
            }

            if (error is not null)
            {
                status = error.Facts.Status;
                shared.Metrics.Failed(error, model);
                context.Response.Headers[ServerTiming.Header] = ServerTiming.Describe(shared.Time.GetElapsedTime(arrived), inner: null);
                await shared.Errors.WriteAsync(context, error);
            }
            else
            {
                status = context.Response.HasStarted ? context.Response.StatusCode : LlmMetrics.ClientGone;
            }
        }
        catch (GatewayException refused)
        {
            status = refused.Error.Facts.Status;
            throw;
        }
        catch (BadHttpRequestException bad)
        {
            status = bad.StatusCode;
            throw;
        }
        catch when (context.RequestAborted.IsCancellationRequested)
        {
            status = LlmMetrics.ClientGone;
            throw;
        }
        finally
        {
            shared.Metrics.Ended(endpoint.Operation, model, status, shared.Time.GetElapsedTime(arrived));
        }
    }

    /// <returns>The error to write, or null; and the model as metrics call it.</returns>
    private async ValueTask<(GatewayError? Error, string Model)> ServeAsync(HttpContext context, EdgeSnapshot snapshot, VirtualKey key, GeminiPath? path, TimeSpan? wanted, long arrived)
    {
        var body = await PooledBody.ReadAsync(context.Request, snapshot.MaxBodyBytes, context.RequestAborted);
        HeldAdmission? held = null;
        var model = LlmMetrics.NoModel;
        try
        {
            if (body.Memory.Length > LongBody)
            {
                // Socket threads run us inline: megabytes of JSON would hold up all their other connections.
                await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
            }

            RequestFacts facts;
            FormBoundary? form = null;
            if (endpoint.IsForm)
            {
                (facts, form, var wrong) = await ReadFormAsync(context.Request, body);
                if (wrong is not null)
                {
                    return (wrong, model);
                }
            }
            else if (!RequestFactsReader.TryRead(body.Memory.Span, endpoint.Operation, path?.Facts, out facts, out var unreadable))
            {
                return (unreadable, model);
            }

            var decision = new LlmDecision(endpoint, snapshot, key, PathRoute.Of(context), in facts);
            if (NeedsModel)
            {
                model = LlmMetrics.ModelOf(decision.Target);
            }

            if (decision.CheckShape() is { } notHere)
            {
                return (notHere, model);
            }

            // Unknown models count too: to find what was meant costs more than to serve.
            (var notNow, held, var instead) = await shared.Admissions.AdmitAsync(context, in decision, body.Memory);
            if ((notNow ?? decision.CheckAccess()) is { } refused)
            {
                return (refused, model);
            }

            if (instead is not null)
            {
                decision = decision.InsteadBy(instead);
            }

            var left = decision.TimeFor(wanted) - shared.Time.GetElapsedTime(arrived);
            if (left <= TimeSpan.Zero)
            {
                return (Forwarder.DeadlineExceeded, model);
            }

            var sent = path?.ToTarget() ?? endpoint.Path;
            var token = shared.Tokens.Sign(decision.Claims(context.TraceIdentifier, audience, sent, body.Memory.Span, left, shared, held is { IsOwn: false } ? held.Hold.Ticket : null));
            return (await shared.Forwarder.ForwardAsync(new ForwardedCall(service, HttpMethod.Post, sent, token, body, arrived, left + Patience) { FormType = form?.ContentType, Held = held }, context), model);
        }
        finally
        {
            // Whatever way this ends: what no Router has is free again.
            shared.Admissions.End(held);
            body.Return();
        }
    }

    private static async ValueTask<(RequestFacts Facts, FormBoundary Boundary, GatewayError? Error)> ReadFormAsync(HttpRequest request, PooledBody body)
    {
        if (!FormBoundary.TryParse(request.Headers.ContentType, out var boundary))
        {
            throw new InvalidOperationException("The input rules let a form without a boundary pass.");
        }

        var (facts, error) = await FormFactsReader.ReadAsync(body.Memory, boundary);
        return (facts, boundary, error);
    }
}
