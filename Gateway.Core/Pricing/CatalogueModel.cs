using Gateway.Core.Money;
using Gateway.Core.Requests;

namespace Gateway.Core.Pricing;

/// <summary>What a catalogue of prices says of a model. Only <see cref="Plan"/> has an effect; the rest is for people.</summary>
public sealed record CatalogueModel
{
    /// <summary>Vendor's name in the catalogue, e.g. <c>anthropic</c>.</summary>
    public required string Vendor { get; init; }

    public required string Name { get; init; }

    public required PricePlan Plan { get; init; }

    /// <summary>Public page that says so.</summary>
    public required Uri Source { get; init; }

    /// <summary>Day as of which it says so.</summary>
    public required DateOnly Checked { get; init; }

    /// <summary>Context window in tokens; null when not said.</summary>
    public long? Context { get; init; }

    /// <summary>Most output tokens; null when not said.</summary>
    public long? MaxOutput { get; init; }

    /// <summary>Null when not said.</summary>
    public ModelCapabilities? Supports { get; init; }
}
