using System.ComponentModel.DataAnnotations;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Gateway.ServiceDefaults.Tests.Startup;

public sealed class StartupProblemTests : IDisposable
{
    private readonly TextWriter _before = Console.Error;
    private readonly StringWriter _stderr = new();

    public StartupProblemTests() => Console.SetError(_stderr);

    public void Dispose() => Console.SetError(_before);

    [Fact]
    public void RunService_PortIsTaken_OneLineNamesTheAddressAndWhatToChange()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var address = $"http://127.0.0.1:{((IPEndPoint)other.LocalEndpoint).Port}";

        var log = new ErrorLog();
        var code = TestService.Build(builder => builder.Logging.AddProvider(log), ("urls", address)).RunService();

        Assert.Equal(1, code);
        Assert.Empty(log.Lines);
        var line = Assert.Single(_stderr.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.Contains($"cannot start: Failed to bind to address {address}: address already in use.", line, StringComparison.Ordinal);
        Assert.Contains("ASPNETCORE_URLS", line, StringComparison.Ordinal);
        Assert.Contains("GATEWAY_PORT", line, StringComparison.Ordinal);
    }

    [Fact]
    public void RunService_OptionsAreInvalid_EachFailureIsALine()
    {
        var code = Run(new OptionsValidationException("x", typeof(object), ["Cooldown.Duration is 0 s; use 1 s or more.", "Cooldown.Failures is 0."]));

        Assert.Equal(1, code);
        Assert.EndsWith("cannot start: Cooldown.Duration is 0 s; use 1 s or more.\nCooldown.Failures is 0.\n", _stderr.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void RunService_ConfigurationExceptionInsideAnother_ItsMessageAloneIsPrinted()
    {
        var code = Run(new InvalidOperationException("outer", new MadeUpConfigurationException("gateway.yaml:3: unknown key 'modles', did you mean 'models'?")));

        Assert.Equal(1, code);
        Assert.EndsWith("cannot start: gateway.yaml:3: unknown key 'modles', did you mean 'models'?\n", _stderr.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void RunService_ValidationException_ItsMessageAloneIsPrinted()
    {
        Assert.Equal(1, Run(new ValidationException("GATEWAY_ADMIN_KEY is missing.")));
        Assert.EndsWith("cannot start: GATEWAY_ADMIN_KEY is missing.\n", _stderr.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void RunService_AnyOtherException_IsThrownAsItIs()
    {
        Assert.Throws<NotSupportedException>(() => Run(new NotSupportedException("a bug")));
        Assert.Empty(_stderr.ToString());
    }

    [Fact]
    public void RunService_ToldToStop_ReturnsZero()
    {
        var app = TestService.Build(configure: null);
        app.Lifetime.ApplicationStarted.Register(app.Lifetime.StopApplication);

        Assert.Equal(0, app.RunService());
    }

    private static int Run(Exception exception) => TestService.Build(builder => builder.Services.AddHostedService(_ => new Failing(exception))).RunService();

    private sealed class ErrorLog : ILoggerProvider, ILogger
    {
        public List<string> Lines { get; } = [];

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Add(formatter(state, exception));

        public void Dispose() { }
    }

    private sealed class MadeUpConfigurationException(string message) : Exception(message);

    private sealed class Failing(Exception exception) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => throw exception;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
