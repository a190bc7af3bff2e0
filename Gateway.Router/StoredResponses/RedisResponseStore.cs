using Gateway.Core.Errors;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Gateway.Router.StoredResponses;

/// <summary>
/// Keeps responses in Redis, where every Router sees them. A Redis that is absent or slow costs a deadline a few times, then nothing for a
/// while; what cannot be kept there is kept in this process.
/// </summary>
internal sealed class RedisResponseStore(
    IServiceProvider services, MemoryResponseStore memory, IOptions<StoredResponseOptions> options, TimeProvider time, ILogger<RedisResponseStore> logger) : BackgroundService, IResponseStore
{
    /// <summary>Long enough for a talk of some megabytes.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);
    private const int FailuresToPause = 5;

    private static readonly GatewayError Unavailable = new(
        GatewayErrorKind.ServiceUnavailable, "The store of responses does not answer. Try again, or send the whole talk in 'input'.", "previous_response_id");

    private volatile IConnectionMultiplexer? _redis;
    private int _failures;
    private long _pausedAt;

    public async ValueTask<StoredResponse?> LoadAsync(string keyId, string responseId, CancellationToken cancellationToken)
    {
        // What was saved while Redis was away.
        if (await memory.LoadAsync(keyId, responseId, cancellationToken) is { } own)
        {
            return own;
        }

        var value = await AskAsync(static (database, key) => database.StringGetAsync(key), Key(keyId, responseId), cancellationToken);
        return value.IsGood ? StoredResponse.Unpack(responseId, (byte[]?)value.Value) : throw new GatewayException(Unavailable);
    }

    public async ValueTask SaveAsync(string keyId, StoredResponse response, CancellationToken cancellationToken)
    {
        var retention = options.Value.Retention;
        var packed = response.Pack();
        var saved = await AskAsync((database, key) => database.StringSetAsync(key, packed, retention), Key(keyId, response.Id), cancellationToken);
        if (!saved.IsGood)
        {
            await memory.SaveAsync(keyId, response, cancellationToken);
        }
    }

    public async ValueTask<bool> DeleteAsync(string keyId, string responseId, CancellationToken cancellationToken)
    {
        var own = await memory.DeleteAsync(keyId, responseId, cancellationToken);
        var deleted = await AskAsync(static (database, key) => database.KeyDeleteAsync(key), Key(keyId, responseId), cancellationToken);
        return deleted.IsGood ? own || deleted.Value : own ? true : throw new GatewayException(Unavailable);
    }

    /// <summary>Connects off the request path: the first resolution waits for the connection. Later the library keeps it up itself.</summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested && _redis is null)
        {
            try
            {
                _redis = await Task.Factory.StartNew(services.GetRequiredService<IConnectionMultiplexer>, stoppingToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            }
#pragma warning disable CA1031 // A connection string that cannot be used must not end the Router: responses are then kept in memory.
            catch (Exception exception) when (!stoppingToken.IsCancellationRequested)
            {
                logger.RedisNotUsable(exception.GetType().Name);
                await Task.Delay(Pause, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
#pragma warning restore CA1031
        }
    }

    private async ValueTask<(bool IsGood, T Value)> AskAsync<T>(Func<IDatabase, RedisKey, Task<T>> ask, RedisKey key, CancellationToken cancellationToken)
    {
        if (_redis is not { } redis || IsPaused)
        {
            return (false, default!);
        }

        try
        {
            var value = await ask(redis.GetDatabase(), key).WaitAsync(Deadline, time, cancellationToken);
            Volatile.Write(ref _failures, 0);
            return (true, value);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            throw;
        }
#pragma warning disable CA1031 // Whatever Redis or its client does wrong, the answer is the same: it does not help now.
        catch (Exception exception)
        {
            if (Interlocked.Increment(ref _failures) == FailuresToPause)
            {
                logger.RedisPaused(exception.GetType().Name, Pause.TotalSeconds);
                Volatile.Write(ref _pausedAt, time.GetTimestamp());
            }

            return (false, default!);
        }
#pragma warning restore CA1031
    }

    private bool IsPaused
    {
        get
        {
            if (Volatile.Read(ref _failures) < FailuresToPause)
            {
                return false;
            }

            if (time.GetElapsedTime(Volatile.Read(ref _pausedAt)) < Pause)
            {
                return true;
            }

            // One more failure pauses it again.
            Volatile.Write(ref _failures, FailuresToPause - 1);
            return false;
        }
    }

    private static RedisKey Key(string keyId, string responseId) => $"gateway:response:{keyId}:{responseId}";
}
