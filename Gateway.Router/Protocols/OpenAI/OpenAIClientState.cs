namespace Gateway.Router.Protocols.OpenAI;

/// <summary>How a client of chat completions speaks, for its answer.</summary>
/// <param name="UsesFunctions">It declared <c>functions</c>, as was done before tools, and reads <c>function_call</c>.</param>
/// <param name="CustomTools">Names of its custom tools, whose calls come back as such; null when it has none.</param>
internal sealed record OpenAIClientState(bool UsesFunctions, HashSet<string>? CustomTools)
{
    public static readonly OpenAIClientState Plain = new(false, null);
}
