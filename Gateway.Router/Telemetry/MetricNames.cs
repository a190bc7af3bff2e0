using Gateway.Core.Journal;
using Gateway.Router.Pipeline;

namespace Gateway.Router.Telemetry;

/// <summary>Values of labels. Each is a name of the document or a word of a closed list: clients can make no new ones.</summary>
internal static class MetricNames
{
    /// <summary>Stands for every name that the document does not have.</summary>
    public const string Other = "other";

    /// <summary>Where there was none: no model was resolved, no deployment was asked.</summary>
    public const string None = "none";

    /// <summary>The model that the client asked for.</summary>
    public static string ModelOf(LlmExchange exchange) => exchange.Group?.MetricName ?? None;

    public static string Of(RequestEnding ending) => ending switch
    {
        RequestEnding.Completed => "completed",
        RequestEnding.UpstreamError => "upstream_error",
        RequestEnding.UpstreamFailed => "upstream_failed",
        RequestEnding.ClientGone => "client_gone",
        RequestEnding.DeadlineExceeded => "deadline_exceeded",
        RequestEnding.Refused => "refused",
        RequestEnding.Recovered => "recovered",
        RequestEnding.Superseded => "superseded",
        RequestEnding.BudgetCut => "budget_cut",
    };
}
