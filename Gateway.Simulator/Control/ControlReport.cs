using System.Text.Json.Serialization;

namespace Gateway.Simulator.Control;

/// <summary>What the control does right now.</summary>
internal sealed record ControlReport(int KeepText, IReadOnlyList<RuleReport> Rules);

internal sealed record RuleReport
{
    public required string? Credential { get; init; }

    public required string? Model { get; init; }

    public required IReadOnlyList<string> Directives { get; init; }

    /// <summary>Its time has come and is not over.</summary>
    public required bool Active { get; init; }

    /// <summary>Requests that it concerned.</summary>
    public required long Matched { get; init; }

    /// <summary>Of those, the ones that got its directives.</summary>
    public required long Broken { get; init; }

    /// <summary>And the ones that its limits refused.</summary>
    public required long Refused { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ControlReport))]
internal sealed partial class ControlJson : JsonSerializerContext;
