namespace Gateway.Core.Errors;

public static class FaultDomains
{
    /// <summary>As labels of metrics say it.</summary>
    public static string Word(this FaultDomain domain) => domain switch
    {
        FaultDomain.Caller => "caller",
        FaultDomain.Policy => "policy",
        FaultDomain.Gateway => "gateway",
        FaultDomain.Upstream => "upstream",
    };
}
