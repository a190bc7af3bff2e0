using Gateway.Core.Configuration.Store;
using Gateway.Core.Journal;
using Gateway.Core.Pricing;

namespace Gateway.Core.Configuration;

/// <summary>What became of a document that was to take the place of another one.</summary>
public enum DocumentWriteOutcome
{
    /// <summary>It is on the disk, whole and durable.</summary>
    Written,

    /// <summary>Another document is there than the one that was to be replaced, or somebody writes one just now. Nothing was changed.</summary>
    Changed,

    /// <summary>The file cannot be replaced by this process. Nothing was changed.</summary>
    NotWritable,
}

/// <param name="Outcome">What became of it.</param>
/// <param name="Problem">What is in the way and what to do, for operators; empty when it is written.</param>
public readonly record struct DocumentWrite(DocumentWriteOutcome Outcome, string Problem);

/// <summary>The document in its place: checks others for it, and puts them there, where each service that watches the file finds them. Thread-safe.</summary>
public sealed class ConfigDocument
{
    private const string Origin = "document";

    private readonly ConfigSource _source;
    private readonly ConfigStore _store;
    private readonly DocumentFile? _file;

    internal ConfigDocument(ConfigSource source, ConfigStore store, JournalDisk disk, TimeProvider time)
    {
        (_source, _store) = (source, store);
        _file = source.File is { } path ? new DocumentFile(path, disk, time) : null;
    }

    /// <summary>What would become of a text: the errors of its settings and of the catalogue of prices that it names.</summary>
    /// <param name="text">Of any length.</param>
    /// <param name="hidden">Whose hidden secrets the text may name; null for none.</param>
    public ConfigLoadResult Check(string text, MaskedDocument? hidden = null)
    {
        var result = GatewayConfigLoader.Load(text, _source.Environment, Origin, hidden);
        if (result.Config is not { } config)
        {
            return result;
        }

        var catalogue = new CatalogueFile(_source.Folder);
        catalogue.Read(config.Pricing);
        return catalogue.Problem is not { } problem ? result : new ConfigLoadResult(null, [new ConfigError(Origin, LineOf(text, "pricing.catalogue"), 1, "pricing.catalogue", problem)]);
    }

    /// <summary>Puts a checked document into the place of the file, and lets this process take it up. Others find it by themselves.</summary>
    /// <param name="text">A good document.</param>
    /// <param name="expected">What the file must hold; null for whatever it does.</param>
    public DocumentWrite Write(string text, string? expected)
    {
        if (_file is null)
        {
            return new(DocumentWriteOutcome.NotWritable, $"The gateway's document follows from the environment, so there is no file to write. Save a document as a file, and start the services with {ConfigSource.PathVariable} as its path.");
        }

        var written = _file.Replace(text, expected);
        if (written.Outcome == DocumentWriteOutcome.Written)
        {
            _store.Reload();
        }

        return written;
    }

    private int LineOf(string text, string path) => new ConfigListing(text, _source.Environment).Read(withDefaults: false).FirstOrDefault(setting => setting.Path == path)?.Line ?? 1;
}
