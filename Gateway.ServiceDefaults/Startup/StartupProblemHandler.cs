namespace Gateway.ServiceDefaults.Startup;

/// <summary>Catches start-up problems that arise before <see cref="Microsoft.Extensions.Hosting.ServiceRunner"/> runs, in Program.cs itself.</summary>
internal static class StartupProblemHandler
{
    public const int ExitCode = 1;

    private static int _installed;

    public static void Install()
    {
        if (Interlocked.Exchange(ref _installed, 1) == 0)
        {
            AppDomain.CurrentDomain.UnhandledException += static (_, thrown) =>
            {
                if (thrown.IsTerminating && StartupProblem.Describe(thrown.ExceptionObject as Exception) is { } message)
                {
                    Report(message);
                    // Leaving here is what keeps the runtime from printing the stack and dumping core.
                    Environment.Exit(ExitCode);
                }
            };
        }
    }

    public static void Report(string message) => Console.Error.WriteLine($"{AppDomain.CurrentDomain.FriendlyName} cannot start: {message}");
}
