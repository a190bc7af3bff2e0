using System.Threading.Channels;
using Gateway.Core.Admission.Redis;
using StackExchange.Redis;

namespace Gateway.Edge.Admission;

/// <summary>Tells the other Edges through Redis that this one lives, and hears them. Without Redis there is one Edge.</summary>
internal sealed class EdgeMembership(EdgePeers peers, TimeProvider time, ILogger<EdgeMembership> logger, RedisConnection? redis = null) : BackgroundService
{
    public static readonly RedisChannel Channel = new("gateway:edges", RedisChannel.PatternMode.Literal);

    private const byte Lives = 1;
    private const byte Stops = 2;

    private static readonly TimeSpan LastWord = TimeSpan.FromSeconds(1);

    private readonly Channel<byte> _outbox = System.Threading.Channels.Channel.CreateBounded<byte>(new BoundedChannelOptions(4) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    /// <summary>Takes what came from the channel: who, and whether it lives or stops.</summary>
    internal void Take(ReadOnlySpan<byte> message)
    {
        if (message.Length != 17)
        {
            return;
        }

        var id = new Guid(message[1..]);
        if (message[0] == Stops)
        {
            peers.Gone(id);
        }
        else if (message[0] == Lives && peers.Note(id, time.GetElapsedTime(0).Ticks))
        {
            SayAlive();    // it came a moment ago and knows nobody
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (redis is null)
        {
            return;
        }

        try
        {
            await redis.SubscribeAsync(Channel, value => Take((byte[]?)value ?? []), logger.MembershipNotUsable, stoppingToken);
            using var timer = time.CreateTimer(static membership => ((EdgeMembership)membership!).SayAlive(), this, TimeSpan.Zero, EdgePeers.Interval);
            try
            {
                while (true)
                {
                    await PublishAsync(redis.Current, await _outbox.Reader.ReadAsync(stoppingToken), CommandFlags.FireAndForget);
                }
            }
            finally
            {
                await PublishAsync(redis.Current, Stops, CommandFlags.None);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The service stops.
        }
    }

    private void SayAlive() => _outbox.Writer.TryWrite(Lives);

    private async Task PublishAsync(IConnectionMultiplexer? connection, byte what, CommandFlags flags)
    {
        if (connection is not { IsConnected: true })
        {
            return;
        }

        var message = new byte[17];
        message[0] = what;
        peers.Id.TryWriteBytes(message.AsSpan(1));
        try
        {
            await connection.GetDatabase().PublishAsync(Channel, message, flags).WaitAsync(LastWord, time);
        }
#pragma warning disable CA1031 // The next one comes in a second.
        catch (Exception exception) when (exception is RedisException or TimeoutException or ObjectDisposedException)
        {
        }
#pragma warning restore CA1031
    }
}
