using Gateway.Core.Admission.Shared;
using Gateway.Core.Configuration;
using Gateway.Core.Requests;

namespace Gateway.Core.Context;

/// <summary>Which service a context token is for. A token for one is refused by the others.</summary>
public enum ContextAudience : byte
{
    Router = 1,
    Moderation = 2,
    Usage = 3,
}

/// <summary>On whose behalf an internal call is made.</summary>
public enum ContextRole : byte
{
    /// <summary>A client with a virtual key.</summary>
    Client = 1,

    /// <summary>An operator with the admin key.</summary>
    Admin = 2,

    /// <summary>A service of the gateway on its own account.</summary>
    Service = 3,
}

/// <summary>
/// What the Edge decided about a request, signed into <c>x-gateway-context</c>. The receiver trusts this and nothing else
/// that came with the call.
/// </summary>
public sealed record ContextClaims
{
    /// <summary><see cref="KeyId"/> of a caller without a key: only what is public is open to it. No key has this id.</summary>
    public const string PublicKeyId = "public";

    public required ContextAudience Audience { get; init; }

    public required ContextRole Role { get; init; }

    /// <summary>Chosen by the Edge; names the request in headers, logs, journal and ledger.</summary>
    public required Guid RequestId { get; init; }

    /// <summary>Path of the call that the token is good for, e.g. <c>/v1/chat/completions</c>.</summary>
    public required string Path { get; init; }

    /// <summary>After this instant the token is refused. Unix milliseconds.</summary>
    public required long ExpiresUnixMs { get; init; }

    /// <summary>When the whole request must be over. Unix milliseconds.</summary>
    public long DeadlineUnixMs { get; init; }

    /// <summary>The virtual key, or <see cref="PublicKeyId"/>.</summary>
    public string KeyId { get; init; } = "";

    public string Team { get; init; } = "";

    /// <summary>The end user that the request body names; empty when it names none.</summary>
    public string User { get; init; } = "";

    /// <summary>Facts of the body as the Edge read them; the Router reads them again and compares.</summary>
    public string RequestedModel { get; init; } = "";

    public bool Stream { get; init; }

    /// <summary>The client's cap on output tokens; -1 when it named none.</summary>
    public long OutputCap { get; init; } = -1;

    /// <summary>Number of choices asked for.</summary>
    public int CandidateCount { get; init; } = 1;

    /// <summary>Model name patterns (<c>*</c> as wildcard) that the key may use.</summary>
    public IReadOnlyList<string> AllowedModels { get; init; } = [];

    /// <summary>Provider name patterns that the key may use.</summary>
    public IReadOnlyList<string> AllowedProviders { get; init; } = [];

    /// <summary>The model that the path's route names, which answers whatever <see cref="RequestedModel"/> says; empty for none.</summary>
    public string RouteModel { get; init; } = "";

    /// <summary>Names of the processors that the path's route has, in order.</summary>
    public IReadOnlyList<string> Processors { get; init; } = [];

    /// <summary>Who goes first when requests wait.</summary>
    public RequestPriority Priority { get; init; } = RequestPriority.Default;

    /// <summary>Share of a full upstream relative to other tenants. The tenant is the team, else the key.</summary>
    public int Weight { get; init; } = 1;

    /// <summary>Labels that a deployment must carry to serve the request, each as <c>name=value</c>.</summary>
    public IReadOnlyList<string> RequiredTags { get; init; } = [];

    /// <summary>Labels of the key, each as <c>name=value</c>: for the record of the request, not for its routing.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>Whether the body may steer the routing.</summary>
    public bool MaySteer { get; init; } = true;

    /// <summary><see cref="SteeringDigest"/> of what the body steers with; 0 for nothing. The Router compares.</summary>
    public long Steering { get; init; }

    /// <summary>Owner of the key; empty for none.</summary>
    public string Owner { get; init; } = "";

    /// <summary>What the request holds of limits and budgets; null for nothing.</summary>
    public AdmissionTicket? Ticket { get; init; }

    /// <summary>Name of the moderation policy that applies; empty for none.</summary>
    public string ModerationPolicy { get; init; } = "";

    /// <summary>What is kept of the request's content.</summary>
    public CaptureLevel Capture { get; init; }

    /// <summary>Generation of the configuration that the Edge decided with.</summary>
    public long ConfigGeneration { get; init; }
}
