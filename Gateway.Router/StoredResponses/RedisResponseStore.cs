using Gateway.Core.Admission.Redis;
using Gateway.Core.Errors;
using Microsoft.Extensions.Options;
using StackExchange.Redis;

namespace Gateway.Router.StoredResponses;

/// <summary>
/// Keeps responses in Redis, where every Router sees them. A Redis that is absent or slow costs a deadline a few times, then nothing for a
/// while; what cannot be kept there is kept in this process.
/// </summary>
internal sealed class RedisResponseStore(
    RedisConnection redis, MemoryResponseStore memory, IOptions<StoredResponseOptions> options, TimeProvider time, ILogger<RedisResponseStore> logger) : BackgroundService, IResponseStore
{
    /// <summary>Long enough for a talk of some megabytes.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);
    private const int FailuresToPause = 5;

    private static readonly GatewayError Unavailable = new(
        GatewayErrorKind.ServiceUnavailable, "The store of responses does not answer. Try again, or send the whole talk in 'input'.", "previous_response_id");

    private static readonly GatewayError ItemsUnavailable = Unavailable with
    {
        Message = "The store of responses does not answer. Try again, or send the items of 'input' themselves instead of references to them.",
        Param = "input",
    };

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

    public async ValueTask<IReadOnlyDictionary<string, ReadOnlyMemory<byte>>> LoadItemsAsync(string keyId, IReadOnlyCollection<string> itemIds, CancellationToken cancellationToken)
    {
        var own = await memory.LoadItemsAsync(keyId, itemIds, cancellationToken);
        var found = new Dictionary<string, ReadOnlyMemory<byte>>(own, StringComparer.Ordinal);
        var missing = new List<string>();
        foreach (var itemId in itemIds)
        {
            if (!found.ContainsKey(itemId))
            {
                missing.Add(itemId);
            }
        }

        if (missing.Count == 0)
        {
            return found;
        }

        var values = await AskAsync(
            static (database, ask) => Task.WhenAll(ask.missing.ConvertAll(itemId => database.StringGetAsync(ItemKey(ask.keyId, itemId)))), (keyId, missing), cancellationToken);
        if (!values.IsGood)
        {
            throw new GatewayException(ItemsUnavailable);
        }

        for (var i = 0; i < missing.Count; i++)
        {
            if ((byte[]?)values.Value[i] is { } item)
            {
                found[missing[i]] = item;
            }
        }

        return found;
    }

    public async ValueTask SaveAsync(string keyId, StoredResponse response, CancellationToken cancellationToken)
    {
        var retention = options.Value.Retention;
        var packed = response.Pack();
        var saved = await AskAsync((database, key) => SetAsync(database, key), Key(keyId, response.Id), cancellationToken);
        if (!saved.IsGood)
        {
            await memory.SaveAsync(keyId, response, cancellationToken);
        }

        // Each item again under its own id: to load one must not mean to load the talk that it stands in.
        Task<bool[]> SetAsync(IDatabase database, RedisKey key)
        {
            var sets = new List<Task<bool>> { database.StringSetAsync(key, packed, retention) };
            foreach (var (id, item) in response.ReadOutput())
            {
                sets.Add(database.StringSetAsync(ItemKey(keyId, id), item, retention));
            }

            return Task.WhenAll(sets);
        }
    }

    public async ValueTask<bool> DeleteAsync(string keyId, string responseId, CancellationToken cancellationToken)
    {
        var own = await memory.DeleteAsync(keyId, responseId, cancellationToken);
        var deleted = await AskAsync(static (database, ask) => DeleteAsync(database, ask.keyId, ask.responseId), (keyId, responseId), cancellationToken);
        return deleted.IsGood ? own || deleted.Value : own ? true : throw new GatewayException(Unavailable);
    }

    /// <summary>Connects off the request path: the first resolution waits for the connection. Later the library keeps it up itself.</summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested && redis.Current is null)
        {
            try
            {
                await redis.GetAsync(stoppingToken);
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

    private static async Task<bool> DeleteAsync(IDatabase database, string keyId, string responseId)
    {
        var key = Key(keyId, responseId);
        if (StoredResponse.Unpack(responseId, (byte[]?)await database.StringGetAsync(key)) is { } response)
        {
            foreach (var (id, _) in response.ReadOutput())
            {
                await database.KeyDeleteAsync(ItemKey(keyId, id));
            }
        }

        // Last, so that what was interrupted can be repeated.
        return await database.KeyDeleteAsync(key);
    }

    private async ValueTask<(bool IsGood, T Value)> AskAsync<TWhat, T>(Func<IDatabase, TWhat, Task<T>> ask, TWhat what, CancellationToken cancellationToken)
    {
        if (redis.Current is not { } connection || IsPaused)
        {
            return (false, default!);
        }

        try
        {
            var value = await ask(connection.GetDatabase(), what).WaitAsync(Deadline, time, cancellationToken);
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

    private static RedisKey ItemKey(string keyId, string itemId) => $"gateway:response-item:{keyId}:{itemId}";
}
