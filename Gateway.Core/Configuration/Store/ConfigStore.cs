using System.Globalization;
using Gateway.Core.Pricing;
using Microsoft.Extensions.Logging;

namespace Gateway.Core.Configuration.Store;

/// <summary>Holds the configuration in force and takes in new documents. Thread-safe.</summary>
internal sealed class ConfigStore : IConfigStore, IDisposable
{
    private readonly ConfigSource _source;
    private readonly ILogger _log;
    private readonly ConfigWatcher? _watcher;

    // Held while builders run, so that they see the generations in order and never two at a time.
    private readonly Lock _lock = new();
    private readonly List<Subscription> _subscriptions = [];
    private readonly CatalogueFile _catalogue;

    private volatile ConfigSnapshot _current;
    private volatile string? _problem;
    private string _textInForce;

    // As the document says it, before a catalogue of prices in a file is applied.
    private GatewayConfig _asWritten;
    private string? _refused;

    public ConfigStore(ConfigSource source, LoadedDocument first, TimeProvider time, ILogger<ConfigStore> log)
    {
        _source = source;
        _log = log;
        _textInForce = first.Text;
        _asWritten = first.Config;
        _catalogue = first.Catalogue ?? new CatalogueFile(source.Folder);
        _current = new(Priced(first.Config), 1, ConfigSource.Fingerprint(first.Text), source.Origin) { Listing = source.List(first.Text) };
        log.Loaded(_current.Generation, _current.Origin, _current.Fingerprint);
        if (source.File is { } file)
        {
            _watcher = new ConfigWatcher(file, Reload, time, log);
        }
    }

    public ConfigSnapshot Current => _current;

    public string? Problem => _problem;

    /// <summary>What is wrong with the newest catalogue of prices; null while it is in force.</summary>
    public string? CatalogueProblem => _catalogue.Problem;

    /// <exception cref="GatewayConfigurationException">The document is bad; the message has all of it.</exception>
    public static LoadedDocument LoadFirst(ConfigSource source)
    {
        if (source.ReadText(out var problem) is not { } text)
        {
            throw new GatewayConfigurationException(problem);
        }

        var result = source.Load(text);
        if (result.Config is not { } config)
        {
            throw new GatewayConfigurationException(Describe(source, result));
        }

        var catalogue = new CatalogueFile(source.Folder);
        catalogue.Read(config.Pricing);
        return catalogue.Problem is { } bad ? throw new GatewayConfigurationException(bad) : new(text, config) { Catalogue = catalogue };
    }

    public IDisposable OnChange(Action<ConfigSnapshot> build)
    {
        var subscription = new Subscription(this, build);
        lock (_lock)
        {
            build(_current);
            _subscriptions.Add(subscription);
        }

        return subscription;
    }

    /// <summary>Reads the document again. What was seen last time is no news.</summary>
    public void Reload()
    {
        lock (_lock)
        {
            if (_source.ReadText(out var problem) is not { } text)
            {
                Refuse_NeedsLock(problem, problem);
            }
            else if (text == _textInForce)
            {
                Restore_NeedsLock();
                if (ReadCatalogue_NeedsLock(_asWritten))
                {
                    Accept_NeedsLock(text, _asWritten);
                }
            }
            else if (text != _refused)
            {
                var result = _source.Load(text);
                if (result.Config is { } config)
                {
                    ReadCatalogue_NeedsLock(config);
                    if (config.Pricing.File is not null && _catalogue.Current is null)
                    {
                        // There is none to go on with.
                        var missing = _catalogue.Problem!;
                        _catalogue.Read(_asWritten.Pricing);
                        Refuse_NeedsLock(text, missing);
                    }
                    else
                    {
                        Accept_NeedsLock(text, config);
                    }
                }
                else
                {
                    Refuse_NeedsLock(text, Describe(_source, result));
                }
            }
        }
    }

    public void Dispose() => _watcher?.Dispose();

    private static string Describe(ConfigSource source, ConfigLoadResult result) =>
        $"{source.Origin}: {result.Errors.Count} error{(result.Errors.Count == 1 ? "" : "s")} in the configuration\n{result.Describe()}";

    private void Accept_NeedsLock(string text, GatewayConfig config)
    {
        (_textInForce, _asWritten, _refused, _problem) = (text, config, null, null);
        _current = new(Priced(config), _current.Generation + 1, ConfigSource.Fingerprint(text), _source.Origin) { Listing = _source.List(text) };
        _log.Loaded(_current.Generation, _current.Origin, _current.Fingerprint);

        var failed = false;

        // A copy: a builder may subscribe or unsubscribe.
        foreach (var subscription in _subscriptions.ToArray())
        {
            try
            {
                subscription.Build(_current);
            }
            catch (Exception exception)
            {
                // One feature that cannot build must not keep the others on the old document.
                _log.BuildFailed(exception, _current.Generation);
                failed = true;
            }
        }

        if (failed)
        {
            _problem = string.Create(CultureInfo.InvariantCulture, $"{ConfigHealthCheck.TakeOverProblem}{_current.Generation}");
        }
    }

    private GatewayConfig Priced(GatewayConfig config) => _catalogue.Current is { } catalogue ? catalogue.Apply(config) : config;

    /// <returns>Whether there is another good one.</returns>
    private bool ReadCatalogue_NeedsLock(GatewayConfig config)
    {
        var before = _catalogue.Problem;
        var isOther = _catalogue.Read(config.Pricing);
        if (_catalogue.Problem is { } problem && problem != before)
        {
            _log.CatalogueRefused(problem);
        }

        return isOther;
    }

    /// <param name="seen">What was refused, so that the same is reported once however often it is read.</param>
    /// <param name="problem">Why.</param>
    private void Refuse_NeedsLock(string seen, string problem)
    {
        if (seen != _refused)
        {
            (_refused, _problem) = (seen, problem);
            _log.Refused(_current.Generation, problem);
        }
    }

    private void Restore_NeedsLock()
    {
        if (_refused is not null)
        {
            (_refused, _problem) = (null, null);
            _log.Restored(_current.Generation);
        }
    }

    private sealed record Subscription(ConfigStore Store, Action<ConfigSnapshot> Build) : IDisposable
    {
        public void Dispose()
        {
            lock (Store._lock)
            {
                Store._subscriptions.RemoveAll(other => ReferenceEquals(other, this));
            }
        }
    }
}

/// <summary>A document that was read and found good.</summary>
internal sealed record LoadedDocument(string Text, GatewayConfig Config)
{
    /// <summary>The catalogue that it names, read; null for none.</summary>
    public CatalogueFile? Catalogue { get; init; }
}
