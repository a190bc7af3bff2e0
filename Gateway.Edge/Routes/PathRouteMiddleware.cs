namespace Gateway.Edge.Routes;

/// <summary>
/// Before the routing: takes the path of a route off, so that the endpoint below it is found as at its own path. The table of endpoints is
/// made at start; routes follow the document.
/// </summary>
internal sealed class PathRouteMiddleware(RequestDelegate next, EdgeSnapshots snapshots)
{
    public Task InvokeAsync(HttpContext context)
    {
        Apply(snapshots.Current.Routes, context);
        return next(context);
    }

    public static void Apply(PathRoutes routes, HttpContext context)
    {
        if (!routes.IsEmpty && routes.Find(context.Request.Path, out var rest) is { } route)
        {
            context.Features.Set(route);
            context.Request.PathBase += route.Path;
            context.Request.Path = rest;
        }
    }
}
