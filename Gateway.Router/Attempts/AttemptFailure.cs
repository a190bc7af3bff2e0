using System.Net.Sockets;
using Gateway.Core.Errors;
using Gateway.Core.Journal;
using Gateway.Router.Budgets;
using Gateway.Router.Connections;
using Gateway.Router.Protocols;

namespace Gateway.Router.Attempts;

/// <summary>Who ended an attempt, and what the client is told.</summary>
/// <param name="Ending">For the ledger.</param>
/// <param name="Error">For the client, if it is still there and there is no <paramref name="Reply"/>.</param>
/// <param name="Class">What it means for what is done next.</param>
/// <param name="Reached">Whether the upstream may have seen the request, and charged for it.</param>
/// <param name="Reply">What the upstream itself said; the client hears it if nothing else is tried.</param>
/// <param name="RetryAfter">When the upstream wants to be asked again; null when it did not say.</param>
/// <param name="Status">The status that a refused credential stands for, whatever the answer's was: 401 or 403; 0 for one that could not even be used.</param>
internal readonly record struct AttemptFailure(
    RequestEnding Ending, GatewayError Error, FailureClass Class, bool Reached = true, UpstreamReply? Reply = null, TimeSpan? RetryAfter = null, int Status = 0)
{
    /// <summary>HTTP/2: the server did not look at the request (RFC 9113 section 8.7). The handler has sent it a few times by then.</summary>
    private const long RefusedStream = 7;

    private static readonly GatewayError Timeout = new(GatewayErrorKind.UpstreamTimeout, "The model provider did not answer in time. Try again, or raise the provider's timeouts.");
    private static readonly GatewayError Unreachable = new(GatewayErrorKind.UpstreamUnreachable, "The model provider cannot be reached. Try again later.");
    private static readonly GatewayError Refused = new(GatewayErrorKind.UpstreamUnreachable, new UpstreamAddressRefusedException().Message);
    private static readonly GatewayError Proxy = new(GatewayErrorKind.UpstreamUnreachable, "The proxy on the way to the model provider did not open it. The operator of the gateway has to look at the provider's connection.");
    private static readonly GatewayError Credential = new(GatewayErrorKind.UpstreamAuth, "The gateway's own credential for the model provider cannot be used. The operator of the gateway has to mend its provider key.");
    private static readonly GatewayError BadCredential = new(GatewayErrorKind.UpstreamAuth, "The model provider refused the gateway's own credential. The operator of the gateway has to mend its provider key.");
    private static readonly GatewayError Deadline = new(GatewayErrorKind.DeadlineExceeded, "The time for this request is over. Give it more time, or ask for a shorter answer.");
    private static readonly GatewayError Broken = new(GatewayErrorKind.UpstreamStreamBroken, "The model provider broke off its answer.");
    private static readonly GatewayError Invalid = new(GatewayErrorKind.UpstreamInvalidResponse, "The model provider did not give a valid answer.");

    /// <summary>The upstream ended a stream without its normal end.</summary>
    public static AttemptFailure StreamBroken => new(RequestEnding.UpstreamFailed, Broken, FailureClass.Broken);

    /// <summary>What came is no answer of the protocol.</summary>
    public static AttemptFailure InvalidAnswer => new(RequestEnding.UpstreamFailed, Invalid, FailureClass.Broken);

    /// <summary>What came is whole, and no answer that the gateway can read.</summary>
    public static AttemptFailure Unreadable => new(RequestEnding.UpstreamError, Invalid, FailureClass.Unreadable);

    /// <summary>A bug of ours: it says nothing about the upstream.</summary>
    public static AttemptFailure Ours => new(RequestEnding.UpstreamFailed, Invalid, FailureClass.NotTheirs);

    /// <summary>What is held for the request was used up before the client saw anything.</summary>
    public static AttemptFailure OutOfMoney => new(RequestEnding.BudgetCut, BudgetErrors.Cut, FailureClass.NotTheirs);

    /// <summary>The provider refused the gateway's credential. Never the provider's 401: the client would throw away a good key.</summary>
    public static AttemptFailure CredentialRefused => new(RequestEnding.UpstreamError, BadCredential, FailureClass.Credential);

    /// <summary>The upstream said an error itself.</summary>
    /// <param name="status">The status that it stands for.</param>
    /// <param name="error">As it was read.</param>
    /// <param name="reply">What the client hears if nothing else is tried.</param>
    public static AttemptFailure Said(int status, UpstreamError error, UpstreamReply reply)
    {
        var kind = FailureClassifier.Of(status, error);
        return kind == FailureClass.Credential
            ? CredentialRefused with { Status = status }
            : new AttemptFailure(RequestEnding.UpstreamError, Invalid, kind, Reply: reply, RetryAfter: error.RetryAfter);
    }

    /// <summary>Whether an exception is one of the ways in which calls fail; any other is a bug.</summary>
    public static bool IsExpected(Exception exception) => exception is OperationCanceledException or IOException or HttpRequestException or InvalidDataException or SocketException;

    /// <summary>Why an attempt failed whose answer had begun.</summary>
    public static AttemptFailure OfAnswer(Exception exception, AttemptTimer timer) => Own(exception, timer, reached: true) ?? StreamBroken;

    /// <summary>Why an attempt failed before the head of its answer.</summary>
    /// <param name="sent">The request, or a part of it, had left.</param>
    public static AttemptFailure OfCall(Exception exception, AttemptTimer timer, bool sent) => Own(exception, timer, sent) ?? exception switch
    {
        HttpRequestException { InnerException: UpstreamAddressRefusedException } => new(RequestEnding.UpstreamFailed, Refused, FailureClass.Unreachable, Reached: false),
        HttpRequestException { InnerException: UpstreamProxyException } => new(RequestEnding.UpstreamFailed, Proxy, FailureClass.Unreachable, Reached: false),
        HttpRequestException { InnerException: HttpProtocolException { ErrorCode: RefusedStream } } => new(RequestEnding.UpstreamFailed, Unreachable, FailureClass.Unreachable, Reached: false),
        HttpRequestException { InnerException: UpstreamCredentialException } => new(RequestEnding.UpstreamFailed, Credential, FailureClass.Credential, Reached: false),
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError or HttpRequestError.SecureConnectionError or HttpRequestError.VersionNegotiationError } =>
            new(RequestEnding.UpstreamFailed, Unreachable, FailureClass.Unreachable, Reached: false),

        // Not our token: the handler's own limit for connecting.
        OperationCanceledException => new(RequestEnding.UpstreamFailed, Unreachable, FailureClass.Unreachable, Reached: false),
        _ => InvalidAnswer with { Reached = sent },
    };

    /// <summary>The failure that we, or the client, caused; null when it came from elsewhere.</summary>
    private static AttemptFailure? Own(Exception exception, AttemptTimer timer, bool reached)
    {
        // Why we cancelled counts more than how it surfaced: a cancelled read may end as an I/O error.
        return timer.Reason switch
        {
            CancelReason.ClientGone => new(RequestEnding.ClientGone, Broken, FailureClass.NotTheirs, reached),
            CancelReason.Deadline => new(RequestEnding.DeadlineExceeded, Deadline, FailureClass.NotTheirs, reached),
            CancelReason.Timeout => new(RequestEnding.UpstreamFailed, Timeout, FailureClass.Timeout, reached),
            CancelReason.Superseded => new(RequestEnding.Superseded, Broken, FailureClass.NotTheirs, reached),
            _ => exception is ClientGoneException ? new(RequestEnding.ClientGone, Broken, FailureClass.NotTheirs, reached)
                : exception is SupersededException ? new(RequestEnding.Superseded, Broken, FailureClass.NotTheirs, reached) : null,
        };
    }
}
