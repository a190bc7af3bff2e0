using Gateway.Core.Configuration;
using Gateway.Core.Money;
using Gateway.Router.Catalog;
using Gateway.Router.Pipeline;
using Gateway.Router.Protocols.OpenAI;

namespace Gateway.Router.Protocols;

/// <summary>What the gateway must know of the protocol of an upstream. Thread-safe; readers belong to one answer each.</summary>
internal interface IProtocolAdapter
{
    /// <summary>The body for <paramref name="deployment"/>: the client's bytes with only the gateway's own fields changed.</summary>
    SplicedBody Rewrite(LlmExchange exchange, Deployment deployment);

    /// <summary>The value of the credential header for one of the provider's keys; made once.</summary>
    string CredentialFor(string key);

    /// <summary>Adds what <see cref="CredentialFor"/> made.</summary>
    void Authorize(HttpRequestMessage request, string credential);

    IAnswerReader ReadAnswer();

    IEventReader ReadEvents(LlmExchange exchange);
}

/// <summary>Follows a plain answer as it passes, in pieces of any size, and keeps nothing but what it looks for.</summary>
internal interface IAnswerReader
{
    void Append(ReadOnlySpan<byte> piece);

    /// <summary>Usage in neutral counts, or null while none was seen.</summary>
    TokenUsage? Usage { get; }

    /// <summary>Model that the answer names, or null.</summary>
    string? Model { get; }

    /// <summary>Whether the answer is an error object, whatever the HTTP status says.</summary>
    bool IsError { get; }

    /// <summary>Whether the document is complete so far; a body without a length may end only where this is true.</summary>
    bool IsWhole { get; }
}

/// <summary>What a stream event means for its delivery.</summary>
internal enum EventKind
{
    /// <summary>No event: comments or empty lines.</summary>
    Silence,

    /// <summary>Goes to the client.</summary>
    Forward,

    /// <summary>The client did not ask for it: stays here.</summary>
    Drop,

    /// <summary>The end marker of the protocol.</summary>
    Done,

    /// <summary>An error of the upstream: the last event.</summary>
    Error,
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

    string? Model { get; }

    /// <summary>Each choice that was asked for has its finish reason: the stream may end without its marker.</summary>
    bool IsFinished { get; }

    /// <summary>Events with content so far.</summary>
    long ContentEvents { get; }

    /// <summary>Our own count of output tokens, for where the provider gives none: some send a token per event, some many.</summary>
    long OutputEstimate { get; }
}

internal static class ProtocolAdapters
{
    private static readonly OpenAIAdapter OpenAI = new();

    public static IProtocolAdapter For(ProviderProtocol protocol) => protocol switch
    {
        ProviderProtocol.OpenAI => OpenAI,
    };
}
