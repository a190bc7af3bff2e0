namespace Gateway.Usage.Budgets.Alerts;

/// <summary>Event ids 5150-5159. A webhook's address is a secret of its owner and never logged.</summary>
internal static partial class AlertLog
{
    [LoggerMessage(5150, LogLevel.Warning, "Budget {Window} of {Scope} in organisation {Organisation} has reached {Percent} %: {SpentUsd} of {LimitUsd} USD.")]
    public static partial void BudgetReached(this ILogger logger, string organisation, string scope, string window, int percent, string spentUsd, string limitUsd);

    [LoggerMessage(5151, LogLevel.Warning, "The webhook for {Percent} % of budget {Window} of {Scope} could not be told, {Attempts} times: {Reason}.")]
    public static partial void WebhookFailed(this ILogger logger, string scope, string window, int percent, int attempts, string reason);

    [LoggerMessage(5152, LogLevel.Warning, "Too many alerts wait for their webhooks; the oldest is not told.")]
    public static partial void AlertDropped(this ILogger logger);

    [LoggerMessage(5153, LogLevel.Error, "Looking for budget alerts failed; it is tried again.")]
    public static partial void LookFailed(this ILogger logger, Exception exception);
}
