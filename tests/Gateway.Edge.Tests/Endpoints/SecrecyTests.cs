using System.Collections.Concurrent;
using Gateway.Edge.Tests.Rig;
using Microsoft.Extensions.Logging;

namespace Gateway.Edge.Tests.Endpoints;

public sealed class SecrecyTests
{
    private const string Canary = "canary-of-a-prompt";

    [Fact]
    public async Task Log_HoldsNoKeyAndNoContent_WhateverGoesWrong()
    {
        var log = new CollectingLog();
        await using var router = await FakeService.StartAsync();
        await using var edge = await EdgeServer.StartAsync([router.Url], log: log);
        var chat = $$"""{"model":"gpt-4o","messages":[{"role":"user","content":"{{Canary}}"}]}""";

        await SendAsync(edge, EdgeServer.Key, EdgeServer.Chat, chat);
        await SendAsync(edge, "canary-of-a-key", EdgeServer.Chat, chat);
        await SendAsync(edge, null, EdgeServer.Chat + "?key=canary-of-a-key", chat);
        await SendAsync(edge, EdgeServer.Key, EdgeServer.Chat, $$"""{"model":"{{Canary}}","messages":[{}]}""");
        await SendAsync(edge, EdgeServer.Key, EdgeServer.Chat, $$"""{"model":"gpt-4o","{{Canary}}":""");
        router.Answer = static context =>
        {
            context.Abort();
            return Task.CompletedTask;
        };
        await SendAsync(edge, EdgeServer.Key, EdgeServer.Chat, chat);
        await SendAsync(edge, EdgeServer.AdminKey, EdgeServer.Chat, chat);

        var lines = string.Join('\n', log.Lines);
        // The refusals are there, so the collector collects.
        Assert.Contains("invalid_api_key", lines, StringComparison.Ordinal);
        Assert.Contains("service_unavailable", lines, StringComparison.Ordinal);
        foreach (var secret in new[] { Canary, "canary-of-a-key", EdgeServer.Key, EdgeServer.AdminKey, EdgeServer.Secret })
        {
            Assert.DoesNotContain(secret, lines, StringComparison.Ordinal);
        }
    }

    private static async Task SendAsync(EdgeServer edge, string? key, string target, string body)
    {
        using var client = edge.Client(key);
        using var content = EdgeServer.Json(body);
        using var response = await client.PostAsync(target, content);
    }

    private sealed class CollectingLog : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            Lines.Enqueue($"{eventId.Id} {formatter(state, exception)} {exception}");

        public void Dispose()
        {
        }
    }
}
