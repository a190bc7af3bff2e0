using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace Gateway.ServiceDefaults.Telemetry;

internal static class LogDefaults
{
    public static void Add(IHostApplicationBuilder builder, bool exports)
    {
        builder.Services.Configure<SimpleConsoleFormatterOptions>(static options =>
        {
            options.SingleLine = true;
            options.UseUtcTimestamp = true;
            options.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ ";
        });

        // The alternative is to wait for whoever reads stdout, and it would be a socket thread that waits.
        if (builder.Configuration["Logging:Console:QueueFullMode"] is null)
        {
            builder.Services.Configure<ConsoleLoggerOptions>(static options => options.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite);
        }

        // Without a name the console takes its old, deprecated options instead of those above. Logging:Console:FormatterName still wins.
        builder.Services.PostConfigure<ConsoleLoggerOptions>(static options => options.FormatterName ??= ConsoleFormatterNames.Simple);
        builder.Services.Configure<LoggerFilterOptions>(options =>
        {
            // In front, so that the operator's own Logging:LogLevel, which comes later, wins where it names the same category.
            Insert(options, "Microsoft.AspNetCore", LogLevel.Warning);
            Insert(options, "System.Net.Http.HttpClient", LogLevel.Warning);
            if (!exports)
            {
                // ASP.NET Core makes an Activity for each request if this logger is on for Critical, even with no listener
                // (HostingApplicationDiagnostics.BeginRequest). It logs only starts and ends of requests.
                Insert(options, "Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
            }
        });
    }

    private static void Insert(LoggerFilterOptions options, string category, LogLevel level) =>
        options.Rules.Insert(0, new LoggerFilterRule(providerName: null, category, level, filter: null));
}
