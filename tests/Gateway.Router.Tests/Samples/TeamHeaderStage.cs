using Gateway.Router.Pipeline;

namespace Gateway.Router.Tests.Samples;

// sample: stage
/// <summary>Tells the client in a header which team it is charged to.</summary>
internal sealed class TeamHeaderStage : ILlmStage
{
    public ValueTask InvokeAsync(LlmExchange exchange, LlmStageDelegate next)
    {
        // Before next: behind it the head has left, in streams long ago.
        if (exchange.Claims.Team is { Length: > 0 } team)
        {
            exchange.Http.Response.Headers["x-team"] = team;
        }

        return next(exchange);
    }
}
// end sample
