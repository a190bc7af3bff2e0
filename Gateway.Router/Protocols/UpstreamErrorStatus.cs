namespace Gateway.Router.Protocols;

/// <summary>The HTTP status that an error inside a 200 stands for.</summary>
internal static class UpstreamErrorStatus
{
    /// <returns>400 to 599; 0 where nothing tells.</returns>
    public static int Of(in UpstreamErrorShape error) =>
        error.Number is >= 400 and < 600 ? error.Number
        : OfWord(error.Type) is > 0 and var byType ? byType
        : OfWord(error.Code) is > 0 and var byCode ? byCode
        : OfWord(error.StatusWord);

    private static int OfWord(string? word) => word switch
    {
        "invalid_request_error" or "INVALID_ARGUMENT" or "FAILED_PRECONDITION" or "OUT_OF_RANGE" or "context_length_exceeded" or "content_filter" or "tool_use_failed"
            or "invalid_prompt" or "ValidationException" or "validationException" => 400,
        "authentication_error" or "UNAUTHENTICATED" or "invalid_api_key" or "UnrecognizedClientException" or "ExpiredTokenException" => 401,
        "billing_error" => 402,
        "permission_error" or "PERMISSION_DENIED" or "AccessDeniedException" or "accessDeniedException" => 403,
        "not_found_error" or "NOT_FOUND" or "model_not_found" or "DeploymentNotFound" or "ResourceNotFoundException" or "resourceNotFoundException" => 404,
        "timeout_error" or "DEADLINE_EXCEEDED" or "timeout" or "ModelTimeoutException" or "modelTimeoutException" => 504,
        "conflict_error" or "ABORTED" => 409,
        "request_too_large" => 413,
        "rate_limit_error" or "rate_limit_exceeded" or "RateLimitReached" or "RESOURCE_EXHAUSTED" or "insufficient_quota" or "requests" or "tokens" or "ThrottlingException"
            or "throttlingException" or "ServiceQuotaExceededException" or "ModelNotReadyException" => 429,
        "api_error" or "INTERNAL" or "UNKNOWN" or "server_error" or "internal_server_error" or "InternalServerException" or "internalServerException" => 500,
        "modelStreamErrorException" or "ModelStreamErrorException" or "ModelErrorException" => 502,
        "UNAVAILABLE" or "service_unavailable" or "server_is_overloaded" or "overloaded" or "ServiceUnavailableException" or "serviceUnavailableException" => 503,
        "overloaded_error" => 529,
        _ => 0,
    };
}
