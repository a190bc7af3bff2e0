using System.Buffers;
using Gateway.Core.Errors;
using Gateway.Core.Money;
using Gateway.Core.Requests;

namespace Gateway.Router.Protocols.Responses;

/// <summary>Follows a stream of responses that passes through.</summary>
internal sealed class ResponsesEventReader : IEventReader
{
    private readonly ResponsesDecoder _decoder = new(translation: null);
    private readonly DecodedEventReader _reader;

    public ResponsesEventReader() => _reader = new DecodedEventReader(_decoder, FrameFormat.Sse);

    public TokenUsage? Usage => _reader.Usage;

    public ServiceTier Tier => _reader.Tier;

    public string? Model => _reader.Model;

    public bool IsFinished => _reader.IsFinished;

    public long ContentEvents => _reader.ContentEvents;

    public long OutputEstimate => _reader.OutputEstimate;

    public EventKind Observe(ReadOnlySpan<byte> frame) => _reader.Observe(frame);

    public bool IsWholeEvent(ReadOnlySpan<byte> rest) => _reader.IsWholeEvent(rest);

    /// <summary>An event holds its error in one of several places: as an answer it stands where clients look for it.</summary>
    public byte[] ReadError(ReadOnlySpan<byte> frame, out int status)
    {
        var error = _decoder.ReadError(frame);
        status = error.Status;
        var output = new ArrayBufferWriter<byte>(256);
        var reply = new ErrorReply(
            status, error.Type ?? (status >= StatusCodes.Status500InternalServerError ? "server_error" : "invalid_request_error"), error.Code,
            error.Message ?? "The model provider ended the response with an error that it did not explain.", error.Param);
        ErrorWriters.WriteBody(LlmProtocol.Responses, output, in reply, requestId: "");
        return output.WrittenSpan.ToArray();
    }
}
