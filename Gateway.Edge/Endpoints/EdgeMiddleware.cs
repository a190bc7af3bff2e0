using System.Diagnostics;
using Gateway.Core;
using Gateway.Core.Errors;
using Gateway.Edge.Abuse;
using Gateway.Edge.Telemetry;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Edge.Endpoints;

/// <summary>
/// Around every request: a request id, the input rules, and one shape for every error, whoever found it.
/// </summary>
internal sealed class EdgeMiddleware(RequestDelegate next, EdgeSnapshots snapshots, EdgeErrors errors, MemoryGate memory, LlmMetrics metrics, TimeProvider time)
{
    /// <summary>
    /// Bytes over the limit that are still read, and dropped, after the refusal (for at most 5 s, the server's bound): to close on a client
    /// that is still sending resets the connection, and it would never see the 413.
    /// </summary>
    private const long DrainedBytes = 64 * 1024 * 1024;

    public Task InvokeAsync(HttpContext context)
    {
        var snapshot = snapshots.Current;
        var id = Guid.CreateVersion7(time.GetUtcNow()).ToString();
        context.TraceIdentifier = id;
        Activity.Current?.SetTag("gateway.request.id", id);
        var headers = context.Response.Headers;
        headers[GatewayHeaders.RequestId] = id;
        headers[GatewayHeaders.ConfigGeneration] = snapshot.GenerationText;
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
        {
            // PooledBody keeps the limit of the document and says it better; this one ends what the server drains.
            limit.MaxRequestBodySize = snapshot.MaxBodyBytes + DrainedBytes;
        }

        return (InputRules.Check(context) ?? CheckMemory(context)) is { } refused ? RefuseAsync(context, refused) : RunAsync(context, snapshot);
    }

    private Task RefuseAsync(HttpContext context, GatewayError error)
    {
        if (LlmMetrics.EndpointOf(context) is { } endpoint)
        {
            metrics.Refused(endpoint.Operation, error);
        }

        return errors.WriteAsync(context, error);
    }

    /// <summary>Operators get through: they may be the ones who help.</summary>
    private GatewayError? CheckMemory(HttpContext context) =>
        HttpMethods.IsPost(context.Request.Method) && context.GetEndpoint()?.Metadata.GetMetadata<EdgePolicy>() is { Access: EdgeAccess.VirtualKey } ? memory.Refuse() : null;

    private async Task RunAsync(HttpContext context, EdgeSnapshot snapshot)
    {
        try
        {
            await next(context);
            if (!context.Response.HasStarted)
            {
                await DescribeUnroutedAsync(context);
            }
        }
        catch (GatewayException refused)
        {
            NoteFailed(context, refused.Error);
            await errors.WriteAsync(context, refused.Error);
        }
        catch (BadHttpRequestException bad)
        {
            var error = bad.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? BodyErrors.TooLarge(snapshot.MaxBodyBytes).Error
                : new GatewayError(GatewayErrorKind.InvalidRequest, $"The request could not be read: {bad.Message}");
            NoteFailed(context, error);
            await errors.WriteAsync(context, error);
        }
#pragma warning disable CA1031 // The last frame of the request: whatever else happens, the client gets an answer of our shape, or a reset.
        catch (Exception failure)
        {
            if (!EdgeErrors.IsGone(context, failure))
            {
                NoteFailed(context, EdgeErrors.Bug);
            }

            await errors.WriteUnexpectedAsync(context, failure);
        }
#pragma warning restore CA1031
    }

    /// <summary>The request itself is counted where it is served.</summary>
    private void NoteFailed(HttpContext context, GatewayError error)
    {
        if (LlmMetrics.EndpointOf(context) is not null)
        {
            metrics.Failed(error, LlmMetrics.NoModel);
        }
    }

    private Task DescribeUnroutedAsync(HttpContext context) => context.Response.StatusCode switch
    {
        StatusCodes.Status404NotFound => errors.WriteAsync(context, UnknownPaths.Describe(context.Request)),
        StatusCodes.Status405MethodNotAllowed => errors.WriteAsync(context, new GatewayError(
            GatewayErrorKind.MethodNotAllowed, $"The endpoint takes {context.Response.Headers.Allow}, not {UnknownPaths.MethodOf(context.Request)}.")),
        _ => Task.CompletedTask,
    };
}
