using Gateway.Core.Money;
using Gateway.Router.Streaming;

namespace Gateway.Router.Protocols.OpenAI;

/// <summary>
/// The state of one OpenAI stream. Most chunks hold content only: a few vectorised searches decide that, and only a chunk
/// that may say something about usage, end or error is read.
/// </summary>
/// <param name="hidesUsage">The client did not ask for the usage chunk.</param>
/// <param name="candidates">Choices that the client asked for.</param>
internal sealed class OpenAIEventReader(bool hidesUsage, int candidates) : IEventReader
{
    private readonly OpenAIAnswerReader _chunk = new();
    private readonly HashSet<int>? _finished = candidates > 1 ? new(candidates) : null;
    private long _contentBytes;

    public TokenUsage? Usage { get; private set; }

    public ServiceTier Tier { get; private set; }

    public string? Model { get; private set; }

    public bool IsFinished { get; private set; }

    public long ContentEvents { get; private set; }

    public long OutputEstimate => TokenGuess.Of(ContentEvents, _contentBytes);

    public EventKind Observe(ReadOnlySpan<byte> frame)
    {
        var data = SseFrame.Data(frame, out var joined);
        if (joined is not null)
        {
            data = joined;
        }

        data = data.Trim(" \t"u8);
        if (data.IsEmpty)
        {
            return SseFrame.HasEventName(frame) ? EventKind.Forward : EventKind.Silence;
        }

        if (data.SequenceEqual("[DONE]"u8))
        {
            return EventKind.Done;
        }

        if (data[0] != (byte)'{' || data[^1] != (byte)'}')
        {
            // No client can read it: while nothing was sent another deployment may answer, and afterwards it is told so in an event of its own.
            throw new InvalidDataException("The stream holds what is no chunk.");
        }

        if (OpenAIChunk.ContentBytes(data) is var content and > 0)
        {
            ContentEvents++;
            _contentBytes += content;
        }

        return NeedsReading(data) ? Read(data) : EventKind.Forward;
    }

    public byte[] ReadError(ReadOnlySpan<byte> frame, out int status)
    {
        var data = SseFrame.Data(frame, out var joined);
        data = (joined ?? data).Trim(" \t"u8);

        // About the gateway's own key: the client must not throw away a good one.
        var told = UpstreamErrors.Read(StatusCodes.Status200OK, data).Status;
        status = told is StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden ? StatusCodes.Status502BadGateway : told;
        return data.ToArray();
    }

    public bool IsWholeEvent(ReadOnlySpan<byte> rest)
    {
        var data = SseFrame.Data(rest, out var joined);
        data = (joined ?? data).Trim(" \t"u8);
        if (data.IsEmpty || data.SequenceEqual("[DONE]"u8))
        {
            // A comment, or half a field name, loses nothing.
            return true;
        }

        _chunk.Reset();
        _chunk.Append(data);
        return _chunk.IsWhole;
    }

    private bool NeedsReading(ReadOnlySpan<byte> data) =>
        Model is null || OpenAIChunk.HasValue(data, "\"usage\""u8) || OpenAIChunk.HasValue(data, "\"finish_reason\""u8) || OpenAIChunk.HasValue(data, "\"error\""u8);

    private EventKind Read(ReadOnlySpan<byte> data)
    {
        _chunk.Reset();
        _chunk.Append(data);

        // Cumulative counts: the last one stands, they are never summed.
        Usage = _chunk.Usage ?? Usage;
        Tier = _chunk.Tier == ServiceTier.Unsaid ? Tier : _chunk.Tier;
        Model ??= _chunk.Model;
        IsFinished |= _chunk.IsFinished && IsLast(data);
        if (_chunk.HasError)
        {
            return EventKind.Error;
        }

        return hidesUsage && _chunk.Usage is not null && _chunk.HasEmptyChoices ? EventKind.Drop : EventKind.Forward;
    }

    /// <summary>Of several choices each has an end of its own: the answer is whole when the last of them has.</summary>
    private bool IsLast(ReadOnlySpan<byte> data)
    {
        if (_finished is null)
        {
            return true;
        }

        OpenAIChoices.AddFinished(data, _finished);
        return _finished.Count >= candidates;
    }
}
