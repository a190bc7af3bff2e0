namespace Gateway.Core.Requests;

/// <summary>
/// The part of a Gemini path behind <c>/models/</c>: <c>{model}:{method}</c>. A model may hold slashes, plain or as <c>%2F</c>, and
/// colons. Edge and Router read paths with this alone, and the Edge signs the one form that <see cref="ToTarget"/> writes.
/// </summary>
/// <param name="Operation">What the method asks for.</param>
/// <param name="Facts">Model and kind of answer.</param>
public readonly record struct GeminiPath(LlmOperation Operation, PathFacts Facts)
{
    private const string Root = "/v1beta/models/";

    /// <summary>Where the Router serves it.</summary>
    public const string Pattern = Root + AnyName;

    /// <summary>Where some clients send it: the same below the version that their other calls use.</summary>
    public const string StablePattern = "/v1/models/" + AnyName;

    /// <summary>One segment or more. A catch-all alone would also take the list's own path, and its methods.</summary>
    private const string AnyName = "{first}/{**rest}";

    private const string AsEvents = "?alt=sse";

    private const string StreamMethod = "streamGenerateContent";

    /// <param name="rest">What follows <c>/models/</c>, percent-decoded but for slashes.</param>
    /// <param name="asArray">How a stream is to come.</param>
    /// <param name="path">The path read.</param>
    /// <returns>False for a path that is none of Gemini's, or whose model is no model name.</returns>
    public static bool TryParse(ReadOnlySpan<char> rest, bool asArray, out GeminiPath path)
    {
        path = default;
        var colon = rest.LastIndexOf(':');
        if (colon <= 0 || OperationOf(rest[(colon + 1)..], out var streams) is not { } operation)
        {
            return false;
        }

        Span<byte> name = stackalloc byte[ModelNames.MaxLength];
        if (!TryReadName(rest[..colon], name, out var length) || !ModelNames.IsValid(name[..length]))
        {
            return false;
        }

        path = new GeminiPath(operation, new PathFacts(ModelNames.Intern(name[..length]), streams, streams && asArray));
        return true;
    }

    /// <summary>Reads path and query as <see cref="ToTarget"/> writes them.</summary>
    public static bool TryParseTarget(ReadOnlySpan<char> target, out GeminiPath path)
    {
        path = default;
        if (!target.StartsWith(Root, StringComparison.Ordinal))
        {
            return false;
        }

        var rest = target[Root.Length..];
        var asEvents = rest.EndsWith(AsEvents, StringComparison.Ordinal);
        return TryParse(asEvents ? rest[..^AsEvents.Length] : rest, !asEvents, out path);
    }

    /// <summary>Path and query in their one form. Slashes of the model are escaped, so that no dots between them can climb.</summary>
    public string ToTarget() =>
        string.Concat(Root, Facts.Model.Replace("/", "%2F", StringComparison.Ordinal), MethodOf(), Facts is { Stream: true, AsArray: false } ? AsEvents : "");

    private string MethodOf() => Operation switch
    {
        LlmOperation.GenerateContent => Facts.Stream ? ":" + StreamMethod : ":generateContent",
        LlmOperation.EmbedContent => ":embedContent",
        LlmOperation.BatchEmbedContents => ":batchEmbedContents",
        _ => ":countTokens",
    };

    private static LlmOperation? OperationOf(ReadOnlySpan<char> method, out bool streams)
    {
        streams = method is StreamMethod;
        return method switch
        {
            "generateContent" or StreamMethod => LlmOperation.GenerateContent,
            "embedContent" => LlmOperation.EmbedContent,
            "batchEmbedContents" => LlmOperation.BatchEmbedContents,
            "countTokens" => LlmOperation.GeminiCountTokens,
            _ => null,
        };
    }

    private static bool TryReadName(ReadOnlySpan<char> text, Span<byte> name, out int length)
    {
        length = 0;
        for (var i = 0; i < text.Length; i++)
        {
            var character = text[i];
            if (character == '%' && text[i..].StartsWith("%2F", StringComparison.OrdinalIgnoreCase))
            {
                character = '/';
                i += 2;
            }

            if (length == name.Length || !char.IsAscii(character))
            {
                return false;
            }

            name[length++] = (byte)character;
        }

        return true;
    }
}
