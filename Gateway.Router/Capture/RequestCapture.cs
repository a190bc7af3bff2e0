using Gateway.Core.Configuration;
using Gateway.Core.Journal;
using Gateway.Core.Requests;
using Gateway.Router.Pipeline;

namespace Gateway.Router.Capture;

/// <summary>Why a side of a request has no content although its level would keep it.</summary>
internal enum NotKept
{
    No,

    /// <summary>Refused before moderation had masked what it masks.</summary>
    NotModerated,

    /// <summary>Pictures, sound, forms, damaged JSON: nothing that could be masked.</summary>
    NotMaskable,
}

/// <summary>What is kept of one request while it runs, and until it is written down in the background. One writer at a time; handed over whole by <see cref="Completed"/>.</summary>
internal sealed class RequestCapture(CaptureLevel level, CaptureQueue queue) : ILlmCompletion
{
    public CaptureLevel Level { get; } = level;

    public CapturedBytes Request { get; } = new();

    public CapturedBytes Answer { get; } = new();

    /// <summary>Whether the request's body was taken.</summary>
    public bool HasRequest { get; private set; }

    public Guid RequestId { get; private set; }

    public long ArrivedUnixMs { get; private set; }

    public LlmOperation Operation { get; private set; }

    public bool IsStream { get; private set; }

    public string RequestType { get; private set; } = "";

    public string AnswerType { get; private set; } = "";

    public int Status { get; private set; }

    public RequestEnding Ending { get; private set; }

    /// <summary>Bytes of memory that it holds.</summary>
    public int Held => Request.Held + Answer.Held;

    /// <summary>Takes the body. The bytes are copied: the exchange gives its own back as soon as an upstream has answered.</summary>
    public void TakeRequest(LlmExchange exchange)
    {
        HasRequest = true;
        Request.Append(exchange.Body.Span);
    }

    public void Completed(LlmExchange exchange, in LlmSummary summary)
    {
        RequestId = exchange.RequestId;
        ArrivedUnixMs = exchange.ArrivedUnixMs;
        Operation = exchange.Endpoint.Operation;
        IsStream = exchange.Facts.Stream;
        RequestType = exchange.Http.Request.ContentType ?? "";
        AnswerType = exchange.Http.Response.ContentType ?? "";
        (Status, Ending) = (summary.Status, summary.Ending);
        queue.Add(this);
    }

    public void Release()
    {
        Request.Release();
        Answer.Release();
    }
}
