using Gateway.Core.Configuration;

namespace Gateway.Edge.Admin.ConfigVersions;

/// <summary>
/// Keeps each document that comes into force as a version, however it came. Changes by the admin API and the watch of what is in force take turns, so that the one who puts a document there also says who it was.
/// Thread-safe.
/// </summary>
internal sealed class ConfigVersionRecorder(IConfigStore configs, IConfigVersionStore store, TimeProvider time, ILogger<ConfigVersionRecorder> log) : BackgroundService
{
    /// <summary>A store that did not answer is asked again.</summary>
    public static readonly TimeSpan Retry = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Idle = TimeSpan.FromMinutes(5);

    private readonly SemaphoreSlim _turn = new(1, 1);
    private volatile ConfigVersion? _current;
    private bool _wasTold;

    /// <summary>The version of a document, when it is the one in force and is kept; else null.</summary>
    public ConfigVersion? Of(string sha256) => _current is { } current && current.Sha256 == sha256 ? current : null;

    /// <summary>Runs a change while nothing is recorded.</summary>
    public async Task<T> InTurnAsync<T>(Func<Task<T>> change, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            return await change();
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Keeps a document that somebody put there. In turn only.</summary>
    /// <exception cref="ConfigVersionStoreException">The store does not answer: the document is kept later, without its author.</exception>
    public async Task<ConfigVersion> KeepAsync(string text, string source, string? author, string? comment, CancellationToken cancellationToken)
    {
        var kept = await store.AddAsync(text, new ConfigVersion(0, time.GetUtcNow(), ConfigVersion.HashOf(text), source, author, comment), cancellationToken);
        if (_current?.Number != kept.Number)
        {
            log.VersionInForce(kept.Number, kept.Source);
        }

        return _current = kept;
    }

    /// <summary>Keeps the document in force, if it is not kept yet.</summary>
    /// <returns>False when the store did not answer.</returns>
    public Task<bool> RecordAsync(string source, CancellationToken cancellationToken) => InTurnAsync(
        async () =>
        {
            // A document without a text is a test's.
            if (configs.Current.Listing?.Text is not { } text || Of(ConfigVersion.HashOf(text)) is not null)
            {
                return true;
            }

            try
            {
                await KeepAsync(text, source, author: null, comment: null, cancellationToken);
                return !(_wasTold = false);
            }
            catch (ConfigVersionStoreException exception)
            {
                if (!_wasTold)
                {
                    _wasTold = true;
                    log.VersionNotKept(store.Name, exception.Message);
                }

                return false;
            }
        },
        cancellationToken);

    public override void Dispose()
    {
        base.Dispose();
        _turn.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var changes = new ConfigChanges(configs, time);
        var source = ConfigVersionSources.Start;
        while (!stoppingToken.IsCancellationRequested)
        {
            var isKept = false;
            try
            {
                isKept = await RecordAsync(source, stoppingToken);
                await changes.WaitAsync(isKept ? Idle : Retry, stoppingToken);
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
#pragma warning disable CA1031 // A bug of ours in one document must not end the versions of all others.
            catch (Exception exception)
            {
                log.RecordingFailed(exception);
                await changes.WaitAsync(Retry, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
#pragma warning restore CA1031

            source = isKept ? ConfigVersionSources.File : source;
        }
    }
}
