using Gateway.Router.Pipeline;

namespace Gateway.Router.Moderating;

internal enum ModerationAnswer
{
    /// <summary>The request goes on as it is.</summary>
    Allow,

    /// <summary>The request goes on with another body.</summary>
    Redact,

    /// <summary>The request is refused.</summary>
    Block,
}

/// <summary>What the Moderation service decided about one request.</summary>
/// <param name="Body">The new body for <see cref="ModerationAnswer.Redact"/>; whoever takes it owns it.</param>
/// <param name="Message">For the client, on <see cref="ModerationAnswer.Block"/>.</param>
/// <param name="Check">Which check blocked; for the log.</param>
/// <param name="IsDegraded">A check of a best-effort policy could not be completed.</param>
internal readonly record struct ModerationVerdict(ModerationAnswer Answer, RequestBody? Body = null, string Message = "", string Check = "", bool IsDegraded = false);
