using Gateway.Core.Admission;

namespace Gateway.Edge.Admission;

/// <summary>How many Edges serve: what each of them admits alone is divided by it.</summary>
internal sealed class EdgePeers(EdgeAdmissionMetrics metrics) : Peers(Lifetime, Deaf)
{
    /// <summary>How often an Edge says that it lives.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    /// <summary>How long one that says nothing counts.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan Deaf = TimeSpan.FromSeconds(5);

    protected override void OnCounted(int count) => metrics.SetEdges(count);
}
