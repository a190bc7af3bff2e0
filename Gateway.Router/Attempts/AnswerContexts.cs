using Gateway.Router.Protocols;

namespace Gateway.Router.Attempts;

internal static class AnswerContexts
{
    /// <summary>What the writer of the client's protocol must know about this answer.</summary>
    public static AnswerContext For(Attempt attempt)
    {
        var exchange = attempt.Exchange;
        var request = attempt.Call.Translation!.Request;
        return new AnswerContext
        {
            Call = exchange.Call,
            Model = attempt.Deployment.EchoesModel ? attempt.Deployment.Model : exchange.Facts.Model,
            RequestId = exchange.RequestId,
            Created = attempt.UtcNow,
            IncludeUsage = request.IncludeUsage,
            ClientState = request.ClientState,
            Notes = attempt.Call.Translation!.Notes,
            EstimatedInput = exchange.Intent?.EstimatedInputTokens ?? 0,
            Elapsed = () => exchange.Elapsed,
        };
    }
}
