namespace Gateway.Router.Protocols;

/// <summary>Our own count of the output tokens of a stream that ended before its provider told them.</summary>
internal static class TokenGuess
{
    private const int BytesPerToken = 4;

    /// <summary>Above it, on average, an event holds more than one token: most tokens have three to five bytes, some up to eight.</summary>
    private const int MostBytesOfOne = 8;

    /// <summary>
    /// Some providers send a token in each event, some many. Events that are on average as short as a token are counted as one each, which is
    /// exact for the first kind: what was delivered, and never more than was generated. Otherwise four bytes are a token.
    /// </summary>
    public static long Of(long events, long contentBytes) =>
        contentBytes <= events * MostBytesOfOne ? events : Math.Max(events, contentBytes / BytesPerToken);
}
