using Gateway.Core.Errors;
using Gateway.Core.Requests;
using Gateway.Router.Pipeline;

namespace Gateway.Router.Processors;

/// <summary>
/// Has the text of the last user message rewritten by the processors of the path's route, one after the other. A processor that fails fails the request:
/// what was not rewritten is not what the operator wants sent.
/// </summary>
internal sealed class ProcessorStage(ProcessorCalls calls, ILogger<ProcessorStage> logger) : ILlmStage
{
    public ValueTask InvokeAsync(LlmExchange exchange, LlmStageDelegate next) =>
        exchange.Claims.Processors.Count == 0 ? next(exchange) : ProcessAsync(exchange, next);

    private async ValueTask ProcessAsync(LlmExchange exchange, LlmStageDelegate next)
    {
        if (UserTextReader.Find(exchange.Body.Span, exchange.Endpoint.Operation) is { } found)
        {
            var text = found.Text;
            foreach (var name in exchange.Claims.Processors)
            {
                if (!exchange.Config.Processors.TryGetValue(name, out var processor))
                {
                    // The Edge has another document than this Router: in a moment both have the same.
                    logger.ProcessorUnknown(exchange.RequestId, name);
                    throw new GatewayException(ProcessorCalls.Failed(name, StatusCodes.Status503ServiceUnavailable, TimeSpan.FromSeconds(1)));
                }

                text = await calls.AskAsync(exchange, processor, text, next);
            }

            Replace(exchange, found, text);
        }

        await next(exchange);
    }

    /// <summary>Takes the new text. The body must still ask for what was authorised.</summary>
    private static void Replace(LlmExchange exchange, UserText found, string text)
    {
        var body = found.Replace(exchange.Body.Span, text);
        if (RequestFactsReader.TryRead(body.Span, exchange.Endpoint.Operation, exchange.Path, out var facts, out _)
            && FactsComparison.FirstDifference(in facts, body.Span, exchange.Claims, exchange.Endpoint.Protocol) is null)
        {
            exchange.SetBody(body, in facts);
            return;
        }

        body.Release();
        throw new InvalidOperationException("A rewritten text changed what the body asks for.");
    }
}
