using Gateway.Core.Money;

namespace Gateway.Router.Protocols;

/// <summary>Follows a plain answer as it passes, in pieces of any size, and keeps nothing but what it looks for.</summary>
internal interface IAnswerReader
{
    void Append(ReadOnlySpan<byte> piece);

    /// <summary>Usage in neutral counts, or null while none was seen.</summary>
    TokenUsage? Usage { get; }

    /// <summary>Tier of service that the answer names.</summary>
    ServiceTier Tier => ServiceTier.Unsaid;

    /// <summary>Model that the answer names, or null.</summary>
    string? Model { get; }

    /// <summary>Whether the answer is an error object, whatever the HTTP status says.</summary>
    bool IsError { get; }

    /// <summary>Whether the document is complete so far; a body without a length may end only where this is true.</summary>
    bool IsWhole { get; }
}

/// <summary>Follows a stream event by event: folds usage, knows how far the answer is.</summary>
internal interface IEventReader
{
    /// <param name="frame">One SSE frame as it came.</param>
    EventKind Observe(ReadOnlySpan<byte> frame);

    /// <summary>The document that an error event carries, and the HTTP status that it would have had as an answer.</summary>
    /// <param name="frame">The frame that was <see cref="EventKind.Error"/>.</param>
    byte[] ReadError(ReadOnlySpan<byte> frame, out int status);

    /// <summary>Whether <paramref name="rest"/>, the bytes after the last frame, are an event that only lacks its empty line.</summary>
    bool IsWholeEvent(ReadOnlySpan<byte> rest);

    TokenUsage? Usage { get; }

    /// <summary>Tier of service that the answer names; the last one counts.</summary>
    ServiceTier Tier => ServiceTier.Unsaid;

    string? Model { get; }

    /// <summary>Each choice that was asked for has its finish reason: the stream may end without its marker.</summary>
    bool IsFinished { get; }

    /// <summary>Events with content so far.</summary>
    long ContentEvents { get; }

    /// <summary>Our own count of output tokens, for where the provider gives none: some send a token per event, some many.</summary>
    long OutputEstimate { get; }
}
