using System.Text.Json;
using System.Threading.Channels;
using Gateway.Usage.Budgets;
using Gateway.Usage.Budgets.Alerts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Gateway.Usage.Tests.Budgets.Alerts;

public sealed class AlertSenderTests
{
    private static readonly AlertMessage Message = new()
    {
        Organisation = "acme",
        Scope = "key:demo",
        Window = "day:2026-01-01@UTC",
        Percent = 80,
        LimitUsd = AlertMessage.Usd(1_000_000_000),
        SpentUsd = AlertMessage.Usd(812_345_678),
        At = "2026-01-01T10:00:00.000Z",
    };

    [Fact]
    public async Task The_webhook_is_told_what_was_reached()
    {
        await using var receiver = await Receiver.StartAsync(_ => 204);
        await using var sender = await Sender.StartAsync();
        sender.Post(receiver);

        using var body = JsonDocument.Parse(await receiver.NextAsync());
        Assert.Equal(
            """{"type":"budget_alert","organisation":"acme","scope":"key:demo","window":"day:2026-01-01@UTC","percent":80,"limit_usd":"1","spent_usd":"0.812345678","at":"2026-01-01T10:00:00.000Z"}""",
            body.RootElement.GetRawText());
    }

    [Fact]
    public async Task A_receiver_that_fails_is_told_again_and_a_redirect_is_not_followed()
    {
        await using var receiver = await Receiver.StartAsync(attempt => attempt switch { 1 => 500, 2 => 307, _ => 200 });
        await using var sender = await Sender.StartAsync();
        sender.Post(receiver);
        for (var i = 0; i < 3; i++)
        {
            Assert.Contains("budget_alert", await receiver.NextAsync(), StringComparison.Ordinal);
        }

        await sender.WaitAsync(static metrics => metrics == "sent");
        Assert.Equal(3, receiver.Attempts);
        Assert.Empty(sender.Log.Of(5151));
    }

    [Fact]
    public async Task After_three_repetitions_it_is_given_up_and_the_log_does_not_name_the_address()
    {
        await using var receiver = await Receiver.StartAsync(static _ => 503);
        await using var sender = await Sender.StartAsync();
        sender.Post(receiver);
        await sender.WaitAsync(static metrics => metrics == "failed");

        Assert.Equal(4, receiver.Attempts);
        Assert.Equal("The webhook for 80 % of budget day:2026-01-01@UTC of key:demo could not be told, 4 times: status 503.", Assert.Single(sender.Log.Of(5151)));
    }

    [Fact]
    public async Task Private_addresses_are_refused_unless_they_are_permitted()
    {
        await using var receiver = await Receiver.StartAsync(static _ => 200);
        await using var sender = await Sender.StartAsync(mayBePrivate: false);
        sender.Post(receiver);
        await sender.WaitAsync(static metrics => metrics == "failed");

        Assert.Equal(0, receiver.Attempts);
        Assert.Contains("Gateway:Budgets:PrivateWebhooks", Assert.Single(sender.Log.Of(5151)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_receiver_that_hangs_holds_up_no_other()
    {
        await using var hanging = await Receiver.StartAsync(static _ => 0);
        await using var receiver = await Receiver.StartAsync(static _ => 200);
        await using var sender = await Sender.StartAsync(patience: Timeout.InfiniteTimeSpan);
        sender.Post(hanging);
        sender.Post(receiver);

        Assert.Contains("budget_alert", await receiver.NextAsync(), StringComparison.Ordinal);
    }

    /// <summary>Pauses between attempts pass at once.</summary>
    /// <param name="patience">With a receiver, in the place of five seconds.</param>
    private sealed class WithoutPauses(TimeSpan patience) : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, dueTime == TimeSpan.FromSeconds(5) ? patience : dueTime < TimeSpan.Zero ? dueTime : TimeSpan.Zero, period);
    }

    private sealed class Sender : IAsyncDisposable
    {
        private readonly AlertSender _sender;
        private readonly Outcomes _outcomes = new();

        private Sender(bool mayBePrivate, TimeSpan patience) => _sender = new AlertSender(
            Options.Create(new BudgetOptions { PrivateWebhooks = mayBePrivate }), new WithoutPauses(patience), new BudgetMetrics(_outcomes.Meters), new Logger<AlertSender>(new LoggerFactory([Log])));

        public LogLines Log { get; } = new();

        public static async Task<Sender> StartAsync(bool mayBePrivate = true, TimeSpan? patience = null)
        {
            var sender = new Sender(mayBePrivate, patience ?? TimeSpan.FromMinutes(1));
            await sender._sender.StartAsync(default);
            return sender;
        }

        public void Post(Receiver receiver) => _sender.Post(Message, receiver.Address);

        public async Task WaitAsync(Func<string, bool> outcome)
        {
            using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            while (!outcome(await _outcomes.NextAsync(deadline.Token)))
            {
            }
        }

        public async ValueTask DisposeAsync()
        {
            await _sender.StopAsync(default);
            _sender.Dispose();
            _outcomes.Dispose();
        }
    }

    /// <summary>What the metric of alerts says.</summary>
    private sealed class Outcomes : IDisposable
    {
        private readonly System.Diagnostics.Metrics.MeterListener _listener = new();
        private readonly Channel<string> _values = Channel.CreateUnbounded<string>();
        private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();

        public Outcomes()
        {
            var scope = Meters;
            _listener.InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == "gateway.budget.alerts" && instrument.Meter.Scope == scope)
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            };
            _listener.SetMeasurementEventCallback<long>((_, _, tags, _) => _values.Writer.TryWrite((string)tags[0].Value!));
            _listener.Start();
        }

        public System.Diagnostics.Metrics.IMeterFactory Meters => _services.GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>();

        public ValueTask<string> NextAsync(CancellationToken cancellationToken) => _values.Reader.ReadAsync(cancellationToken);

        public void Dispose()
        {
            _listener.Dispose();
            _services.Dispose();
        }
    }

    /// <summary>A webhook on the loopback address.</summary>
    private sealed class Receiver : IAsyncDisposable
    {
        private readonly Channel<string> _bodies = Channel.CreateUnbounded<string>();
        private WebApplication? _app;
        private int _attempts;

        public Uri Address { get; private set; } = null!;

        public int Attempts => Volatile.Read(ref _attempts);

        /// <param name="answer">Status for each attempt; 0 for none at all.</param>
        public static async Task<Receiver> StartAsync(Func<int, int> answer)
        {
            var receiver = new Receiver();
            var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
            builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
            receiver._app = builder.Build();
            receiver._app.Run(async context =>
            {
                // A redirect that is followed is one attempt more, and fails.
                var status = answer(Interlocked.Increment(ref receiver._attempts));
                using var reader = new StreamReader(context.Request.Body);
                Assert.Equal("/hook", context.Request.Path.Value);
                receiver._bodies.Writer.TryWrite(await reader.ReadToEndAsync());
                if (status == 0)
                {
                    await Task.Delay(Timeout.InfiniteTimeSpan, context.RequestAborted);
                }

                context.Response.StatusCode = status;
                context.Response.Headers.Location = "/elsewhere";
            });
            await receiver._app.StartAsync();
            receiver.Address = new Uri(receiver._app.Urls.Single() + "/hook?token=secret");
            return receiver;
        }

        public async Task<string> NextAsync()
        {
            using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
            return await _bodies.Reader.ReadAsync(deadline.Token);
        }

        public ValueTask DisposeAsync() => _app!.DisposeAsync();
    }
}
