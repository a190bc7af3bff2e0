using System.Diagnostics.CodeAnalysis;

namespace Gateway.Core.Money;

/// <summary>All prices of a deployment: by tier of service, and for long prompts. Which of them holds is known when the answer is. Immutable.</summary>
public sealed record PricePlan
{
    private readonly TokenPrice _dearestShort;
    private readonly TokenPrice _dearest;

    /// <param name="prices">For prompts of any length, or of up to <paramref name="above"/> tokens.</param>
    /// <param name="above">More input tokens than this cost <paramref name="longPrices"/>, the whole request; null where length makes no difference.</param>
    /// <param name="longPrices">Null where <paramref name="above"/> is.</param>
    public PricePlan(TierPrices prices, long? above = null, TierPrices? longPrices = null)
    {
        (Prices, Above, LongPrices) = (prices, above, longPrices);
        _dearestShort = prices.Dearest;
        _dearest = longPrices is null ? _dearestShort : _dearestShort.Or(longPrices.Dearest);
    }

    public TierPrices Prices { get; }

    /// <summary>Input tokens, cached ones included, above which a request costs <see cref="LongPrices"/>.</summary>
    public long? Above { get; }

    public TierPrices? LongPrices { get; }

    /// <summary>Date of the catalogue that it is from; null for one that stands in the document.</summary>
    public string? CatalogueDate { get; init; }

    /// <summary>What a short prompt costs at no special tier.</summary>
    public TokenPrice Standard => Prices.Standard;

    /// <summary>The price of a request.</summary>
    /// <param name="inputTokens">All of its input.</param>
    /// <param name="tier">What its answer names.</param>
    public TokenPrice For(long inputTokens, ServiceTier tier = ServiceTier.Unsaid) => (IsLong(inputTokens) ? LongPrices! : Prices).For(tier);

    /// <summary>No request of at most so many input tokens costs more, whatever its tier turns out to be.</summary>
    public TokenPrice Dearest(long mostInputTokens) => IsLong(mostInputTokens) ? _dearest : _dearestShort;

    /// <summary>What records say of where it is from.</summary>
    /// <param name="generation">Of the document in force.</param>
    public string VersionAt(long generation) => CatalogueDate is { } date ? $"catalogue:{date}" : string.Create(System.Globalization.CultureInfo.InvariantCulture, $"document:{generation}");

    /// <summary>One price for everything; null for none.</summary>
    [return: NotNullIfNotNull(nameof(price))]
    public static implicit operator PricePlan?(TokenPrice? price) => price is null ? null : new(new TierPrices(price));

    public bool Equals(PricePlan? other) =>
        other is not null && Prices == other.Prices && Above == other.Above && LongPrices == other.LongPrices && CatalogueDate == other.CatalogueDate;

    public override int GetHashCode() => HashCode.Combine(Prices, Above, LongPrices, CatalogueDate);

    private bool IsLong(long inputTokens) => Above is { } above && inputTokens > above;
}
