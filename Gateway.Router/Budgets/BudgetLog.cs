namespace Gateway.Router.Budgets;

internal static partial class BudgetLog
{
    [LoggerMessage(3110, LogLevel.Error, "A settlement failed; it is tried again.")]
    public static partial void SettlementFailed(this ILogger logger, Exception exception);
}
