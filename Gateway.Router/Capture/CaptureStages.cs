using Gateway.Core.Configuration;
using Gateway.Core.Journal;
using Gateway.Core.Requests;
using Gateway.Router.Pipeline;
using Microsoft.AspNetCore.Http.Features;

namespace Gateway.Router.Capture;

/// <summary>Begins to keep the content of requests that the Edge says so of. One branch for all others.</summary>
/// <remarks>Behind the reading of the body: what the client sent is kept before anything rewrites it.</remarks>
internal sealed class CaptureStage(CaptureQueue queue) : ILlmStage
{
    public ValueTask InvokeAsync(LlmExchange exchange, LlmStageDelegate next)
    {
        if (exchange.Claims.Capture != CaptureLevel.None && Begin(exchange, queue) is { } capture
            && (capture.Level != CaptureLevel.Redacted || exchange.Claims.ModerationPolicy.Length == 0))
        {
            capture.TakeRequest(exchange);
        }

        return next(exchange);
    }

    /// <returns>Null where nothing can be kept now.</returns>
    public static RequestCapture? Begin(LlmExchange exchange, CaptureQueue queue)
    {
        // Files are kept by their provider, and no record of them has content.
        if (exchange.Endpoint.Kind == LlmKind.Files || !queue.HasRoom())
        {
            return null;
        }

        var capture = new RequestCapture(exchange.Claims.Capture, queue);
        var features = exchange.Http.Features;
        features.Set<IHttpResponseBodyFeature>(new CapturingBody(features.GetRequiredFeature<IHttpResponseBodyFeature>(), capture.Answer));
        exchange.Capture = capture;
        exchange.OnCompleted(capture);
        return capture;
    }
}

/// <summary>
/// Behind moderation: what a policy has masked must not be in a redacted copy, so its request is taken here. What a processor asks begins here, too, since it passes no stage before.
/// </summary>
internal sealed class CaptureModeratedStage(CaptureQueue queue) : ILlmStage
{
    public ValueTask InvokeAsync(LlmExchange exchange, LlmStageDelegate next)
    {
        if (exchange.Claims.Capture != CaptureLevel.None)
        {
            Take(exchange);
        }

        return next(exchange);
    }

    private void Take(LlmExchange exchange)
    {
        var capture = exchange.Capture ?? (exchange.Claims.Role == Core.Context.ContextRole.Service ? CaptureStage.Begin(exchange, queue) : null);

        // Where a policy could not be asked, nobody has masked what it masks.
        var isMasked = exchange.Claims.ModerationPolicy.Length == 0 || (exchange.Outcome.Flags & UsageFlags.Unmoderated) == 0;
        if (capture is { HasRequest: false } && (capture.Level != CaptureLevel.Redacted || isMasked))
        {
            capture.TakeRequest(exchange);
        }
    }
}
