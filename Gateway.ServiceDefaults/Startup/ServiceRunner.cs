using Gateway.ServiceDefaults.Startup;
using Microsoft.AspNetCore.Builder;

namespace Microsoft.Extensions.Hosting;

public static class ServiceRunner
{
    /// <summary>Runs the service until it is told to stop. Like Run, but a problem that the operator can mend is one line on stderr.</summary>
    /// <returns>The exit code: 0, or 1 after a start-up problem, or what a part that stopped the service set. Anything else is thrown as it is.</returns>
    public static int RunService(this WebApplication app)
    {
        try
        {
#pragma warning disable RS0030 // The main thread is nobody's socket thread, so it may wait.
            RunAsync(app).GetAwaiter().GetResult();
#pragma warning restore RS0030
            return Environment.ExitCode;
        }
        catch (Exception exception) when (StartupProblem.Describe(exception) is { } message)
        {
            StartupProblemHandler.Report(message);
            return StartupProblemHandler.ExitCode;
        }
    }

    private static async Task RunAsync(WebApplication app)
    {
        await using (app)
        {
            await app.StartAsync();
            await app.WaitForShutdownAsync();
        }
    }
}
