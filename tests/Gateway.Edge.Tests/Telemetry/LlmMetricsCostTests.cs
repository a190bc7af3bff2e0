using System.Diagnostics.Metrics;
using Gateway.Core.Errors;
using Gateway.Core.Requests;
using Gateway.Core.Tests;
using Gateway.Edge.Telemetry;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Edge.Tests.Telemetry;

public sealed class LlmMetricsCostTests
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_request_makes_no_garbage_by_being_counted(bool isListenedTo)
    {
        using var services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        var meters = services.GetRequiredService<IMeterFactory>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (isListenedTo && ReferenceEquals(instrument.Meter.Scope, meters))
                {
                    self.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>(static (_, _, _, _) => { });
        listener.SetMeasurementEventCallback<double>(static (_, _, _, _) => { });
        listener.Start();
        var metrics = new LlmMetrics(meters);
        var error = new GatewayError(GatewayErrorKind.RateLimited, "wait");

        // Less than a byte a request: what the runtime allocates while it compiles is not ours.
        Assert.InRange(Allocated.By(() =>
        {
            for (var i = 0; i < 1000; i++)
            {
                Count();
            }
        }), 0, 999);

        void Count()
        {
            metrics.Began();
            metrics.Answered(TimeSpan.FromMilliseconds(1));
            metrics.Failed(error, "gpt-4o");
            metrics.Ended(LlmOperation.ChatCompletions, "gpt-4o", 429, TimeSpan.FromSeconds(1));
        }
    }
}
