using System.Threading.Channels;
using Gateway.Core.Admission.Redis;
using Gateway.Router.Pipeline;
using StackExchange.Redis;

namespace Gateway.Router.Cooldowns;

/// <summary>What another Router says.</summary>
/// <param name="Id">See <see cref="HintKind"/>.</param>
/// <param name="Until">Ticks of this Router's clock.</param>
internal readonly record struct Hint(HintKind Kind, string Id, long Until);

/// <summary>
/// Tells other Routers through Redis what this one found out, and hears what they found. A Redis that is lost or absent changes nothing here: each Router
/// finds out by itself, a little later. Thread-safe.
/// </summary>
internal sealed class HintBus(RouterPeers peers, RouterClock clock, ILogger<HintBus> logger, RedisConnection? redis = null) : BackgroundService
{
    public static readonly RedisChannel Channel = new("gateway:hints", RedisChannel.PatternMode.Literal);

    /// <summary>The stop of the Router waits no longer than this for its goodbye.</summary>
    private static readonly TimeSpan LastWord = TimeSpan.FromSeconds(1);

    // Requests never wait for Redis: what does not fit is not told.
    private readonly Channel<HintMessage> _outbox = System.Threading.Channels.Channel.CreateBounded<HintMessage>(
        new BoundedChannelOptions(256) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    private bool _isUsed;

    /// <summary>Called for each hint of another Router, on a thread of the Redis client: to be quick, and not to throw.</summary>
    public event Action<Hint>? Received;

    /// <summary>Whether there is a Redis to tell it to.</summary>
    public bool IsUsed => Volatile.Read(ref _isUsed);

    /// <summary>Tells the others, in the background. Costs nothing where there is no Redis.</summary>
    /// <param name="id">See <see cref="HintKind"/>.</param>
    /// <param name="until">Ticks.</param>
    public void Publish(HintKind kind, string id, long until)
    {
        if (IsUsed)
        {
            _outbox.Writer.TryWrite(Message(kind, id, TimeSpan.FromTicks(until - clock.Now)));
        }
    }

    /// <summary>Takes what came from the channel.</summary>
    internal void Take(ReadOnlySpan<byte> bytes)
    {
        if (!HintMessage.TryRead(bytes, clock.UtcNow, out var message))
        {
            return;
        }

        switch (message.Kind)
        {
            case HintKind.Alive when peers.Note(message.From, clock.Now):
                SayAlive();    // it came a moment ago and knows nobody
                break;

            case HintKind.Stopping:
                peers.Gone(message.From);
                break;

            case HintKind.Deployment or HintKind.Endpoint or HintKind.Credential when message.From != peers.Id:
                var left = TimeSpan.FromMilliseconds(message.Until - clock.UtcNow.ToUnixTimeMilliseconds());
                Received?.Invoke(new Hint(message.Kind, message.Id, clock.Now + left.Ticks));
                break;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (redis is null)
        {
            return;
        }

        Volatile.Write(ref _isUsed, true);
        try
        {
            await redis.SubscribeAsync(Channel, value => Take((byte[]?)value ?? []), logger.HintsNotUsable, stoppingToken);
            await TellAsync(redis, stoppingToken);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The service stops.
        }
    }

    private HintMessage Message(HintKind kind, string id, TimeSpan lasts)
    {
        var longest = HintMessage.Longest - TimeSpan.FromSeconds(1);
        return new HintMessage(kind, peers.Id, (clock.UtcNow + (lasts < longest ? lasts : longest)).ToUnixTimeMilliseconds(), id);
    }

    private void SayAlive() => _outbox.Writer.TryWrite(Message(HintKind.Alive, "", RouterPeers.Lifetime));

    private async Task TellAsync(RedisConnection connection, CancellationToken stoppingToken)
    {
        using var timer = clock.Time.CreateTimer(static bus => ((HintBus)bus!).SayAlive(), this, TimeSpan.Zero, RouterPeers.Interval);
        try
        {
            while (true)
            {
                await PublishAsync(connection.Current, await _outbox.Reader.ReadAsync(stoppingToken), CommandFlags.FireAndForget);
            }
        }
        finally
        {
            await PublishAsync(connection.Current, Message(HintKind.Stopping, "", RouterPeers.Lifetime), CommandFlags.None);
        }
    }

    private async Task PublishAsync(IConnectionMultiplexer? connection, HintMessage message, CommandFlags flags)
    {
        if (message.ToBytes() is not { } bytes || connection is not { IsConnected: true })
        {
            return;
        }

        try
        {
            await connection.GetDatabase().PublishAsync(Channel, bytes, flags).WaitAsync(LastWord, clock.Time);
        }
#pragma warning disable CA1031 // A hint that is lost is no loss.
        catch (Exception exception) when (exception is RedisException or TimeoutException or ObjectDisposedException)
        {
        }
#pragma warning restore CA1031
    }
}
