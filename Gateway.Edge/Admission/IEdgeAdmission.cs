using Gateway.Core.Admission.Shared;

namespace Gateway.Edge.Admission;

/// <summary>Decides on requests: the shared state when it is there, and what the Edge does by itself otherwise. Thread-safe; throws only when it is cancelled.</summary>
internal interface IEdgeAdmission
{
    /// <summary>A configured shared state is not used at the moment.</summary>
    bool IsDegraded { get; }

    /// <summary>All limits and budgets at once, or nothing.</summary>
    /// <remarks>Cancelled before its answer, it gives back by itself what the request may hold.</remarks>
    ValueTask<AdmissionAnswer> AdmitAsync(AdmissionRequest request, CancellationToken cancellationToken);

    /// <summary>What <see cref="AdmitAsync"/> would see, without changing anything.</summary>
    ValueTask<AdmissionAnswer> PeekAsync(AdmissionRequest request, CancellationToken cancellationToken);

    /// <summary>Gives back what a request holds that no Router got. Returns at once; it is repeated until it is done.</summary>
    void Void(Hold hold);

    /// <summary>
    /// The client has the whole answer. Whoever settled it may not have told the shared state yet: what only this process counts can be given back now, so that the next request
    /// of a client that sends one after the other finds its place free. Returns at once; nothing to do is right, too.
    /// </summary>
    void Ended(Hold hold)
    {
    }
}
