using StackExchange.Redis;

namespace Gateway.Core.Admission.Redis;

/// <summary>Why a call has no answer.</summary>
internal enum RedisFailure : byte
{
    None,

    /// <summary>No answer within the deadline.</summary>
    Deadline,

    /// <summary>No answer within the deadline nor another after it, and our own clock came late to say so: this process had no time, which says nothing of Redis.</summary>
    Starved,

    /// <summary>Too many calls are in flight already: it was not made.</summary>
    Crowded,

    /// <summary>No connection, or it broke.</summary>
    Connection,

    /// <summary>Redis refused: read-only, out of memory, loading, an error in the script.</summary>
    Server,

    /// <summary>An answer of another form than any script gives.</summary>
    Garbage,
}

/// <param name="Values">Null when it failed.</param>
internal readonly record struct RedisCallResult(RedisValue[]? Values, RedisFailure Failure)
{
    public RedisCallResult(RedisFailure failure)
        : this(null, failure)
    {
    }
}
