using Xunit.Abstractions;

namespace Gateway.EndToEnd.Tests;

/// <summary>Begins with the collection that takes longest, so that the others run beside it and not after it.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    public const string Type = "Gateway.EndToEnd.Tests." + nameof(LongestFirst);
    public const string Assembly = "Gateway.EndToEnd.Tests";

    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) =>
        testCollections.OrderByDescending(static collection => collection.DisplayName.Contains(nameof(KillTests), StringComparison.Ordinal));
}
