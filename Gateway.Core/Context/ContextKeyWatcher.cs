using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.Core.Context;

/// <summary>
/// Reads the file of the context secrets again while the service runs. What cannot be used changes nothing, and is told. Thread-safe: one lock, held
/// while the file is read.
/// </summary>
/// <remarks>
/// Services read the file at different moments. Where the key that signs has become the file's second line, it goes on signing for
/// <see cref="Overlap"/>: by then every service accepts the new one, and no call is refused. Where it is gone from the file it is gone at once.
/// </remarks>
internal sealed class ContextKeyWatcher(ContextKeys keys, string path, TimeProvider time, ILogger<ContextKeyWatcher> log) : IHostedService, IDisposable
{
    /// <summary>A change is seen after this time at the latest.</summary>
    public static readonly TimeSpan Poll = TimeSpan.FromSeconds(5);

    /// <summary>Twice <see cref="Poll"/>: a service that is slow to read is given as much again.</summary>
    public static readonly TimeSpan Overlap = 2 * Poll;

    private readonly Lock _lock = new();
    private ContextSecrets? _last;
    private ContextKey[]? _waiting;
    private long _waitingSince;
    private volatile string? _problem;
    private ITimer? _timer;

    /// <summary>Why the file is not used as it is now; null when it is.</summary>
    public string? Problem => _problem;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _timer = time.CreateTimer(static state => ((ContextKeyWatcher)state!).Read(), this, Poll, Poll);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _timer?.Dispose();

    private void Read()
    {
        lock (_lock)
        {
            try
            {
                Take_NeedsLock(ContextSecrets.ReadFile(path));
                if (_problem is not null)
                {
                    _problem = null;
                    log.ContextSecretsRestored();
                }
            }
            catch (ContextConfigurationException bad)
            {
                if (!string.Equals(_problem, bad.Message, StringComparison.Ordinal))
                {
                    _problem = bad.Message;
                    log.ContextSecretsRefused(bad.Message);
                }
            }

            Switch_NeedsLock();
        }
    }

    private void Take_NeedsLock(ContextSecrets secrets)
    {
        if (secrets == _last)
        {
            return;
        }

        _last = secrets;
        _waiting = null;
        var accepted = secrets.Derive();
        var signing = keys.Signing;
        if (string.Equals(signing.Id, accepted[0].Id, StringComparison.Ordinal))
        {
            keys.Use(accepted, accepted[0]);
        }
        else if (accepted.Length > 1 && string.Equals(signing.Id, accepted[1].Id, StringComparison.Ordinal))
        {
            keys.Use(accepted, signing);
            _waiting = accepted;
            _waitingSince = time.GetTimestamp();
            log.ContextSecretAccepted(accepted[0].Id, Overlap.TotalSeconds);
        }
        else
        {
            keys.Use(accepted, accepted[0]);
            log.ContextSecretSigns(accepted[0].Id);
        }
    }

    private void Switch_NeedsLock()
    {
        if (_waiting is { } accepted && time.GetElapsedTime(_waitingSince) >= Overlap)
        {
            _waiting = null;
            keys.Use(accepted, accepted[0]);
            log.ContextSecretSigns(accepted[0].Id);
        }
    }
}
