using System.Text;

namespace Gateway.Core.Money;

/// <summary>Tier of service that an answer says it is charged at.</summary>
public enum ServiceTier : byte
{
    /// <summary>The answer names none.</summary>
    Unsaid,
    Standard,

    /// <summary>Slower and cheaper.</summary>
    Flex,

    /// <summary>Faster and dearer.</summary>
    Priority,

    /// <summary>Some time within a day.</summary>
    Batch,
}

/// <summary>The words of providers for tiers. Stateless.</summary>
public static class ServiceTiers
{
    private const int LongestWord = 32;

    /// <summary>As records and reports name it; empty for <see cref="ServiceTier.Unsaid"/>.</summary>
    public static string Word(this ServiceTier tier) => tier switch
    {
        ServiceTier.Standard => "default",
        ServiceTier.Flex => "flex",
        ServiceTier.Priority => "priority",
        ServiceTier.Batch => "batch",
        ServiceTier.Unsaid => "",
    };

    /// <param name="word">As a provider writes it: <c>default</c>, <c>standard</c>, <c>on_demand</c>, <c>ON_DEMAND_PRIORITY</c> and the like.</param>
    /// <returns><see cref="ServiceTier.Unsaid"/> for a word that is none of them, which is then charged at the standard price.</returns>
    public static ServiceTier Read(ReadOnlySpan<byte> word)
    {
        if (word.Length > LongestWord)
        {
            return ServiceTier.Unsaid;
        }

        Span<byte> lower = stackalloc byte[LongestWord];
        if (Ascii.ToLower(word, lower, out var length) != System.Buffers.OperationStatus.Done)
        {
            return ServiceTier.Unsaid;
        }

        return (ReadOnlySpan<byte>)lower[..length] switch
        {
            var said when said.SequenceEqual("default"u8) || said.SequenceEqual("standard"u8) || said.SequenceEqual("on_demand"u8) || said.SequenceEqual("service_tier_standard"u8) => ServiceTier.Standard,
            var said when said.SequenceEqual("flex"u8) || said.SequenceEqual("on_demand_flex"u8) || said.SequenceEqual("service_tier_flex"u8) => ServiceTier.Flex,
            var said when said.SequenceEqual("priority"u8) || said.SequenceEqual("on_demand_priority"u8) || said.SequenceEqual("service_tier_priority"u8) => ServiceTier.Priority,
            var said when said.SequenceEqual("batch"u8) => ServiceTier.Batch,
            _ => ServiceTier.Unsaid,
        };
    }

    /// <summary>The tier of <see cref="Word"/>.</summary>
    public static ServiceTier Of(string word) => word switch
    {
        "default" => ServiceTier.Standard,
        "flex" => ServiceTier.Flex,
        "priority" => ServiceTier.Priority,
        "batch" => ServiceTier.Batch,
        _ => ServiceTier.Unsaid,
    };
}
