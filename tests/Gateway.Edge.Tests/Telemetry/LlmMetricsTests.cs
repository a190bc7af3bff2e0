using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Gateway.Edge.Tests.Rig;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Edge.Tests.Telemetry;

/// <summary>What the Edge counts of requests to models.</summary>
public sealed class LlmMetricsTests : IAsyncLifetime
{
    private FakeService _router = null!;
    private EdgeServer _edge = null!;
    private Measured _measured = null!;

    public async Task InitializeAsync()
    {
        _router = await FakeService.StartAsync();
        _edge = await EdgeServer.StartAsync([_router.Url]);
        _measured = new Measured(_edge);
    }

    public async Task DisposeAsync()
    {
        _measured.Dispose();
        await _edge.DisposeAsync();
        await _router.DisposeAsync();
    }

    [Fact]
    public async Task Every_request_to_a_model_is_counted_whatever_became_of_it()
    {
        await SendAsync(EdgeServer.ChatBody);
        await SendAsync(EdgeServer.ChatBody.Replace("gpt-4o", "fast", StringComparison.Ordinal));
        await SendAsync(EdgeServer.ChatBody, key: null);
        await SendAsync("[", EdgeServer.Key);
        await SendAsync(EdgeServer.ChatBody, "gw-narrow-key");
        await SendAsync(new string('x', 2 * 1024 * 1024));
        _router.Answer = static context =>
        {
            context.Response.StatusCode = 502;
            return context.Response.WriteAsync("{}");
        };
        await SendAsync(EdgeServer.ChatBody);

        await _measured.UntilAsync("llm.requests", 7);
        Assert.Equal(
            [
                "operation=chat model=gpt-4o status=200 = 1",
                "operation=chat model=gpt-4o status=403 = 1",
                "operation=chat model=gpt-4o status=502 = 1",
                "operation=chat model=gpt-4o-mini status=200 = 1",
                "operation=chat model=none status=400 = 1",
                "operation=chat model=none status=401 = 1",
                "operation=chat model=none status=413 = 1",
            ],
            _measured.Of("llm.requests"));

        // What a Router says is its own to count.
        Assert.Equal(
            [
                "code=invalid_request domain=caller model=none = 1",
                "code=missing_api_key domain=caller model=none = 1",
                "code=model_forbidden domain=policy model=gpt-4o = 1",
                "code=request_too_large domain=caller model=none = 1",
            ],
            _measured.Of("llm.errors"));
        Assert.Equal(
            ["gpt-4o failed", "gpt-4o ok", "gpt-4o refused", "gpt-4o-mini ok", "none refused"],
            _measured.Of("llm.request.duration").Select(static line => line.Split('=', ' ')).Select(static words => $"{words[3]} {words[5]}"));
    }

    [Fact]
    public async Task Refused_before_it_was_read_is_counted_once()
    {
        using var client = _edge.Client();
        using var request = EdgeServer.Post(EdgeServer.Chat, EdgeServer.ChatBody);
        request.Content!.Headers.ContentEncoding.Add("gzip");
        using var response = await client.SendAsync(request);

        await _measured.UntilAsync("llm.requests", 1);
        Assert.Equal(["operation=chat model=none status=415 = 1"], _measured.Of("llm.requests"));
        Assert.Equal(["code=unsupported_media_type domain=caller model=none = 1"], _measured.Of("llm.errors"));
    }

    [Fact]
    public async Task Other_endpoints_are_not_counted()
    {
        using var client = _edge.Client();
        using var models = await client.GetAsync("/v1/models");
        using var nothing = await client.GetAsync("/v1/nothing");
        await SendAsync(EdgeServer.ChatBody);

        await _measured.UntilAsync("llm.requests", 1);
        Assert.Equal(["operation=chat model=gpt-4o status=200 = 1"], _measured.Of("llm.requests"));
        Assert.Empty(_measured.Of("llm.errors"));
    }

    [Fact]
    public async Task An_open_request_is_active_until_its_end()
    {
        var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _router.Answer = context => end.Task;
        var open = SendAsync(EdgeServer.ChatBody);
        await _router.NextAsync();

        Assert.Equal([" = 1"], _measured.Of("llm.active.connections"));
        end.SetResult();
        await open;

        await _measured.UntilAsync("llm.requests", 1);
        Assert.Equal([" = 0"], _measured.Of("llm.active.connections"));
    }

    [Fact]
    public async Task A_client_that_leaves_is_nobodys_error()
    {
        _router.Answer = static async context => await Task.Delay(Timeout.InfiniteTimeSpan, context.RequestAborted).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        using var leave = new CancellationTokenSource();
        using var client = _edge.Client();
        using var request = EdgeServer.Post(EdgeServer.Chat, EdgeServer.ChatBody);
        var open = client.SendAsync(request, leave.Token);
        await _router.NextAsync();
        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => open);

        await _measured.UntilAsync("llm.requests", 1);
        Assert.Equal(["operation=chat model=gpt-4o status=499 = 1"], _measured.Of("llm.requests"));
        Assert.Empty(_measured.Of("llm.errors"));
    }

    [Fact]
    public async Task The_overhead_is_what_is_left_without_the_upstream()
    {
        await SendAsync(EdgeServer.ChatBody);
        _router.Answer = static context =>
        {
            // Longer than all of it took: nothing is left.
            context.Response.Headers["server-timing"] = "upstream;dur=999999";
            return context.Response.WriteAsync("{}");
        };
        await SendAsync(EdgeServer.ChatBody);

        await _measured.UntilAsync("llm.requests", 2);

        // The first answer did not say what its upstream took.
        Assert.Equal([" = 1"], _measured.Of("gateway.overhead"));
        Assert.Equal(0, _measured.Seconds("gateway.overhead"));
    }

    [Fact]
    public async Task Names_that_clients_invent_make_no_series()
    {
        await FloodAsync(40);
        await _measured.UntilAsync("llm.requests", 40);
        var before = _measured.Count;
        await FloodAsync(120);
        await _measured.UntilAsync("llm.requests", 160);

        Assert.Equal(before, _measured.Count);
        Assert.Contains(_measured.Of("llm.requests"), static line => line.StartsWith("operation=chat model=other status=", StringComparison.Ordinal));

        async Task FloodAsync(int requests)
        {
            for (var i = 0; i < requests; i++)
            {
                var name = Guid.NewGuid().ToString("N");
                var model = (i % 4) switch { 0 => name, 1 => $"other/{name}", 2 => $"text-{name}", _ => "gpt-4o" };
                await SendAsync($$"""{"model":"{{model}}","user":"{{name}}","messages":[{"role":"user","content":"hi"}]}""", i % 8 < 4 ? EdgeServer.Key : name);
            }
        }
    }

    private async Task SendAsync(string body, string? key = EdgeServer.Key)
    {
        using var client = _edge.Client(key);
        using var content = EdgeServer.Json(body);
        using var response = await client.PostAsync(EdgeServer.Chat, content);
        await response.Content.ReadAsStringAsync();
    }

    /// <summary>What one Edge measures, others in this process left out.</summary>
    private sealed class Measured : IDisposable
    {
        private readonly MeterListener _listener;
        private readonly ConcurrentDictionary<(string Instrument, string Tags), double> _series = new();
        private readonly ConcurrentDictionary<string, double> _seconds = new(StringComparer.Ordinal);

        public Measured(EdgeServer edge)
        {
            var factory = edge.Services.GetRequiredService<IMeterFactory>();
            _listener = new MeterListener
            {
                InstrumentPublished = (instrument, self) =>
                {
                    if (instrument.Meter.Name == "Gateway.Edge" && ReferenceEquals(instrument.Meter.Scope, factory))
                    {
                        self.EnableMeasurementEvents(instrument);
                    }
                },
            };
            _listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Add(instrument, value, tags));
            _listener.SetMeasurementEventCallback<int>((instrument, value, tags, _) => Add(instrument, value, tags));
            _listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) =>
            {
                _seconds.AddOrUpdate(instrument.Name, value, (_, before) => before + value);
                Add(instrument, 1, tags);
            });
            _listener.Start();
        }

        public int Count => _series.Count;

        public double Seconds(string instrument) => _seconds[instrument];

        public void Dispose() => _listener.Dispose();

        public string[] Of(string instrument)
        {
            _listener.RecordObservableInstruments();
            return [.. _series.Where(pair => pair.Key.Instrument == instrument).Select(static pair => FormattableString.Invariant($"{pair.Key.Tags} = {pair.Value}")).Order(StringComparer.Ordinal)];
        }

        /// <summary>A request is counted after its client has read the end.</summary>
        public async Task UntilAsync(string instrument, int sum)
        {
            using var deadline = new CancellationTokenSource(EdgeServer.Patience);
            using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
            while (_series.Where(pair => pair.Key.Instrument == instrument).Sum(static pair => pair.Value) < sum)
            {
                await tick.WaitForNextTickAsync(deadline.Token);
            }
        }

        private void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var labels = "";
            foreach (var (key, tag) in tags)
            {
                labels += $"{(labels.Length == 0 ? "" : " ")}{key}={tag}";
            }

            _series.AddOrUpdate((instrument.Name, labels), value, (_, before) => instrument.IsObservable ? value : before + value);
        }
    }
}
