using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace Gateway.ServiceDefaults.Tests.Telemetry;

public sealed class LogLevelTests
{
    [Theory]
    [InlineData(null, LogLevel.Warning)]
    [InlineData("Debug", LogLevel.Debug)]
    public async Task AspNetCoreLogs_ByDefaultOrBySetting_BeginAtThisLevel(string? setting, LogLevel lowest)
    {
        await using var app = TestService.Build(AddConsole, setting is null ? [] : [("Logging:LogLevel:Microsoft.AspNetCore", setting)]);

        var logger = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("Microsoft.AspNetCore.Routing");

        Assert.True(logger.IsEnabled(lowest));
        Assert.False(logger.IsEnabled(lowest - 1));
    }

    [Fact]
    public async Task ConsoleLogs_ByDefault_AreOneLineWithUtcTime()
    {
        await using var app = TestService.Build(AddConsole);

        var options = app.Services.GetRequiredService<IOptionsMonitor<SimpleConsoleFormatterOptions>>().CurrentValue;

        Assert.Equal(ConsoleFormatterNames.Simple, app.Services.GetRequiredService<IOptions<ConsoleLoggerOptions>>().Value.FormatterName);
        Assert.True(options is { SingleLine: true, UseUtcTimestamp: true });
    }

    [Theory]
    [InlineData(null, ConsoleLoggerQueueFullMode.DropWrite)]
    [InlineData("Wait", ConsoleLoggerQueueFullMode.Wait)]
    public async Task ConsoleLogs_NobodyReadsThem_HoldUpNoRequest(string? setting, ConsoleLoggerQueueFullMode mode)
    {
        await using var app = TestService.Build(AddConsole, ("Logging:Console:QueueFullMode", setting));

        Assert.Equal(mode, app.Services.GetRequiredService<IOptionsMonitor<ConsoleLoggerOptions>>().CurrentValue.QueueFullMode);
    }

    private static void AddConsole(WebApplicationBuilder builder) => builder.Logging.AddConsole();
}
