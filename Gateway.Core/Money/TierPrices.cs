namespace Gateway.Core.Money;

/// <summary>The price of each tier of service. Immutable.</summary>
/// <param name="Standard">For answers that name no tier, or one that has no price of its own.</param>
public sealed record TierPrices(TokenPrice Standard)
{
    public TokenPrice? Flex { get; init; }

    public TokenPrice? Priority { get; init; }

    public TokenPrice? Batch { get; init; }

    /// <summary>The price that a tier is charged at.</summary>
    public TokenPrice For(ServiceTier tier) => tier switch
    {
        ServiceTier.Flex => Flex ?? Standard,
        ServiceTier.Priority => Priority ?? Standard,
        ServiceTier.Batch => Batch ?? Standard,
        ServiceTier.Standard or ServiceTier.Unsaid => Standard,
    };

    /// <summary>The dearest of all tiers, class by class: whichever the provider chooses costs no more.</summary>
    internal TokenPrice Dearest
    {
        get
        {
            var dearest = Standard;
            foreach (var other in (TokenPrice?[])[Flex, Priority, Batch])
            {
                dearest = other is null ? dearest : dearest.Or(other);
            }

            return dearest;
        }
    }
}
