namespace Gateway.Router.Protocols;

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

/// <summary>How a protocol cuts its streams into events.</summary>
internal enum FrameFormat
{
    /// <summary>Server-sent events.</summary>
    Sse,

    /// <summary>One JSON document per line.</summary>
    JsonLines,

    /// <summary>Amazon's binary messages with lengths and checksums.</summary>
    AwsEventStream,
}
