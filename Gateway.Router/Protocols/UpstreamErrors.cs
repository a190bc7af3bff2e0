using Gateway.Core.Errors;

namespace Gateway.Router.Protocols;

/// <summary>Reads errors of upstreams in every shape that was seen, and makes them errors that any client understands.</summary>
internal static class UpstreamErrors
{
    private const string ContextLength = "context_length_exceeded";
    private const string Quota = "insufficient_quota";
    private const string InvalidRequest = "invalid_request_error";
    private const string ServerError = "server_error";
    private const string RateLimited = "rate_limit_exceeded";

    private const int LongestCode = 64;

    /// <summary>Reads the error of an answer, whose type may stand in its head (AWS). Never throws.</summary>
    public static UpstreamError Read(HttpResponseMessage answer, ReadOnlySpan<byte> body)
    {
        var type = answer.Headers.NonValidated.TryGetValues("x-amzn-errortype", out var values) ? values.ToString() : null;

        // ThrottlingException:http://internal.amazon.com/coral/...
        return Read((int)answer.StatusCode, body, type?.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon ? type[..colon] : type);
    }

    /// <summary>Reads an error document. Never throws.</summary>
    /// <param name="status">The HTTP status. Below 400 the document itself tells which it stands for.</param>
    /// <param name="body">JSON of any provider, a page, plain text, an event, or nothing.</param>
    public static UpstreamError Read(int status, ReadOnlySpan<byte> body) => Read(status, body, type: null);

    private static UpstreamError Read(int status, ReadOnlySpan<byte> body, string? type)
    {
        var found = UpstreamErrorShape.Find(body);
        found.Type ??= type;
        var real = status >= StatusCodes.Status400BadRequest ? status : UpstreamErrorStatus.Of(found);
        var code = Classify(found, ref real) ?? found.Code;
        if (real == 0)
        {
            // An error for sure; where nothing says of which kind, it is the upstream's.
            real = code switch { ContextLength => StatusCodes.Status400BadRequest, Quota => StatusCodes.Status429TooManyRequests, _ => StatusCodes.Status502BadGateway };
            code ??= "upstream_error";
        }

        return new UpstreamError(real, found.Type, code, UpstreamErrorText.Clean(found.Message), UpstreamErrorText.Clean(found.Param))
        {
            RetryAfter = found.RetryAfter ?? UpstreamErrorText.RetryIn(found.Message),
        };
    }

    /// <summary>The error as clients are told it.</summary>
    public static ErrorReply ToReply(UpstreamError error)
    {
        if (error.Status is StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden)
        {
            // About the gateway's own key: the client would throw away a good one, and the text may describe ours.
            return ErrorReply.Of(new GatewayError(
                GatewayErrorKind.UpstreamAuth, "The model provider refused the gateway's own credential. The operator of the gateway has to mend its provider key."));
        }

        var (type, code) = TypeAndCode(error);
        return new ErrorReply(
            error.Status, type, code, error.Message ?? $"The model provider answered with status {error.Status} and no readable error.", error.Param)
        {
            RetryAfter = error.RetryAfter,
        };
    }

    private static (string Type, string? Code) TypeAndCode(UpstreamError error) => error.Status switch
    {
        _ when error.Code == Quota => (Quota, Quota),
        StatusCodes.Status402PaymentRequired => (Quota, Quota),
        StatusCodes.Status404NotFound => (InvalidRequest, "model_not_found"),
        StatusCodes.Status408RequestTimeout or StatusCodes.Status504GatewayTimeout => ("timeout", Word(error.Code) ?? "upstream_timeout"),
        StatusCodes.Status409Conflict => ("conflict", Word(error.Code)),
        StatusCodes.Status413PayloadTooLarge => (InvalidRequest, error.Code == ContextLength ? ContextLength : "request_too_large"),
        StatusCodes.Status429TooManyRequests => (IsAboutTokens(error) ? "tokens" : "requests", RateLimited),
        StatusCodes.Status503ServiceUnavailable or 529 => (ServerError, "overloaded"),
        StatusCodes.Status502BadGateway => (ServerError, Word(error.Code) ?? "overloaded"),
        >= StatusCodes.Status500InternalServerError => (ServerError, Word(error.Code)),
        _ => (InvalidRequest, Word(error.Code)),
    };

    /// <summary>The code that clients know for what providers say in many ways; null where the provider's own will do.</summary>
    private static string? Classify(in UpstreamErrorShape error, ref int status)
    {
        if (IsRefusedKey(error, status))
        {
            // Google and xAI call it a bad request, AWS a thing forbidden.
            status = StatusCodes.Status401Unauthorized;
            return "invalid_api_key";
        }

        if (IsFiltered(error, status))
        {
            // The same prompt is filtered again: no fault of the provider, whatever status it gave.
            status = StatusCodes.Status400BadRequest;
            return "content_filter";
        }

        if (error.Code is Quota or "billing_hard_limit_reached" or "billing_not_active" or "exceeded_current_quota_error" || error.Type is Quota or "billing_error" or "exceeded_current_quota_error"
            || error.IsDailyQuota || error.Reason == "BILLING_DISABLED" || UpstreamErrorPhrases.SaysNoMoney(error.Message, status))
        {
            return Quota;
        }

        if (status == StatusCodes.Status400BadRequest && UpstreamErrorPhrases.SaysBadPlace(error.Message))
        {
            // Where the gateway stands, or whose project it is: nothing that the client could mend.
            status = StatusCodes.Status403Forbidden;
            return "unsupported_country_region_territory";
        }

        if (status == StatusCodes.Status403Forbidden && UpstreamErrorPhrases.SaysMissingPart(error.Message))
        {
            // A file or a cache that the request names; the key is good.
            status = StatusCodes.Status400BadRequest;
            return "not_found";
        }

        if (error.Code is "DeploymentNotFound" or "model_not_found")
        {
            return "model_not_found";
        }

        return error.Code == ContextLength || error.Type == "exceed_context_size_error" || (status is 0 or 400 or 413 or 422 or 500 && UpstreamErrorPhrases.SaysTooLong(error.Message)) ? ContextLength : null;
    }

    private static bool IsRefusedKey(in UpstreamErrorShape error, int status) => error.Reason == "API_KEY_INVALID" || status switch
    {
        StatusCodes.Status400BadRequest => UpstreamErrorPhrases.SaysBadKey(error.Message),
        StatusCodes.Status403Forbidden => error.Type is "UnrecognizedClientException" or "InvalidClientTokenId" or "ExpiredTokenException" or "InvalidSignatureException" or "MissingAuthenticationTokenException"
            || UpstreamErrorPhrases.SaysLeakedKey(error.Message),
        _ => false,
    };

    private static bool IsFiltered(in UpstreamErrorShape error, int status) =>
        error.Code == "content_filter" || error.InnerCode == "ResponsibleAIPolicyViolation"
        || (status is 0 or 400 or 403 or 422 && error.Code is null or "400" or "403" or "invalid_request_error" or "DataInspectionFailed" or "data_inspection_failed" && UpstreamErrorPhrases.SaysFiltered(error.Message))
        || (status == 403 && UpstreamErrorPhrases.SaysFiltered(error.Message));

    private static bool IsAboutTokens(UpstreamError error) =>
        error.Type == "tokens" || error.Message?.Contains("tokens per", StringComparison.OrdinalIgnoreCase) == true;

    /// <summary>A code that a program can switch on: no number, no sentence.</summary>
    private static string? Word(string? code)
    {
        if (code is null || code.Length is 0 or > LongestCode || !char.IsAsciiLetter(code[0]))
        {
            return null;
        }

        foreach (var character in code)
        {
            if (!char.IsAsciiLetterOrDigit(character) && character is not ('_' or '-' or '.'))
            {
                return null;
            }
        }

        return code;
    }
}
