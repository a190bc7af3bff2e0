using Gateway.Core.Errors;
using Gateway.Core.Requests;

namespace Gateway.Router.Pipeline;

/// <summary>Reads the body into a pooled buffer and proves that it says what the Edge authorised: one body, one meaning.</summary>
internal sealed class BodyStage(ILogger<BodyStage> logger) : ILlmStage
{
    /// <summary>From here on reading the facts takes long enough to leave the socket thread.</summary>
    private const int HeavyBody = 64 * 1024;

    public async ValueTask InvokeAsync(LlmExchange exchange, LlmStageDelegate next)
    {
        var request = exchange.Http.Request;
        var limit = exchange.Config.Server.MaxBodyBytes;
        var body = await PooledReading.ReadAsync(request.Body, request.ContentLength, limit, exchange.Http.RequestAborted);
        if (body is null)
        {
            await exchange.RefuseAsync(TooLarge(limit));
            return;
        }

        exchange.SetBody(body, new RequestFacts { Model = "", ModelToken = default, CandidateCount = 1 });
        if (body.Length > HeavyBody)
        {
            await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        }

        if (exchange.Endpoint.Protocol == LlmProtocol.Gemini && GeminiPath.TryParseTarget(exchange.Claims.Path, out var path))
        {
            exchange.Path = path.Facts;
        }

        if (exchange.Endpoint.Kind == LlmKind.Files)
        {
            await (TryReadFiles(exchange) ? next(exchange) : MismatchAsync(exchange, "body"));
            return;
        }

        RequestFacts facts;
        GatewayError? error;
        if (exchange.Endpoint.IsForm)
        {
            (facts, error) = await ReadFormAsync(exchange, body);
        }
        else
        {
            RequestFactsReader.TryRead(body.Span, exchange.Endpoint.Operation, exchange.Path, out facts, out error);
        }

        if (error is not null)
        {
            // The Edge read these bytes without complaint: that the same reader refuses them here means they are not the same bytes.
            await MismatchAsync(exchange, error.Param ?? "body");
            return;
        }

        if (FactsComparison.FirstDifference(in facts, body.Span, exchange.Claims, exchange.Endpoint.Protocol) is { } field)
        {
            await MismatchAsync(exchange, field);
            return;
        }

        exchange.SetBody(body, in facts);
        await next(exchange);
    }

    private static ValueTask<(RequestFacts Facts, GatewayError? Error)> ReadFormAsync(LlmExchange exchange, RequestBody body)
    {
        if (!FormBoundary.TryParse(exchange.Http.Request.Headers.ContentType, out var boundary))
        {
            return ValueTask.FromResult<(RequestFacts, GatewayError?)>((default, new GatewayError(GatewayErrorKind.InvalidRequest, "The body is no form.")));
        }

        exchange.Form = boundary;
        return FormFactsReader.ReadAsync(body.Memory, boundary);
    }

    /// <summary>Files have no facts in their body: what is authorised stands in the signed path.</summary>
    private static bool TryReadFiles(LlmExchange exchange)
    {
        if (!FilesCall.TryParseClaim(exchange.Claims.Path, out var call))
        {
            return false;
        }

        exchange.Files = call;
        if (!call.HasBody)
        {
            return exchange.Body.Length == 0;
        }

        exchange.Form = FormBoundary.TryParse(exchange.Http.Request.Headers.ContentType, out var boundary) ? boundary : null;
        return exchange.Form is not null;
    }

    private static GatewayError TooLarge(long limit) =>
        new(GatewayErrorKind.BodyTooLarge, $"The request body is larger than {limit} bytes, the limit of this gateway (server.max_body).");

    private ValueTask MismatchAsync(LlmExchange exchange, string field)
    {
        logger.FactsMismatch(exchange.RequestId, field);
        return exchange.RefuseAsync(new GatewayError(
            GatewayErrorKind.FactsMismatch, "The request body does not mean what was authorised for it. Send each field once, and the same body that was signed.", field));
    }
}
