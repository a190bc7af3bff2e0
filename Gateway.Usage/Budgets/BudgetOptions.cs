namespace Gateway.Usage.Budgets;

/// <summary>How Usage tells of budgets.</summary>
internal sealed class BudgetOptions
{
    public const string Section = "Gateway:Budgets";

    /// <summary>Permits webhooks on loopback, private and link-local addresses: for a receiver in the gateway's own network. Default no.</summary>
    public bool PrivateWebhooks { get; set; }
}
