using System.Diagnostics.Metrics;
using System.Text;
using Gateway.Core.Configuration;
using Gateway.Router.Capture;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Router.Tests.Capture;

public sealed class CaptureQueueTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly MeterListener _listener = new();
    private readonly CaptureQueue _queue;
    private long _dropped;

    public CaptureQueueTests()
    {
        var factory = _services.GetRequiredService<IMeterFactory>();
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument.Name == "gateway.capture.dropped" && ReferenceEquals(instrument.Meter.Scope, factory))
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        _listener.SetMeasurementEventCallback<long>((_, value, _, _) => Interlocked.Add(ref _dropped, value));
        _listener.Start();
        _queue = new CaptureQueue(new CaptureMetrics(factory));
    }

    [Fact]
    public void What_waits_is_bounded_and_the_rest_is_dropped_and_counted()
    {
        var taken = 0;
        for (; _queue.HasRoom() && taken < 1000; taken++)
        {
            _queue.Add(Captured());
        }

        Assert.InRange(taken, 60, 200);
        Assert.InRange(_queue.Held, 0, CaptureQueue.MaxHeld);
        var before = _dropped;
        for (var i = 0; i < 10; i++)
        {
            _queue.Add(Captured());
        }

        Assert.InRange(_queue.Held, 0, CaptureQueue.MaxHeld);
        Assert.InRange(_dropped - before, 8, 10);
        while (_queue.Take() is { } capture)
        {
            capture.Release();
        }

        Assert.Equal(0, _queue.Held);
        Assert.True(_queue.HasRoom());
    }

    [Fact]
    public void A_closed_queue_takes_nothing()
    {
        _queue.Close();
        _queue.Add(Captured());

        Assert.Null(_queue.Take());
        Assert.Equal((0, 1), (_queue.Held, _dropped));
    }

    [Fact]
    public void Bytes_are_kept_up_to_their_limit_however_they_come()
    {
        var bytes = new CapturedBytes();
        var all = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 60_000).Select(static i => $"{i},")));
        for (var i = 0; i < all.Length; i += 777)
        {
            bytes.Append(all.AsSpan(i, Math.Min(777, all.Length - i)));
        }

        Assert.Equal((CapturedBytes.MaxBytes, all.Length, true), (bytes.Length, (int)bytes.Total, bytes.IsCut));
        Assert.True(bytes.Span.SequenceEqual(all.AsSpan(0, CapturedBytes.MaxBytes)));
        bytes.Release();
        Assert.Equal((0, 0), (bytes.Length, bytes.Held));
    }

    public void Dispose()
    {
        _listener.Dispose();
        _services.Dispose();
    }

    private RequestCapture Captured()
    {
        var capture = new RequestCapture(CaptureLevel.Full, _queue);
        capture.Request.Append(new byte[200_000]);
        return capture;
    }
}
