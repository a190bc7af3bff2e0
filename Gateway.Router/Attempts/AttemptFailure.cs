using System.Net.Sockets;
using Gateway.Core.Errors;
using Gateway.Core.Journal;
using Gateway.Router.Connections;
using Gateway.Router.Protocols;

namespace Gateway.Router.Attempts;

/// <summary>Who ended an attempt, and what the client is told.</summary>
/// <param name="Ending">For the ledger.</param>
/// <param name="Error">For the client, if it is still there.</param>
/// <param name="Reached">Whether the upstream may have seen the request, and charged for it.</param>
internal readonly record struct AttemptFailure(RequestEnding Ending, GatewayError Error, bool Reached = true)
{
    /// <summary>HTTP/2: the server did not look at the request (RFC 9113 section 8.7). The handler has sent it a few times by then.</summary>
    private const long RefusedStream = 7;

    private static readonly GatewayError Timeout = new(GatewayErrorKind.UpstreamTimeout, "The model provider did not answer in time. Try again, or raise the provider's timeouts.");
    private static readonly GatewayError Unreachable = new(GatewayErrorKind.UpstreamUnreachable, "The model provider cannot be reached. Try again later.");
    private static readonly GatewayError Refused = new(GatewayErrorKind.UpstreamUnreachable, new UpstreamAddressRefusedException().Message);
    private static readonly GatewayError Proxy = new(GatewayErrorKind.UpstreamUnreachable, "The proxy on the way to the model provider did not open it. The operator of the gateway has to look at the provider's connection.");
    private static readonly GatewayError Credential = new(GatewayErrorKind.UpstreamAuth, "The gateway's own credential for the model provider cannot be used. The operator of the gateway has to mend its provider key.");
    private static readonly GatewayError Deadline = new(GatewayErrorKind.DeadlineExceeded, "The time for this request is over. Give it more time, or ask for a shorter answer.");
    private static readonly GatewayError Broken = new(GatewayErrorKind.UpstreamStreamBroken, "The model provider broke off its answer.");
    private static readonly GatewayError Invalid = new(GatewayErrorKind.UpstreamInvalidResponse, "The model provider did not give a valid answer.");

    /// <summary>The upstream ended a stream without its normal end.</summary>
    public static AttemptFailure StreamBroken => new(RequestEnding.UpstreamFailed, Broken);

    /// <summary>What came is no answer of the protocol.</summary>
    public static AttemptFailure InvalidAnswer => new(RequestEnding.UpstreamFailed, Invalid);

    /// <summary>Whether an exception is one of the ways in which calls fail; any other is a bug.</summary>
    public static bool IsExpected(Exception exception) => exception is OperationCanceledException or IOException or HttpRequestException or InvalidDataException or SocketException;

    /// <summary>Why an attempt failed whose answer had begun.</summary>
    public static AttemptFailure OfAnswer(Exception exception, AttemptTimer timer) => Own(exception, timer, reached: true) ?? StreamBroken;

    /// <summary>Why an attempt failed before the head of its answer.</summary>
    /// <param name="sent">The request, or a part of it, had left.</param>
    public static AttemptFailure OfCall(Exception exception, AttemptTimer timer, bool sent) => Own(exception, timer, sent) ?? exception switch
    {
        HttpRequestException { InnerException: UpstreamAddressRefusedException } => new(RequestEnding.UpstreamFailed, Refused, Reached: false),
        HttpRequestException { InnerException: UpstreamProxyException } => new(RequestEnding.UpstreamFailed, Proxy, Reached: false),
        HttpRequestException { InnerException: HttpProtocolException { ErrorCode: RefusedStream } } => new(RequestEnding.UpstreamFailed, Unreachable, Reached: false),
        HttpRequestException { InnerException: UpstreamCredentialException } => new(RequestEnding.UpstreamFailed, Credential, Reached: false),
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError or HttpRequestError.VersionNegotiationError } =>
            new(RequestEnding.UpstreamFailed, Unreachable, Reached: false),

        // Not our token: the handler's own limit for connecting.
        OperationCanceledException => new(RequestEnding.UpstreamFailed, Unreachable, Reached: false),
        _ => InvalidAnswer with { Reached = sent },
    };

    /// <summary>The failure that we, or the client, caused; null when it came from elsewhere.</summary>
    private static AttemptFailure? Own(Exception exception, AttemptTimer timer, bool reached)
    {
        // Why we cancelled counts more than how it surfaced: a cancelled read may end as an I/O error.
        return timer.Reason switch
        {
            CancelReason.ClientGone => new(RequestEnding.ClientGone, Broken, reached),
            CancelReason.Deadline => new(RequestEnding.DeadlineExceeded, Deadline, reached),
            CancelReason.Timeout => new(RequestEnding.UpstreamFailed, Timeout, reached),
            _ => exception is ClientGoneException ? new(RequestEnding.ClientGone, Broken, reached) : null,
        };
    }
}
