using System.Threading.Channels;

namespace Gateway.Router.Capture;

/// <summary>
/// What waits to be written down and sent: bounded by the memory that it holds. What does not fit is dropped and counted; no request waits. Thread-safe, interlocked.
/// </summary>
internal sealed class CaptureQueue(CaptureMetrics metrics)
{
    /// <summary>Memory in bytes that waiting content may hold.</summary>
    public const long MaxHeld = 32 * 1024 * 1024;

    /// <summary>What a content takes beside its bytes.</summary>
    private const int Overhead = 1024;

    private readonly Channel<RequestCapture> _waiting = Channel.CreateUnbounded<RequestCapture>(new UnboundedChannelOptions { SingleReader = true });
    private long _held;
    private int _isClosed;

    /// <summary>Bytes that wait.</summary>
    public long Held => Interlocked.Read(ref _held);

    /// <summary>Whether to begin at all. While nothing is taken away, requests are spared the copying.</summary>
    public bool HasRoom()
    {
        if (Held + (2 * CapturedBytes.MaxBytes) + Overhead <= MaxHeld)
        {
            return true;
        }

        metrics.Dropped(1, CaptureMetrics.QueueFull);
        return false;
    }

    public void Add(RequestCapture capture)
    {
        var size = capture.Held + Overhead;
        if (Interlocked.Add(ref _held, size) <= MaxHeld && Volatile.Read(ref _isClosed) == 0 && _waiting.Writer.TryWrite(capture))
        {
            return;
        }

        Interlocked.Add(ref _held, -size);
        capture.Release();
        metrics.Dropped(1, CaptureMetrics.QueueFull);
    }

    public ValueTask<bool> WaitAsync(CancellationToken cancellationToken) => _waiting.Reader.WaitToReadAsync(cancellationToken);

    /// <returns>The oldest, now the caller's to release; null when none waits.</returns>
    public RequestCapture? Take()
    {
        if (!_waiting.Reader.TryRead(out var capture))
        {
            return null;
        }

        Interlocked.Add(ref _held, -(capture.Held + Overhead));
        return capture;
    }

    /// <summary>Takes nothing more.</summary>
    public void Close() => Volatile.Write(ref _isClosed, 1);
}
