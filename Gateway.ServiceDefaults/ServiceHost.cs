using Microsoft.AspNetCore.Builder;

namespace Microsoft.Extensions.Hosting;

/// <summary>The builder that every service of the gateway starts from.</summary>
public static class ServiceHost
{
    private const string ReloadSwitch = "DOTNET_hostBuilder__reloadConfigOnChange";

    /// <summary>
    /// <see cref="WebApplication.CreateBuilder(string[])"/> without its watch over the content root. That watch is recursive: with
    /// the data folder below the working directory each journal record woke every service, which doubled the CPU of a request.
    /// The gateway's own document is watched by its own store. <c>DOTNET_hostBuilder__reloadConfigOnChange=true</c> brings it back.
    /// </summary>
    public static WebApplicationBuilder CreateBuilder(string[] args)
    {
        if (Environment.GetEnvironmentVariable(ReloadSwitch) is null)
        {
            Environment.SetEnvironmentVariable(ReloadSwitch, "false");
        }

        return WebApplication.CreateBuilder(args);
    }
}
