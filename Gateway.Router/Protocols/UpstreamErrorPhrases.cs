namespace Gateway.Router.Protocols;

/// <summary>What the text of an upstream's error means, where no code says it.</summary>
/// <remarks>
/// An answer to a wrong request may repeat parts of the request. What rests or refuses a credential therefore has to stand at the beginning of such a text:
/// else one client could take the gateway's keys away from all others by asking for a model option named "insufficient balance".
/// </remarks>
internal static class UpstreamErrorPhrases
{
    private static readonly string[] TooLong =
    [
        "maximum context length", "max context length", "prompt is too long", "prompt too long", "input token count", "exceeds the context window",
        "exceed context limit", "available context size", "input is too long", "too many input tokens", "maximum prompt length", "reduce the length of the messages",
        "longer than the model's context length", "total number of tokens in the prompt cannot exceed",
    ];

    // More than a minute's limit holds: no wait mends that, a smaller request or a larger limit does.
    private static readonly string[] LargerThanLimit = ["request too large for", "your request exceeds the maximum usage size"];

    private static readonly string[] Filtered =
    [
        "blocked by content filtering", "content exists risk", "violates usage guidelines", "violates our usage polic", "violating our usage polic", "rejected as a result of our safety system",
        "rejected by the safety system", "your input was flagged", "content management policy", "responsible ai", "data_inspection_failed", "inappropriate content",
    ];

    // Not "exceeded your current quota": Google says so of a minute's limit too.
    private static readonly string[] NoMoney =
    [
        "your credit balance is too low", "insufficient balance", "insufficient credits", "you have reached your specified api usage limits", "you have reached your specified workspace api usage limits",
        "your account is not active, please check your billing", "this api method requires billing", "billing hard limit has been reached",
    ];

    // Inside longer texts, and only of answers that do not repeat the request.
    private static readonly string[] NoMoneyAnywhere =
        ["used all available credits", "monthly spending limit", "requires more credits", "never purchased credits", "recharge your account", "exceeded your monthly"];

    private static readonly string[] Daily = ["per day", "per-day", "(rpd)", "(tpd)", "daily limit", "daily quota", "per month", "monthly limit", "monthly quota"];

    private static readonly string[] BadKey = ["api key not valid", "incorrect api key", "invalid api key", "api key expired", "this organization has been disabled"];

    private static readonly string[] LeakedKey = ["api key was reported as leaked", "security token included in the request is"];

    private static readonly string[] BadPlace = ["user location is not supported", "gemini api free tier is not available"];

    // Google's word for what the request points to and is not there.
    private static readonly string[] MissingPart = ["cachedcontent not found", "permission to access the file"];

    private static readonly string[] Overloaded = ["overloaded", "capacity", "high traffic", "high demand", "peak load", "currently loading", "too busy"];

    private static readonly string[] NoModel =
        ["the provided model identifier is invalid", "model not exist", "invalid model", "the model `", "the model '", "is not a valid model id", "model identifier is invalid", "model is not supported"];

    private static readonly string[] Parts =
        ["file", "item with id", "cachedcontent", "cached content", "previous response", "response with id", "vector store", "container", "conversation", "batch", "prompt with id", "upload", "skill"];

    public static bool SaysTooLong(string? text) => Anywhere(text, TooLong);

    /// <summary>One request asks for more tokens than a minute has.</summary>
    public static bool SaysLargerThanLimit(string? text) => AtStart(text, LargerThanLimit);

    public static bool SaysFiltered(string? text) => Anywhere(text, Filtered);

    public static bool SaysNoMoney(string? text, int status) =>
        AtStart(text, NoMoney) || (!RepeatsRequest(status) && (Anywhere(text, NoMoney) || Anywhere(text, NoMoneyAnywhere)));

    /// <summary>A quota of a day or a month.</summary>
    public static bool SaysDaily(string? text) => Anywhere(text, Daily);

    public static bool SaysBadKey(string? text) => AtStart(text, BadKey);

    /// <summary>A 403 that is about the key and not about what it may do.</summary>
    public static bool SaysLeakedKey(string? text) => Anywhere(text, LeakedKey);

    public static bool SaysBadPlace(string? text) => AtStart(text, BadPlace);

    public static bool SaysMissingPart(string? text) => Anywhere(text, MissingPart);

    public static bool SaysOverloaded(string? text) => Anywhere(text, Overloaded);

    public static bool SaysNoModel(string? text) => AtStart(text, NoModel);

    /// <summary>About something that a request names besides the model: a file, an item, a response before.</summary>
    public static bool IsAboutPart(string? text) => Anywhere(text, Parts) && !text!.Contains("model", StringComparison.OrdinalIgnoreCase);

    private static bool RepeatsRequest(int status) => status is 0 or StatusCodes.Status400BadRequest or StatusCodes.Status404NotFound or StatusCodes.Status422UnprocessableEntity;

    private static bool Anywhere(string? text, string[] phrases)
    {
        foreach (var phrase in phrases)
        {
            if (text?.Contains(phrase, StringComparison.OrdinalIgnoreCase) == true)
            {
                return true;
            }
        }

        return false;
    }

    private static bool AtStart(string? text, string[] phrases)
    {
        foreach (var phrase in phrases)
        {
            if (text.AsSpan().TrimStart().StartsWith(phrase, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
