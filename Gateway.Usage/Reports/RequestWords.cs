using System.Collections.Frozen;
using System.Text.Json;
using Gateway.Core.Journal;
using Gateway.Core.Requests;

namespace Gateway.Usage.Reports;

/// <summary>Words of reports for what records say by number.</summary>
internal static class RequestWords
{
    // What a later Router writes may have no name here.
    private const string Unnamed = "other";

    private static readonly FrozenDictionary<LlmOperation, string> Operations =
        Enum.GetValues<LlmOperation>().ToFrozenDictionary(static value => value, static value => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString()));

    public static string Of(LlmOperation operation) => Operations.GetValueOrDefault(operation, Unnamed);

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
