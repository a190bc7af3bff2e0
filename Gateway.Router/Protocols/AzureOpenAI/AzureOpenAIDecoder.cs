using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.AzureOpenAI;

/// <summary>Decodes as OpenAI does, and knows what Azure's own errors inside a 200 would have been as a status.</summary>
internal sealed class AzureOpenAIDecoder(IAnswerDecoder openAI) : IAnswerDecoder
{
    public bool IsFinished => openAI.IsFinished;

    public EventKind Decode(ReadOnlySpan<byte> frame, IAnswerSink sink) => openAI.Decode(frame, sink);

    public EventKind DecodeAnswer(ReadOnlySpan<byte> document, IAnswerSink sink) => openAI.DecodeAnswer(document, sink);

    public UpstreamError ReadError(ReadOnlySpan<byte> frame)
    {
        var error = openAI.ReadError(frame);
        return error.Code switch
        {
            // The prompt was filtered: sending it again gives the same.
            "content_filter" => error with { Status = StatusCodes.Status400BadRequest },
            "DeploymentNotFound" => error with { Status = StatusCodes.Status404NotFound, Code = "model_not_found" },
            _ => error,
        };
    }

    public bool IsWholeEvent(ReadOnlySpan<byte> rest) => openAI.IsWholeEvent(rest);
}
