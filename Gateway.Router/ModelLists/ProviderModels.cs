using System.Collections.Frozen;

namespace Gateway.Router.ModelLists;

/// <summary>What the providers that say <c>list_models</c> offer, by provider name. Thread-safe; each list is replaced as a whole.</summary>
internal sealed class ProviderModels
{
    private volatile FrozenDictionary<string, IReadOnlyList<string>> _lists = FrozenDictionary<string, IReadOnlyList<string>>.Empty;

    public IReadOnlyDictionary<string, IReadOnlyList<string>> Lists => _lists;

    public void Replace(IReadOnlyDictionary<string, IReadOnlyList<string>> lists) => _lists = lists.ToFrozenDictionary(StringComparer.Ordinal);
}
