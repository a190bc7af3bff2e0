using System.Globalization;
using System.Text.Json.Serialization;
using Gateway.Core.Money;

namespace Gateway.Usage.Budgets.Alerts;

/// <summary>What a webhook is told.</summary>
internal sealed record AlertMessage
{
    public string Type => "budget_alert";

    public required string Organisation { get; init; }

    /// <summary><c>key:demo</c>.</summary>
    public required string Scope { get; init; }

    /// <summary>Which one: <c>day:2026-11-21@UTC</c>.</summary>
    public required string Window { get; init; }

    /// <summary>Percentage of the limit that was reached.</summary>
    public required int Percent { get; init; }

    /// <summary>Exact decimal.</summary>
    public required string LimitUsd { get; init; }

    /// <summary>Exact decimal.</summary>
    public required string SpentUsd { get; init; }

    /// <summary>When it was noticed, in UTC.</summary>
    public required string At { get; init; }

    public static string Usd(long nanoUsd) => (nanoUsd / (decimal)TokenPrice.NanoPerUsd).ToString("0.#########", CultureInfo.InvariantCulture);
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(AlertMessage))]
internal sealed partial class AlertJson : JsonSerializerContext;
