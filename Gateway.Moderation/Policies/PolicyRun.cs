using Gateway.Core.Configuration;
using Gateway.Moderation.Checks;
using Gateway.Moderation.Content;

namespace Gateway.Moderation.Policies;

internal enum ModerationOutcome
{
    Allow,
    Redact,
    Block,
}

/// <summary>What a policy says about one body.</summary>
/// <param name="Outcome">What to do with it.</param>
/// <param name="Check">The check that blocked; null otherwise.</param>
/// <param name="Failed">It was blocked because the check could not say, not because of the content.</param>
/// <param name="Degraded">A check failed and the policy is best effort.</param>
/// <param name="Texts">The groups after redaction, in the order of the body.</param>
internal sealed record PolicyVerdict(ModerationOutcome Outcome, string? Check, bool Failed, bool Degraded, IReadOnlyList<RedactableText> Texts);

/// <summary>Runs the checks of a policy. Thread-safe.</summary>
internal sealed class PolicyRun(ModerationMetrics metrics, TimeProvider time, ILogger<PolicyRun> log)
{
    /// <summary>What token ids are refused by: no check can read them.</summary>
    public const string TokenIds = "token_ids";

    /// <summary>What a body is refused by that is no JSON object.</summary>
    public const string Unreadable = "body";

    // Each pass covers at least one more character of the client's, and in practice two passes do; this only bounds the absurd.
    private const int MaxPasses = 16;

    /// <summary>Wall time for all checks of one request. The limit of one match is 50 ms; a hundred patterns must not make it five seconds.</summary>
    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(1);

    /// <summary>The first block wins; redactions add up, and are checked again, because a redaction can bring words together.</summary>
    public PolicyVerdict Check(ModerationPolicy policy, BodyContent content, Guid requestId)
    {
        var run = new State(policy, requestId, time.GetTimestamp());
        if (content.HasTokenIds && policy.Checks.Count > 0 && Fail(run, TokenIds, "token ids cannot be read"))
        {
            return new PolicyVerdict(ModerationOutcome.Block, TokenIds, Failed: true, Degraded: false, []);
        }

        var texts = new List<RedactableText>(content.Groups.Count);
        var changed = false;
        foreach (var group in content.Groups)
        {
            var text = new RedactableText(group);
            if (Check(run, text) is { } blocked)
            {
                return blocked;
            }

            texts.Add(text);
            changed |= text.Changed;
        }

        return new PolicyVerdict(changed ? ModerationOutcome.Redact : ModerationOutcome.Allow, null, Failed: false, run.Degraded, texts);
    }

    /// <returns>The verdict when it is blocked, else null.</returns>
    private PolicyVerdict? Check(State run, RedactableText text)
    {
        var found = new List<TextSpan>();
        var redactions = new List<Redaction>();
        for (var pass = 0; pass < MaxPasses; pass++)
        {
            var snapshot = text.Snapshot();
            redactions.Clear();
            for (var index = 0; index < run.Policy.Checks.Count; index++)
            {
                var check = run.Policy.Checks[index];
                found.Clear();
                if (!TryFind(run, check, snapshot, found))
                {
                    if (run.Policy.Required)
                    {
                        return new PolicyVerdict(ModerationOutcome.Block, check.Name, Failed: true, Degraded: false, []);
                    }

                    continue;
                }

                if (Collect(check, index, text, found, redactions))
                {
                    return new PolicyVerdict(ModerationOutcome.Block, check.Name, Failed: false, Degraded: false, []);
                }
            }

            if (redactions.Count == 0)
            {
                return null;
            }

            text.Apply(redactions);
        }

        return Fail(run, "redaction", $"not stable after {MaxPasses} passes")
            ? new PolicyVerdict(ModerationOutcome.Block, "redaction", Failed: true, Degraded: false, []) : null;
    }

    /// <returns>True when the check blocks.</returns>
    private bool Collect(IModerationCheck check, int order, RedactableText text, List<TextSpan> found, List<Redaction> redactions)
    {
        var before = redactions.Count;
        foreach (var match in found)
        {
            if (text.IsOwn(match))
            {
                continue;
            }

            if (check.Action == ModerationAction.Block)
            {
                metrics.Checked(check, "block");
                return true;
            }

            redactions.Add(new Redaction(match, order, check.Replacement));
        }

        metrics.Checked(check, redactions.Count > before ? "redact" : "pass");
        return false;
    }

    private bool TryFind(State run, IModerationCheck check, CheckedText text, List<TextSpan> found)
    {
        try
        {
            if (time.GetElapsedTime(run.Started) > Budget)
            {
                throw new CheckFailedException($"the checks took more than {Budget.TotalMilliseconds} ms");
            }

            check.Find(text, found);
            return true;
        }
        catch (CheckFailedException error)
        {
            metrics.Checked(check, "failed");
            Fail(run, check.Name, error.Message);
            return false;
        }
        catch (Exception error)
        {
            // A bug in a check is a check that cannot say. Only the type: a message could quote the text.
            metrics.Checked(check, "failed");
            Fail(run, check.Name, error.GetType().Name);
            return false;
        }
    }

    /// <returns>Whether the failure blocks.</returns>
    private bool Fail(State run, string check, string reason)
    {
        run.Degraded = true;
        log.CheckFailed(run.RequestId, run.Policy.Name, check, reason);
        return run.Policy.Required;
    }

    private sealed class State(ModerationPolicy policy, Guid requestId, long started)
    {
        public ModerationPolicy Policy => policy;

        public Guid RequestId => requestId;

        public long Started => started;

        public bool Degraded { get; set; }
    }
}
