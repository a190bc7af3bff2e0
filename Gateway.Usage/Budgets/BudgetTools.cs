using Gateway.Core.Admission.Shared;

namespace Gateway.Usage.Budgets;

/// <summary>What the keeping of budgets works with: the ledger's side and the store's side.</summary>
internal sealed record BudgetTools(
    BudgetBook Book, DispatchedRequests Dispatched, IBudgetAuthority Authority, IAdmissionStore Store, TimeProvider Time, BudgetMetrics Metrics, ILogger Logger);
