using System.Collections.Concurrent;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Configuration;

namespace Microsoft.Extensions.ServiceDiscovery;

/// <summary>Turns a service name into addresses: configuration section "Services" first, then the name itself as a DNS name.</summary>
public sealed class ServiceEndpointResolver : IAsyncDisposable
{
    private readonly IConfiguration _configuration;
    private readonly ConcurrentDictionary<string, ServiceEndpointSource> _known = new();

    internal ServiceEndpointResolver(IConfiguration configuration) => _configuration = configuration;

    public ValueTask<ServiceEndpointSource> GetEndpointsAsync(string serviceName, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(serviceName);
        cancellationToken.ThrowIfCancellationRequested();
        if (!_known.TryGetValue(serviceName, out var source) || source.ChangeToken.HasChanged)
        {
            _known[serviceName] = source = Resolve(Query.Parse(serviceName));
        }
        return new(source);
    }

    public ValueTask DisposeAsync() => default;

    private ServiceEndpointSource Resolve(Query query)
    {
        // The token is taken before the values are read: a reload in between is then seen, not lost.
        var changed = _configuration.GetReloadToken();
        var found = Configured(query);
        if (found.Count == 0)
        {
            found.Add(ServiceEndpoint.Create(EndPoints.From(query.Service, query.Port)));
        }
        return new(found, changed, new FeatureCollection());
    }

    private List<ServiceEndpoint> Configured(Query query)
    {
        var service = _configuration.GetSection("Services").GetSection(query.Service);
        string[] names = query.Endpoint is { } name ? [name] : ["default", .. query.Schemes];
        var section = names.Select(service.GetSection).FirstOrDefault(static candidate => candidate.Exists());
        if (section is null)
        {
            return [];
        }

        var all = new List<ServiceEndpoint>();
        IEnumerable<IConfigurationSection> values = string.IsNullOrWhiteSpace(section.Value) ? section.GetChildren() : [section];
        foreach (var value in values)
        {
            if (value != section && !int.TryParse(value.Key, out _))
            {
                throw new KeyNotFoundException($"Services:{query.Service}:{section.Key} has the non-numeric key '{value.Key}'.");
            }
            all.Add(ServiceEndpoint.TryParse(value.Value, out var endpoint)
                ? endpoint
                : throw new KeyNotFoundException($"Services:{query.Service}:{section.Key} has an invalid value at key '{value.Key}'."));
        }
        return query.Schemes.Length == 0 ? all : BestScheme(all, query.Schemes);
    }

    // Only the best scheme that is present counts; an address without a scheme fits every query.
    private static List<ServiceEndpoint> BestScheme(List<ServiceEndpoint> all, string[] schemes)
    {
        var ranks = all.ConvertAll(endpoint => endpoint.EndPoint is UriEndPoint uri ? Array.IndexOf(schemes, uri.Uri.Scheme) : int.MaxValue);
        var best = ranks.Where(static rank => rank is >= 0 and < int.MaxValue).DefaultIfEmpty(-1).Min();
        return all.Where((_, index) => ranks[index] == int.MaxValue || (best >= 0 && ranks[index] == best)).ToList();
    }
}
