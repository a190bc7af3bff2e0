using Gateway.Core.Requests;
using Microsoft.Extensions.Primitives;
using Microsoft.Extensions.ServiceDiscovery;

namespace Gateway.Edge.Forwarding;

/// <summary>The addresses of one service as of the last change of service discovery, used in turn. Thread-safe.</summary>
internal sealed class ServiceEndpoints(ServiceEndpointResolver resolver, TimeProvider time, ILogger<ServiceEndpoints> logger, string service)
{
    /// <summary>The resolver stops watching what nobody asks it for, so that a change could go unseen for ever.</summary>
    private static readonly TimeSpan MaxAge = TimeSpan.FromSeconds(30);

    private static readonly string[] FixedPaths = [.. LlmEndpoint.Routed.Select(static endpoint => endpoint.Path)];

    private readonly string _query = $"https+http://{service}";
    private volatile Snapshot? _current;
    private uint _turn;
    private bool _isAway;
    private bool _rejects;

    /// <summary>Name of the service.</summary>
    public string Name { get; } = service;

    /// <summary>The addresses as of now; never empty, though nobody may listen there.</summary>
    public ValueTask<ServiceAddress[]> GetAsync(CancellationToken cancellationToken) =>
        _current is { } current && !current.Change.HasChanged && time.GetElapsedTime(current.ResolvedAt) < MaxAge ? new(current.Addresses) : ResolveAsync(cancellationToken);

    /// <summary>Where the next request begins to try.</summary>
    public uint NextTurn() => Interlocked.Increment(ref _turn);

    /// <summary>Notes that an address accepted nothing. Logged when it begins, not for each request: an outage must not fill the disk.</summary>
    public void NoteUnreachable(string error)
    {
        if (!Interlocked.Exchange(ref _isAway, true))
        {
            logger.ServiceUnreachable(Name, error);
        }
    }

    /// <summary>Notes that an address answered.</summary>
    public void NoteReached()
    {
        // Read first: on the path of every request this is a load, not a locked write.
        if (Volatile.Read(ref _isAway) && Interlocked.Exchange(ref _isAway, false))
        {
            logger.ServiceReached(Name);
        }
    }

    /// <summary>Notes that the service did not accept our signed context. Logged when it begins.</summary>
    public void NoteRejected()
    {
        if (!Interlocked.Exchange(ref _rejects, true))
        {
            logger.ContextRejected(Name);
        }
    }

    /// <summary>Notes that the service accepted our signed context.</summary>
    public void NoteAccepted()
    {
        if (Volatile.Read(ref _rejects) && Interlocked.Exchange(ref _rejects, false))
        {
            logger.ContextAccepted(Name);
        }
    }

    private async ValueTask<ServiceAddress[]> ResolveAsync(CancellationToken cancellationToken)
    {
        // Several requests may do this at the same moment: they come to the same answer, and it is rare.
        var source = await resolver.GetEndpointsAsync(_query, cancellationToken);
        var addresses = source.Endpoints.Select(static endpoint => new ServiceAddress(ServiceAddress.RootOf(endpoint.EndPoint), FixedPaths)).ToArray();
        if (_current?.Addresses.Length != addresses.Length)
        {
            logger.AddressesResolved(Name, addresses.Length);
        }

        _current = new Snapshot(addresses, source.ChangeToken, time.GetTimestamp());
        return addresses;
    }

    private sealed record Snapshot(ServiceAddress[] Addresses, IChangeToken Change, long ResolvedAt);
}
