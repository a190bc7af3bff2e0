namespace Gateway.ServiceDefaults.InternalCalls;

internal static class InternalAddress
{
    /// <summary>https where the other service offers it, else http; the name is looked up for each request.</summary>
    public static Uri Of(string serviceName) => new($"https+http://{serviceName}/");

    // Lives as long as the process, so it must look names up again by itself: hence the lifetime of its connections.
    public static SocketsHttpHandler CreateHandler() => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        ConnectTimeout = TimeSpan.FromSeconds(1),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    };
}
