using Gateway.Core.Errors;

namespace Gateway.Router.Budgets;

/// <summary>What clients hear where money decides.</summary>
internal static class BudgetErrors
{
    public static readonly GatewayError Cut = new(
        GatewayErrorKind.BudgetExceeded, "The answer was cut: it used up the money that was held for it. Ask for a shorter answer, or raise the budget.");

    public static readonly GatewayError Unavailable = new(
        GatewayErrorKind.BudgetUnavailable, "This request needs more money than is held for it, and budgets cannot be asked at the moment. Try again later.", RetryAfter: TimeSpan.FromSeconds(2));

    /// <summary>The store's word for never is a year.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(300);

    /// <param name="retryAfter">When the budget suffices again; zero where it is not known.</param>
    public static GatewayError Exceeded(TimeSpan retryAfter) => new(
        GatewayErrorKind.BudgetExceeded, "Your budget does not suffice for what this request would still cost. Ask for a cheaper model or a shorter answer, or raise the budget.",
        RetryAfter: retryAfter > TimeSpan.Zero && retryAfter < Longest ? retryAfter : null);

    public static GatewayError NotPriced(string model) => new(
        GatewayErrorKind.ModelNotPriced, $"No deployment of the model '{model}' that could serve you has a price, and your budget must not be overspent. Ask for another model, or have it priced.", "model");
}
