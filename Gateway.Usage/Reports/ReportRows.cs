using System.Globalization;
using Gateway.Core.Journal;
using Gateway.Usage.Ledger;

namespace Gateway.Usage.Reports;

/// <summary>From what the ledger says to what a report shows.</summary>
internal static class ReportRows
{
    public static RequestRow Of(UsageFinal final)
    {
        var intent = final.Intent;
        return new RequestRow
        {
            Id = intent.RequestId.ToString(),
            Time = DateTimeOffset.FromUnixTimeMilliseconds(intent.TimeUnixMs).ToString("yyyy-MM-ddTHH:mm:ss.fffZ", CultureInfo.InvariantCulture),
            Key = intent.KeyId,
            Team = intent.Team,
            User = intent.User,
            Model = intent.RequestedModel,
            Deployment = intent.Deployment,
            Status = final.Status,
            Ending = Word(final.Ending),
            Stream = intent.Stream,
            InputTokens = final.Usage.Input,
            CachedTokens = final.Usage.CachedInput,
            CacheWriteTokens = final.Usage.CacheWrite,
            OutputTokens = final.Usage.Output,
            ReasoningTokens = final.Usage.Reasoning,
            AudioInputTokens = final.Usage.AudioInput,
            AudioOutputTokens = final.Usage.AudioOutput,
            CostNanoUsd = final.CostNanoUsd,
            Estimated = ((final.Flags | intent.Flags) & UsageFlags.Estimated) != 0,
            DurationMs = final.DurationMs,
            TtftMs = final.TimeToFirstTokenMs,
            AttemptCount = final.Attempts,
            Attempts = final.AttemptRecords.Count > 0 ? [.. final.AttemptRecords.OrderBy(static attempt => attempt.Number).Select(Of)]
                : final.Attempts == 0 ? []
                : [Of(Known(final))],
        };
    }

    // A record of an old layout tells of the last attempt what it tells of the request.
    private static UsageAttempt Known(UsageFinal final) => new()
    {
        Number = final.Attempts,
        Deployment = final.Intent.Deployment,
        Ending = final.Ending,
        UpstreamStatus = final.Status,
        AnsweredModel = final.AnsweredModel,
        Usage = final.Usage,
        CostNanoUsd = final.CostNanoUsd,
        Flags = final.Flags,
        DurationMs = final.DurationMs,
        TimeToFirstTokenMs = final.TimeToFirstTokenMs,
    };

    private static AttemptRow Of(UsageAttempt attempt) => new()
    {
        Number = attempt.Number,
        Deployment = attempt.Deployment,
        Credential = attempt.Credential,
        Ending = Word(attempt.Ending),
        UpstreamStatus = attempt.UpstreamStatus,
        Failure = attempt.Failure,
        Model = attempt.AnsweredModel,
        InputTokens = attempt.Usage.Input,
        CachedTokens = attempt.Usage.CachedInput,
        CacheWriteTokens = attempt.Usage.CacheWrite,
        OutputTokens = attempt.Usage.Output,
        ReasoningTokens = attempt.Usage.Reasoning,
        CostNanoUsd = attempt.CostNanoUsd,
        Estimated = (attempt.Flags & UsageFlags.Estimated) != 0,
        StartMs = attempt.StartMs,
        DurationMs = attempt.DurationMs,
        TtftMs = attempt.TimeToFirstTokenMs,
        Hedge = attempt.IsHedge,
    };

    public static UsageRow Of(UsageCounters sum, IReadOnlyList<UsageDimension> dimensions, IReadOnlyList<string> values)
    {
        string? Value(UsageDimension dimension)
        {
            for (var i = 0; i < dimensions.Count; i++)
            {
                if (dimensions[i] == dimension)
                {
                    return values[i];
                }
            }

            return null;
        }

        return new UsageRow
        {
            Key = Value(UsageDimension.Key),
            Model = Value(UsageDimension.Model),
            Deployment = Value(UsageDimension.Deployment),
            Provider = Value(UsageDimension.Provider),
            Team = Value(UsageDimension.Team),
            User = Value(UsageDimension.User),
            Organisation = Value(UsageDimension.Organisation),
            Tag = Value(UsageDimension.Tag),
            Hour = Value(UsageDimension.Hour),
            Day = Value(UsageDimension.Day),
            Month = Value(UsageDimension.Month),
            Status = Value(UsageDimension.Status),
            Requests = sum.Requests,
            InputTokens = sum.InputTokens,
            CachedTokens = sum.CachedTokens,
            CacheWriteTokens = sum.CacheWriteTokens,
            OutputTokens = sum.OutputTokens,
            ReasoningTokens = sum.ReasoningTokens,
            AudioInputTokens = sum.AudioInputTokens,
            AudioOutputTokens = sum.AudioOutputTokens,
            CostNanoUsd = sum.CostNanoUsd,
        };
    }

    private static string Word(RequestEnding ending) => ending switch
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
