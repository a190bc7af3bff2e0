using System.Text.Json.Serialization;

namespace Gateway.Router.Moderating;

/// <summary>The body of a block.</summary>
internal sealed record ModerationBlock
{
    public required string Message { get; init; }

    public string Check { get; init; } = "";
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ModerationBlock))]
internal sealed partial class ModerationJson : JsonSerializerContext;
