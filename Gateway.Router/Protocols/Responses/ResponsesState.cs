namespace Gateway.Router.Protocols.Responses;

/// <summary>What the writers of an answer must remember of the request. Holds no part of the client's body.</summary>
internal sealed class ResponsesState
{
    /// <summary>Members of the response object that repeat the request, as JSON, each with a comma behind it.</summary>
    public required byte[] Echo { get; init; }

    /// <summary>Names of the client's <c>custom</c> tools; null when it has none.</summary>
    public HashSet<string>? CustomTools { get; init; }

    /// <summary>The client asked for log probabilities, which no translated answer has.</summary>
    public bool WantsLogprobs { get; init; }

    /// <summary>Takes the answer, where the client wants it kept; else null.</summary>
    public ResponseKeeper? Keeper { get; init; }

    /// <summary>What a writer works with, and what it must tell at once: the head of a stream leaves before its end is known.</summary>
    public static ResponsesState Of(AnswerContext context)
    {
        var state = context.ClientState as ResponsesState ?? Empty;
        if (state.WantsLogprobs)
        {
            context.Notes.DropFromAnswer("include");
        }

        return state;
    }

    private static readonly ResponsesState Empty = new() { Echo = ResponsesEcho.Of(System.Text.Json.JsonDocument.Parse("{}").RootElement, isStored: false) };
}
