namespace Gateway.Core.Errors;

/// <summary>The closed list of failures that a client can see. Their facts stand in <see cref="GatewayErrors.Describe"/>.</summary>
public enum GatewayErrorKind
{
    /// <summary>The request cannot be read or breaks a rule; the message names the field.</summary>
    InvalidRequest,

    /// <summary>No endpoint at this path.</summary>
    EndpointNotFound,

    /// <summary>The endpoint exists, but not for this method.</summary>
    MethodNotAllowed,

    /// <summary>The body is larger than <c>server.max_body</c>.</summary>
    BodyTooLarge,

    /// <summary>The body is not JSON, or is compressed.</summary>
    UnsupportedMediaType,

    /// <summary>No client credential was sent.</summary>
    MissingKey,

    /// <summary>The client credential matches no virtual key.</summary>
    InvalidKey,

    /// <summary>The virtual key is past its expiry date.</summary>
    ExpiredKey,

    /// <summary>The virtual key may not use this model.</summary>
    ModelForbidden,

    /// <summary>The catalogue does not know the model.</summary>
    ModelNotFound,

    /// <summary>No deployment of the model can do what the request needs.</summary>
    CapabilityMissing,

    /// <summary>The request is longer than any deployment of the model holds.</summary>
    ContextLengthExceeded,

    /// <summary>A limit of the virtual key is used up. Always with a retry hint.</summary>
    RateLimited,

    /// <summary>A hard budget does not suffice for the request. Always with a retry hint unless the budget never resets.</summary>
    BudgetExceeded,

    /// <summary>Hard budgets cannot be decided now. Always with a retry hint.</summary>
    BudgetUnavailable,

    /// <summary>The model has no price, and the caller has a hard budget.</summary>
    ModelNotPriced,

    /// <summary>The credential may not be used from this address.</summary>
    AddressForbidden,

    /// <summary>The token does not carry a role that is needed.</summary>
    RoleForbidden,

    /// <summary>No run-time key has this id.</summary>
    KeyNotFound,

    /// <summary>The ledger has no request of this id.</summary>
    RequestNotFound,

    /// <summary>No version of the configuration document has this number.</summary>
    ConfigVersionNotFound,

    /// <summary>A document of the operator is not one that the gateway can take.</summary>
    ConfigInvalid,

    /// <summary>A change of the document that does not say which one it replaces.</summary>
    ConfigPreconditionRequired,

    /// <summary>Another document came between.</summary>
    ConfigChanged,

    /// <summary>The file of the document cannot be written.</summary>
    ConfigNotWritable,

    /// <summary>A key of this id exists, or it was changed meanwhile.</summary>
    KeyConflict,

    /// <summary>The store of run-time keys, or the issuer of tokens, does not answer. Always with a retry hint.</summary>
    KeyStoreUnavailable,

    /// <summary>Too many wrong admin keys from this address. Always with a retry hint.</summary>
    AdminLocked,

    /// <summary>A moderation policy refused the content.</summary>
    ContentBlocked,

    /// <summary>A required moderation policy could not be asked. Always with a retry hint.</summary>
    ModerationUnavailable,

    /// <summary>A service of the gateway does not answer. Always with a retry hint.</summary>
    ServiceUnavailable,

    /// <summary>The journal has no room for billable traffic. Always with a retry hint.</summary>
    JournalFull,

    /// <summary>An internal call without a valid context. Never shown to clients of the Edge.</summary>
    ContextRejected,

    /// <summary>Edge and Router read different facts from one body.</summary>
    FactsMismatch,

    /// <summary>An admin endpoint without the admin key.</summary>
    AdminKeyRequired,

    /// <summary>The deadline of the request passed before an answer began.</summary>
    DeadlineExceeded,

    /// <summary>No deployment of the model can be asked now: health keeps all of them out. Always with a retry hint.</summary>
    NoDeployment,

    /// <summary>The limits of every credential are reached, ours or the provider's. Always with a retry hint.</summary>
    UpstreamLimited,

    /// <summary>Every deployment serves as many as it may, and there is no more room or time to wait. Always with a retry hint.</summary>
    UpstreamBusy,

    /// <summary>A processor of the path's route gave no text, so the request was not sent. The status is that of the reason.</summary>
    ProcessorFailed,

    /// <summary>The upstream did not accept a connection.</summary>
    UpstreamUnreachable,

    /// <summary>The upstream did not answer, or stalled, within its time-out.</summary>
    UpstreamTimeout,

    /// <summary>The upstream refused the gateway's own credential.</summary>
    UpstreamAuth,

    /// <summary>The upstream answered something that is no valid answer of its protocol.</summary>
    UpstreamInvalidResponse,

    /// <summary>The upstream ended a stream without its normal end.</summary>
    UpstreamStreamBroken,

    /// <summary>A bug of ours.</summary>
    Internal,
}

/// <summary>Who has to act: tells our 429 from an upstream's.</summary>
public enum FaultDomain
{
    Caller,
    Policy,
    Gateway,
    Upstream,
}
