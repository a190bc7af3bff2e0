using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Gateway.Router.Tests.Hosting;

internal sealed record LogLine(LogLevel Level, int EventId, string Message)
{
    /// <summary>What was logged with it.</summary>
    public Exception? Exception { get; init; }
}

/// <summary>What the Router logged.</summary>
internal sealed class RecordedLogs : ILoggerProvider, ILogger
{
    private readonly ConcurrentQueue<LogLine> _lines = new();

    public IReadOnlyList<LogLine> Lines => [.. _lines];

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        _lines.Enqueue(new LogLine(logLevel, eventId.Id, formatter(state, exception)) { Exception = exception });

    public void Dispose()
    {
    }
}
