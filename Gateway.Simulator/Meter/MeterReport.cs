using System.Text.Json.Serialization;

namespace Gateway.Simulator.Meter;

/// <summary>How a request ended, as the Simulator saw it.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Ending>))]
internal enum Ending
{
    /// <summary>The whole answer was written.</summary>
    [JsonStringEnumMemberName("completed")]
    Completed,

    /// <summary>The client closed or reset the connection first.</summary>
    [JsonStringEnumMemberName("client_gone")]
    ClientGone,

    /// <summary>A script reset the connection.</summary>
    [JsonStringEnumMemberName("cut")]
    Cut,

    /// <summary>A script ended the body before its normal end.</summary>
    [JsonStringEnumMemberName("ended")]
    Ended,

    /// <summary>An error status, or an error inside the answer.</summary>
    [JsonStringEnumMemberName("error")]
    Error,
}

/// <summary>One finished request.</summary>
internal sealed record MeterRow
{
    /// <summary>1 for the first finished request since the last reset; rows are listed in this order.</summary>
    public required long Seq { get; init; }

    /// <summary>The id that the client got with the answer.</summary>
    public required string Id { get; init; }

    public required string Model { get; init; }

    public required string Path { get; init; }

    /// <summary>The directives that were followed; empty for none.</summary>
    public required string Directives { get; init; }

    /// <summary>When its head had arrived, in microseconds of Unix time.</summary>
    public required long StartedUs { get; init; }

    public required long EndedUs { get; init; }

    /// <summary>What the first choice said, as it was handed to the socket; absent unless the control asked to keep texts.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Text { get; init; }

    public required string User { get; init; }

    public required int Status { get; init; }

    public required bool Stream { get; init; }

    public required long PromptTokens { get; init; }

    public required long TokensGenerated { get; init; }

    public required long TokensWritten { get; init; }

    public required Ending Ending { get; init; }

    /// <summary>Which credential asked; empty when none was sent.</summary>
    public required string Credential { get; init; }
}

internal sealed record MeterCount
{
    public required long Requests { get; init; }

    public required long PromptTokens { get; init; }

    public required long TokensGenerated { get; init; }

    public required long TokensWritten { get; init; }
}

internal sealed record MeterCredential(string Fingerprint, long Requests);

internal sealed record MeterReport
{
    public required long Requests { get; init; }

    public required long InFlight { get; init; }

    public required long PromptTokens { get; init; }

    /// <summary>Tokens that the model made, whether or not anybody got them.</summary>
    public required long TokensGenerated { get; init; }

    /// <summary>Tokens whose bytes the socket took.</summary>
    public required long TokensWritten { get; init; }

    public required long Completed { get; init; }

    /// <summary>Requests that the client left.</summary>
    public required long Resets { get; init; }

    /// <summary>Connections that a script reset.</summary>
    public required long Cut { get; init; }

    /// <summary>Bodies that a script ended early.</summary>
    public required long Ended { get; init; }

    public required long Errors { get; init; }

    public required IReadOnlyDictionary<string, MeterCount> ByModel { get; init; }

    public required IReadOnlyList<MeterCredential> Credentials { get; init; }
}

/// <summary>A page of rows. Ask again with <see cref="Next"/> as <c>since</c> until <see cref="Requests"/> is empty.</summary>
/// <remarks><see cref="Oldest"/> is the first row that is still held; a <c>since</c> below <c>oldest - 1</c> has lost rows.</remarks>
internal sealed record MeterPage(IReadOnlyList<MeterRow> Requests, long Next, long Oldest);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(MeterReport))]
[JsonSerializable(typeof(MeterPage))]
internal sealed partial class MeterJson : JsonSerializerContext;
