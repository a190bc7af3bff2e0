using Gateway.Core.Catalog;
using Gateway.Core.Configuration;

namespace Gateway.Edge.Routes;

/// <summary>The path routes of one configuration.</summary>
internal sealed class PathRoutes
{
    // What clients call. Nothing of the operators' is served anywhere but at its own path.
    private static readonly string[] Served = ["/v1", "/v1beta", "/api"];

    private readonly PathRoute[] _routes;

    public PathRoutes(GatewayConfig config, ModelDirectory models) =>
        _routes = [.. config.Routes.Where(static route => route.Path.Length > 1).Select(route => new PathRoute(route, models)).OrderByDescending(static route => route.Path.Length)];

    public bool IsEmpty => _routes.Length == 0;

    /// <summary>The longest route that a path lies below.</summary>
    /// <param name="path">Compared exactly, segment by segment.</param>
    /// <param name="rest">The endpoint's own path.</param>
    /// <returns>Null when the path is no route's.</returns>
    public PathRoute? Find(PathString path, out PathString rest)
    {
        foreach (var route in _routes)
        {
            if (path.StartsWithSegments(route.Path, StringComparison.Ordinal, out rest) && IsServed(rest))
            {
                return route;
            }
        }

        rest = default;
        return null;
    }

    private static bool IsServed(PathString rest)
    {
        foreach (var root in Served)
        {
            if (rest.StartsWithSegments(root, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }
}
