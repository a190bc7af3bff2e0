using System.Buffers;
using System.Collections.Concurrent;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;

namespace Gateway.Rig.Faults;

/// <summary>
/// A proxy before a redis-server that delivers every script twice, as a client does that tries again after a lost answer. In turn the answer of the first or of the second is the one that gets
/// through: both must say the same. Everything else passes once. Thread-safe.
/// </summary>
public sealed class RedisDoubler : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly TcpListener _listener;
    private readonly int _target;
    private long _doubled;

    private RedisDoubler(int target)
    {
        _target = target;
        Port = RigProcess.FreePort();
        _listener = new TcpListener(IPAddress.Loopback, Port);
        _listener.Start(512);
        _ = AcceptAsync();
    }

    private enum Answer
    {
        Pass,
        Drop,
    }

    public int Port { get; }

    /// <summary>Scripts that were delivered twice.</summary>
    public long Doubled => Interlocked.Read(ref _doubled);

    /// <param name="target">Port of the redis-server on this machine.</param>
    public static RedisDoubler Start(int target) => new(target);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptSocketAsync(_stop.Token);
                _ = RunAsync(client);
            }
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // Over.
        }
    }

    private async Task RunAsync(Socket client)
    {
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            using var over = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            client.NoDelay = true;
            await server.ConnectAsync(IPAddress.Loopback, _target, over.Token);
            await using var near = new NetworkStream(client, ownsSocket: true);
            await using var far = new NetworkStream(server, ownsSocket: false);
            var answers = new ConcurrentQueue<Answer>();
            await Task.WhenAny(SendAsync(near, far, answers, over.Token), ReceiveAsync(far, near, answers, over.Token));
            await over.CancelAsync();
        }
        catch (Exception error) when (error is SocketException or IOException or OperationCanceledException or ObjectDisposedException)
        {
            // One side left.
        }
    }

    private async Task SendAsync(Stream client, Stream server, ConcurrentQueue<Answer> answers, CancellationToken cancellationToken)
    {
        var reader = PipeReader.Create(client, new StreamPipeReaderOptions(leaveOpen: true));
        while (true)
        {
            var read = await reader.ReadAsync(cancellationToken);
            var rest = read.Buffer;
            while (TryTake(ref rest, out var command))
            {
                var bytes = command.ToArray();
                if (RespFrame.NameOf(command) is "EVALSHA" or "EVAL")
                {
                    var first = Interlocked.Increment(ref _doubled) % 2 == 0;
                    answers.Enqueue(first ? Answer.Pass : Answer.Drop);
                    answers.Enqueue(first ? Answer.Drop : Answer.Pass);
                    await server.WriteAsync((byte[])[.. bytes, .. bytes], cancellationToken);
                }
                else
                {
                    answers.Enqueue(Answer.Pass);
                    await server.WriteAsync(bytes, cancellationToken);
                }
            }

            reader.AdvanceTo(rest.Start, rest.End);
            if (read.IsCompleted)
            {
                return;
            }
        }
    }

    private static async Task ReceiveAsync(Stream server, Stream client, ConcurrentQueue<Answer> answers, CancellationToken cancellationToken)
    {
        var reader = PipeReader.Create(server, new StreamPipeReaderOptions(leaveOpen: true));
        while (true)
        {
            var read = await reader.ReadAsync(cancellationToken);
            var rest = read.Buffer;
            while (TryTake(ref rest, out var reply))
            {
                // Messages of a subscription come without a command.
                if (!answers.TryDequeue(out var answer) || answer == Answer.Pass)
                {
                    await client.WriteAsync(reply.ToArray(), cancellationToken);
                }
            }

            reader.AdvanceTo(rest.Start, rest.End);
            if (read.IsCompleted)
            {
                return;
            }
        }
    }

    private static bool TryTake(ref ReadOnlySequence<byte> rest, out ReadOnlySequence<byte> frame)
    {
        var reader = new SequenceReader<byte>(rest);
        if (rest.IsEmpty || !RespFrame.TryRead(ref reader))
        {
            frame = default;
            return false;
        }

        frame = rest.Slice(0, reader.Position);
        rest = rest.Slice(reader.Position);
        return true;
    }
}
