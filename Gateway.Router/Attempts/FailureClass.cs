namespace Gateway.Router.Attempts;

/// <summary>What went wrong with an upstream call, by meaning and not by status: it decides what is done next.</summary>
internal enum FailureClass : byte
{
    /// <summary>The client left, the deadline passed, the request is wrong: nothing is tried, and it says nothing about the upstream.</summary>
    NotTheirs,

    /// <summary>Refused, no route, no name, no TLS, no time to connect: nothing was sent.</summary>
    Unreachable,

    /// <summary>No sign of life in time.</summary>
    Timeout,

    /// <summary>Broke off, ended without an end, or answered what is no answer.</summary>
    Broken,

    /// <summary>It answered, and nobody can read it: the same again would be charged again.</summary>
    Unreadable,

    /// <summary>A 5xx.</summary>
    ServerError,

    /// <summary>Says itself that it has too much to do (503, 529, and in other words).</summary>
    Overloaded,

    /// <summary>A 429 that time mends.</summary>
    RateLimited,

    /// <summary>The account has no money or no quota left: time alone does not mend it.</summary>
    QuotaExhausted,

    /// <summary>The provider refused the credential (401, or a 403 for this model).</summary>
    Credential,

    /// <summary>The deployment does not exist there.</summary>
    ModelMissing,

    /// <summary>The request is too long for the model.</summary>
    ContextLength,

    /// <summary>A filter of the provider refused the content.</summary>
    ContentPolicy,

    /// <summary>The request is wrong in any other way (400, 413, 422).</summary>
    BadRequest,
}

internal static class FailureClasses
{
    /// <summary>The word in records, logs and metrics.</summary>
    public static string Word(this FailureClass failure) => failure switch
    {
        FailureClass.NotTheirs => "",
        FailureClass.Unreachable => "unreachable",
        FailureClass.Timeout => "timeout",
        FailureClass.Broken => "broken",
        FailureClass.Unreadable => "unreadable",
        FailureClass.ServerError => "server_error",
        FailureClass.Overloaded => "overloaded",
        FailureClass.RateLimited => "rate_limited",
        FailureClass.QuotaExhausted => "quota_exhausted",
        FailureClass.Credential => "credential_refused",
        FailureClass.ModelMissing => "model_missing",
        FailureClass.ContextLength => "context_length",
        FailureClass.ContentPolicy => "content_policy",
        FailureClass.BadRequest => "bad_request",
    };
}
