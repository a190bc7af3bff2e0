using Gateway.Router.Protocols;

namespace Gateway.Router.Attempts;

/// <summary>
/// Tells what an upstream's error means. What a client can bring about by its request alone never becomes a class that rests a credential or
/// opens a breaker: else one client could take them away from all others.
/// </summary>
internal static class FailureClassifier
{
    private const int TooEarly = 425;
    private const int OriginTimeout = 524;
    private const int SiteOverloaded = 529;

    /// <summary>A wait longer than this is no rate limit but a quota.</summary>
    private static readonly TimeSpan LongestRate = RetryAfter.Longest;

    /// <param name="status">Of the answer; below 400 the error stood inside it.</param>
    /// <param name="error">What <see cref="UpstreamErrors"/> or a decoder read.</param>
    public static FailureClass Of(int status, UpstreamError error)
    {
        // The reader corrects statuses that say something else than they mean (Google's 400 for a bad key).
        status = error.Status >= StatusCodes.Status400BadRequest ? error.Status : status;
        return OfCode(error.Code) ?? OfCode(error.Type) ?? status switch
        {
            StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden => FailureClass.Credential,
            StatusCodes.Status402PaymentRequired => FailureClass.QuotaExhausted,
            StatusCodes.Status404NotFound => OfNotFound(error),
            StatusCodes.Status405MethodNotAllowed or StatusCodes.Status410Gone => FailureClass.ModelMissing,
            StatusCodes.Status408RequestTimeout or StatusCodes.Status504GatewayTimeout or OriginTimeout => FailureClass.Timeout,
            StatusCodes.Status413PayloadTooLarge => UpstreamErrorPhrases.SaysLargerThanLimit(error.Message) ? FailureClass.ContextLength : FailureClass.BadRequest,
            StatusCodes.Status429TooManyRequests => OfTooMany(error),
            StatusCodes.Status503ServiceUnavailable or SiteOverloaded => FailureClass.Overloaded,
            >= StatusCodes.Status500InternalServerError => UpstreamErrorPhrases.SaysOverloaded(error.Message) ? FailureClass.Overloaded : FailureClass.ServerError,

            // Conflicts, failed dependencies and the like: another try may do better (ABORTED, ModelErrorException).
            StatusCodes.Status409Conflict or StatusCodes.Status424FailedDependency or StatusCodes.Status407ProxyAuthenticationRequired or TooEarly or StatusCodes.Status499ClientClosedRequest => FailureClass.ServerError,
            StatusCodes.Status400BadRequest when UpstreamErrorPhrases.SaysNoModel(error.Message) => FailureClass.ModelMissing,
            >= StatusCodes.Status400BadRequest => FailureClass.BadRequest,
            _ => FailureClass.Broken,
        };
    }

    /// <summary>Codes and types that say it whatever the status is.</summary>
    private static FailureClass? OfCode(string? code) => code switch
    {
        "content_filter" or "content_policy_violation" or "contentFilter" or "moderation_blocked" or "image_content_policy_violation" or "bio_policy" or "invalid_prompt"
            or "safety_check_failed" or "data_inspection_failed" or "DataInspectionFailed" => FailureClass.ContentPolicy,
        "context_length_exceeded" or "exceed_context_size_error" => FailureClass.ContextLength,
        "insufficient_quota" or "billing_error" or "ServiceQuotaExceededException" or "serviceQuotaExceededException" => FailureClass.QuotaExhausted,
        "overloaded_error" or "overloaded" or "server_is_overloaded" or "engine_overloaded" or "engine_overloaded_error" or "service_tier_capacity_exceeded" or "NoCapacity" or "queue_exceeded"
            or "ModelNotReadyException" or "modelNotReadyException" or "ServiceUnavailableException" or "serviceUnavailableException" => FailureClass.Overloaded,
        "invalid_api_key" or "UnrecognizedClientException" or "ExpiredTokenException" => FailureClass.Credential,
        "DeploymentNotFound" or "ResourceNotFoundException" or "resourceNotFoundException" or "model_decommissioned" or "invalid_model" => FailureClass.ModelMissing,
        "previous_response_not_found" => FailureClass.BadRequest,
        _ => null,
    };

    private static FailureClass OfTooMany(UpstreamError error)
    {
        if (UpstreamErrorPhrases.SaysLargerThanLimit(error.Message))
        {
            return FailureClass.ContextLength;
        }

        if (UpstreamErrorPhrases.SaysOverloaded(error.Message))
        {
            return FailureClass.Overloaded;
        }

        // A quota of a day that is whole again in a minute is a limit like others.
        return UpstreamErrorPhrases.SaysDaily(error.Message) && error.RetryAfter is null ? FailureClass.QuotaExhausted
            : error.RetryAfter > LongestRate ? FailureClass.QuotaExhausted
            : FailureClass.RateLimited;
    }

    /// <summary>The model, unless the answer is about another thing that the request named. A page is of a wrong base URL.</summary>
    private static FailureClass OfNotFound(UpstreamError error) =>
        error.Code == "model_not_found" || error.Param == "model" ? FailureClass.ModelMissing
        : error.Param is not null || UpstreamErrorPhrases.IsAboutPart(error.Message) ? FailureClass.BadRequest
        : FailureClass.ModelMissing;
}
