namespace Gateway.Core.Configuration;

/// <summary>What is kept of the content of requests; each keeps less than the next.</summary>
/// <remarks>The numbers stand in files and signed contexts.</remarks>
public enum CaptureLevel : byte
{
    None = 0,

    /// <summary>Shape alone: roles, sizes, names of tools, parameters. No text.</summary>
    Metadata = 1,

    /// <summary>Texts with personal data and secrets masked.</summary>
    Redacted = 2,

    /// <summary>What the client sent and what it was sent.</summary>
    Full = 3,
}

public static class CaptureLevels
{
    /// <summary>In the document's words, by number.</summary>
    public static string Word(this CaptureLevel level) => level switch
    {
        CaptureLevel.None => "none",
        CaptureLevel.Metadata => "metadata",
        CaptureLevel.Redacted => "redacted",
        CaptureLevel.Full => "full",
    };

    /// <summary>Null for a word that is none, and for null.</summary>
    public static CaptureLevel? Read(string? word) => word switch
    {
        "none" => CaptureLevel.None,
        "metadata" => CaptureLevel.Metadata,
        "redacted" => CaptureLevel.Redacted,
        "full" => CaptureLevel.Full,
        _ => null,
    };

    /// <summary>What holds for a request. Who is nearer to it goes before the standard; of two that are near, the one that keeps less.</summary>
    /// <param name="standard">What the document says for all.</param>
    /// <param name="key">What the virtual key says; null for nothing.</param>
    /// <param name="route">What the path's route says; null for nothing.</param>
    public static CaptureLevel InForce(CaptureLevel standard, CaptureLevel? key, CaptureLevel? route) =>
        key is { } own && route is { } path ? (own < path ? own : path) : key ?? route ?? standard;
}
