using System.Text.Json.Serialization;

namespace Gateway.Moderation.Endpoints;

internal sealed record ModerationsAnswer(string Id, string Model, IReadOnlyList<ModerationsResult> Results);

internal sealed record ModerationsResult
{
    public required bool Flagged { get; init; }

    /// <summary>OpenAI's own categories, always false, and each check of the policy.</summary>
    public required IReadOnlyDictionary<string, bool> Categories { get; init; }

    /// <summary>1 for a match, 0 for none: lists and patterns know no more.</summary>
    public required IReadOnlyDictionary<string, double> CategoryScores { get; init; }

    public required IReadOnlyDictionary<string, IReadOnlyList<string>> CategoryAppliedInputTypes { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ModerationsAnswer))]
internal sealed partial class ModerationsJson : JsonSerializerContext;
