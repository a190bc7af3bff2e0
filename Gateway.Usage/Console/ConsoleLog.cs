namespace Gateway.Usage.Console;

/// <summary>Event ids 5350-5359.</summary>
internal static partial class ConsoleLog
{
    [LoggerMessage(5350, LogLevel.Warning, "The console has no scripts and styles: npm was not there when this gateway was built, or could not reach its registry. Install Node.js 20 or newer and build again; the build says what is missing. Everything else works.")]
    public static partial void ConsoleIsBare(this ILogger logger);
}
