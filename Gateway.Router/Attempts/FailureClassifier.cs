using Gateway.Router.Protocols;

namespace Gateway.Router.Attempts;

/// <summary>What an upstream's error means.</summary>
internal static class FailureClassifier
{
    public static FailureClass Of(int status, UpstreamError error) => status switch
    {
        StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden => FailureClass.Credential,
        StatusCodes.Status404NotFound => FailureClass.ModelMissing,
        StatusCodes.Status429TooManyRequests => error.Code == "insufficient_quota" ? FailureClass.QuotaExhausted : FailureClass.RateLimited,
        StatusCodes.Status503ServiceUnavailable or 529 => FailureClass.Overloaded,
        >= StatusCodes.Status500InternalServerError => FailureClass.ServerError,
        _ => error.Code == "context_length_exceeded" ? FailureClass.ContextLength : error.Code == "content_filter" ? FailureClass.ContentPolicy : FailureClass.BadRequest,
    };
}
