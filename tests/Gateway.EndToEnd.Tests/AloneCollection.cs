namespace Gateway.EndToEnd.Tests;

/// <summary>Of scenarios with gateways of their own beside which nothing else may run.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class AloneCollection
{
    public const string Name = "alone";
}
