using Microsoft.Extensions.Logging;

namespace Gateway.Core.Errors;

/// <summary>What is always true of one kind of error.</summary>
/// <param name="Status">HTTP status towards the client.</param>
/// <param name="Type">OpenAI's <c>error.type</c>.</param>
/// <param name="Code">Stable <c>error.code</c>; clients may switch on it.</param>
/// <param name="Domain">Who has to act.</param>
/// <param name="Level">Client mistakes are Information; our or an upstream's trouble Warning or Error.</param>
/// <param name="MayFallBack">Whether another deployment may be tried while nothing was sent to the client.</param>
public readonly record struct ErrorFacts(int Status, string Type, string Code, FaultDomain Domain, LogLevel Level, bool MayFallBack = false);

public static class GatewayErrors
{
    private const string InvalidRequestType = "invalid_request_error";
    private const string ServerErrorType = "server_error";

    /// <summary>The facts of a kind. No discard arm: a new kind does not compile until it is decided here.</summary>
    public static ErrorFacts Describe(GatewayErrorKind kind) => kind switch
    {
        GatewayErrorKind.InvalidRequest => new(400, InvalidRequestType, "invalid_request", FaultDomain.Caller, LogLevel.Information),
        GatewayErrorKind.EndpointNotFound => new(404, InvalidRequestType, "unknown_endpoint", FaultDomain.Caller, LogLevel.Information),
        GatewayErrorKind.MethodNotAllowed => new(405, InvalidRequestType, "method_not_allowed", FaultDomain.Caller, LogLevel.Information),
        GatewayErrorKind.BodyTooLarge => new(413, InvalidRequestType, "request_too_large", FaultDomain.Caller, LogLevel.Information),
        GatewayErrorKind.UnsupportedMediaType => new(415, InvalidRequestType, "unsupported_media_type", FaultDomain.Caller, LogLevel.Information),
        GatewayErrorKind.MissingKey => new(401, InvalidRequestType, "missing_api_key", FaultDomain.Caller, LogLevel.Information),
        GatewayErrorKind.InvalidKey => new(401, InvalidRequestType, "invalid_api_key", FaultDomain.Caller, LogLevel.Information),
        GatewayErrorKind.ExpiredKey => new(401, InvalidRequestType, "expired_api_key", FaultDomain.Caller, LogLevel.Information),
        GatewayErrorKind.ModelForbidden => new(403, InvalidRequestType, "model_forbidden", FaultDomain.Policy, LogLevel.Information),
        GatewayErrorKind.ModelNotFound => new(404, InvalidRequestType, "model_not_found", FaultDomain.Caller, LogLevel.Information),
        GatewayErrorKind.CapabilityMissing => new(400, InvalidRequestType, "unsupported_capability", FaultDomain.Caller, LogLevel.Information),
        GatewayErrorKind.ContextLengthExceeded => new(400, InvalidRequestType, "context_length_exceeded", FaultDomain.Caller, LogLevel.Information),
        GatewayErrorKind.RateLimited => new(429, "requests", "rate_limit_exceeded", FaultDomain.Policy, LogLevel.Information),
        GatewayErrorKind.BudgetExceeded => new(429, "insufficient_quota", "budget_exceeded", FaultDomain.Policy, LogLevel.Information),
        GatewayErrorKind.BudgetUnavailable => new(503, ServerErrorType, "budget_unavailable", FaultDomain.Gateway, LogLevel.Warning),
        GatewayErrorKind.ModelNotPriced => new(400, InvalidRequestType, "model_not_priced", FaultDomain.Policy, LogLevel.Information),
        GatewayErrorKind.AddressForbidden => new(403, InvalidRequestType, "address_forbidden", FaultDomain.Policy, LogLevel.Information),
        GatewayErrorKind.RoleForbidden => new(403, InvalidRequestType, "role_forbidden", FaultDomain.Policy, LogLevel.Information),
        GatewayErrorKind.KeyNotFound => new(404, InvalidRequestType, "key_not_found", FaultDomain.Caller, LogLevel.Information),
        GatewayErrorKind.RequestNotFound => new(404, InvalidRequestType, "request_not_found", FaultDomain.Caller, LogLevel.Information),
        GatewayErrorKind.ConfigVersionNotFound => new(404, InvalidRequestType, "config_version_not_found", FaultDomain.Caller, LogLevel.Information),
        GatewayErrorKind.ConfigInvalid => new(400, InvalidRequestType, "config_invalid", FaultDomain.Caller, LogLevel.Information),
        GatewayErrorKind.ConfigPreconditionRequired => new(428, InvalidRequestType, "config_precondition_required", FaultDomain.Caller, LogLevel.Information),
        GatewayErrorKind.ConfigChanged => new(412, InvalidRequestType, "config_changed", FaultDomain.Caller, LogLevel.Information),
        GatewayErrorKind.ConfigNotWritable => new(409, InvalidRequestType, "config_not_writable", FaultDomain.Gateway, LogLevel.Warning),
        GatewayErrorKind.KeyConflict => new(409, InvalidRequestType, "key_conflict", FaultDomain.Caller, LogLevel.Information),
        GatewayErrorKind.KeyStoreUnavailable => new(503, ServerErrorType, "key_store_unavailable", FaultDomain.Gateway, LogLevel.Error),
        GatewayErrorKind.AdminLocked => new(429, "requests", "admin_locked", FaultDomain.Policy, LogLevel.Warning),
        GatewayErrorKind.ContentBlocked => new(400, InvalidRequestType, "content_blocked", FaultDomain.Policy, LogLevel.Information),
        GatewayErrorKind.ModerationUnavailable => new(503, ServerErrorType, "moderation_unavailable", FaultDomain.Gateway, LogLevel.Error),
        GatewayErrorKind.ServiceUnavailable => new(503, ServerErrorType, "service_unavailable", FaultDomain.Gateway, LogLevel.Error),
        GatewayErrorKind.JournalFull => new(503, ServerErrorType, "usage_journal_full", FaultDomain.Gateway, LogLevel.Error),
        GatewayErrorKind.ContextRejected => new(401, InvalidRequestType, "context_rejected", FaultDomain.Gateway, LogLevel.Warning),
        GatewayErrorKind.FactsMismatch => new(400, InvalidRequestType, "ambiguous_request", FaultDomain.Caller, LogLevel.Warning),
        GatewayErrorKind.AdminKeyRequired => new(401, InvalidRequestType, "admin_key_required", FaultDomain.Caller, LogLevel.Information),
        GatewayErrorKind.DeadlineExceeded => new(504, "timeout", "deadline_exceeded", FaultDomain.Caller, LogLevel.Information),
        GatewayErrorKind.NoDeployment => new(503, ServerErrorType, "no_deployment_available", FaultDomain.Upstream, LogLevel.Warning),
        GatewayErrorKind.UpstreamLimited => new(429, "requests", "upstream_rate_limited", FaultDomain.Upstream, LogLevel.Warning),
        GatewayErrorKind.UpstreamBusy => new(503, ServerErrorType, "upstream_busy", FaultDomain.Upstream, LogLevel.Warning),
        GatewayErrorKind.ProcessorFailed => new(502, ServerErrorType, "processor_failed", FaultDomain.Gateway, LogLevel.Warning),
        GatewayErrorKind.UpstreamUnreachable => new(502, ServerErrorType, "upstream_unreachable", FaultDomain.Upstream, LogLevel.Warning, MayFallBack: true),
        GatewayErrorKind.UpstreamTimeout => new(504, "timeout", "upstream_timeout", FaultDomain.Upstream, LogLevel.Warning, MayFallBack: true),
        GatewayErrorKind.UpstreamAuth => new(502, ServerErrorType, "upstream_auth", FaultDomain.Gateway, LogLevel.Error, MayFallBack: true),
        GatewayErrorKind.UpstreamInvalidResponse => new(502, ServerErrorType, "upstream_invalid_response", FaultDomain.Upstream, LogLevel.Warning, MayFallBack: true),
        GatewayErrorKind.UpstreamStreamBroken => new(502, ServerErrorType, "upstream_stream_broken", FaultDomain.Upstream, LogLevel.Warning, MayFallBack: true),
        GatewayErrorKind.Internal => new(500, ServerErrorType, "internal_error", FaultDomain.Gateway, LogLevel.Error),
    };
}

/// <summary>One failure, ready to be told to a client.</summary>
/// <param name="Kind">Which of the closed list.</param>
/// <param name="Message">What is wrong and what to change. Never a key, a prompt or an upstream host.</param>
/// <param name="Param">The field at fault, as a path into the body, or null.</param>
/// <param name="RetryAfter">When a retry can succeed; becomes <c>retry-after</c> on every 429 and 503.</param>
public sealed record GatewayError(GatewayErrorKind Kind, string Message, string? Param = null, TimeSpan? RetryAfter = null)
{
    /// <summary>The status towards the client where the kind alone does not say it; null for the kind's own.</summary>
    public int? Status { get; init; }

    public ErrorFacts Facts => Status is { } status ? GatewayErrors.Describe(Kind) with { Status = status } : GatewayErrors.Describe(Kind);
}

/// <summary>Carries a <see cref="GatewayError"/> where a return value cannot.</summary>
public sealed class GatewayException(GatewayError error, Exception? inner = null) : Exception(error.Message, inner)
{
    public GatewayException(GatewayErrorKind kind, string message, string? param = null) : this(new GatewayError(kind, message, param))
    {
    }

    public GatewayError Error { get; } = error;
}
