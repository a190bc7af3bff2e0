using Gateway.Simulator.Faults;
using Gateway.Simulator.Meter;
using Gateway.Simulator.Protocols;

namespace Gateway.Simulator.Control;

/// <summary>The moods and limits of this provider. A new document replaces all that was; requests that run keep what they met.</summary>
internal sealed class ProviderControl(TimeProvider time)
{
    private volatile ControlState _current = new(ControlDocument.Empty, DateTimeOffset.UnixEpoch);

    public ControlState Current => _current;

    public void Use(ControlDocument document) => _current = new ControlState(document, time.GetUtcNow());
}

/// <summary>One document at work.</summary>
internal sealed class ControlState(ControlDocument document, DateTimeOffset since)
{
    private readonly RuleState[] _rules = [.. document.Rules.Select(rule => new RuleState(rule, since))];

    public bool IsEmpty => _rules.Length == 0;

    public int KeepText => document.KeepText;

    public IReadOnlyList<RuleState> Rules => _rules;

    /// <summary>What a request without a meter, a list of models say, meets: only what breaks every request of its credential.</summary>
    public FaultScript Always(string credential, DateTimeOffset now)
    {
        var script = FaultScript.None;
        foreach (var rule in _rules)
        {
            if (rule.Rule.BreaksAll && rule.Rule.Model is null && rule.Rule.Concerns(credential, ProviderMeter.Fingerprint(credential), "") && rule.Holds(now))
            {
                script = FaultDirectives.Add(script, rule.Rule.Directives[0]);
            }
        }

        return script;
    }

    /// <summary>Lets a request in: counts it, takes it off its limits, waits for room.</summary>
    /// <param name="context">Gets the headers of the limits.</param>
    /// <param name="provider">Words the refusal.</param>
    /// <param name="credential">As sent.</param>
    /// <param name="meter">The request.</param>
    /// <param name="guess">Tokens that it may cost.</param>
    /// <param name="time">Clock of windows and limits.</param>
    /// <exception cref="ProviderException">A limit is used up.</exception>
    /// <exception cref="OperationCanceledException">The client left while it waited.</exception>
    public async ValueTask<ControlVisit> EnterAsync(HttpContext context, Provider provider, string credential, MeteredRequest meter, long guess, TimeProvider time)
    {
        var visit = new ControlVisit(meter, guess, time);
        try
        {
            var model = FaultDirectives.ModelName(meter.Model);
            foreach (var rule in _rules)
            {
                var now = time.GetUtcNow();
                if (!rule.Rule.Concerns(credential, meter.Credential, model) || !rule.Holds(now))
                {
                    continue;
                }

                if (rule.Bucket(meter.Credential, now) is { } bucket)
                {
                    var quota = bucket.Take(guess, now);
                    provider.WriteQuota(context.Response.Headers, quota, now);
                    if (quota.IsRefused)
                    {
                        meter.Directives = "limits";
                        throw provider.Scripted(StatusCodes.Status429TooManyRequests, null);
                    }

                    visit.Keep(bucket);
                }

                if (rule.Next(meter.User) is { } script)
                {
                    visit.Mood = FaultDirectives.Add(visit.Mood, script.Said);
                }

                if (rule.Room is { } room)
                {
                    await room.WaitAsync(context.RequestAborted);
                    visit.Keep(room);
                }
            }

            return visit;
        }
        catch
        {
            visit.Dispose();
            throw;
        }
    }
}

/// <summary>What one request holds of the control until its end. Used by one request only.</summary>
internal sealed class ControlVisit(MeteredRequest meter, long guess, TimeProvider time) : IDisposable
{
    private List<QuotaBucket>? _buckets;
    private List<SemaphoreSlim>? _rooms;

    public FaultScript Mood { get; set; } = FaultScript.None;

    public void Keep(QuotaBucket bucket) => (_buckets ??= []).Add(bucket);

    public void Keep(SemaphoreSlim room) => (_rooms ??= []).Add(room);

    public void Dispose()
    {
        _buckets?.ForEach(bucket => bucket.Return(guess, meter.Tokens, time.GetUtcNow()));
        _rooms?.ForEach(static room => room.Release());
        _buckets = null;
        _rooms = null;
    }
}
