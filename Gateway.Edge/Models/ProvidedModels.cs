namespace Gateway.Edge.Models;

/// <summary>
/// What the providers list themselves, as <c>provider/model</c>: shown beside the names of the configuration. Who learns it replaces it
/// whole; lists only read, so that no client waits for a provider. Thread-safe.
/// </summary>
internal sealed class ProvidedModels
{
    private volatile IReadOnlyList<ListedModel> _current = [];

    /// <summary>By name.</summary>
    public IReadOnlyList<ListedModel> Current => _current;

    /// <param name="models">Their names begin with the name of their provider and a slash.</param>
    public void Replace(IEnumerable<ListedModel> models) => _current = [.. models.OrderBy(static model => model.Name, StringComparer.Ordinal)];
}
