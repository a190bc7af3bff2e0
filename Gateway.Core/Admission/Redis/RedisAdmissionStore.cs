using Gateway.Core.Admission.Redis.Scripts;
using Gateway.Core.Admission.Shared;

namespace Gateway.Core.Admission.Redis;

/// <summary>The shared state of limits and budgets in Redis: each call is one script over the keys of one organisation. Thread-safe.</summary>
/// <remarks>Source: reliability rules 2.1 to 2.3. What is kept where is said in <see cref="RedisKeys"/>.</remarks>
public sealed class RedisAdmissionStore : IAdmissionStore
{
    /// <summary>Decisions are kept for 24 hours; what is older than this may have been forgotten by the time that a call arrives.</summary>
    private static readonly TimeSpan Memory = TimeSpan.FromHours(23);

    private readonly AdmissionCalls _calls;

    /// <param name="scripts">Redis.</param>
    /// <param name="time">For ages of requests, and for how long a call was under way.</param>
    public RedisAdmissionStore(IRedisScripts scripts, TimeProvider time)
    {
        _calls = new AdmissionCalls(scripts, time);
    }

    public bool IsUp => _calls.Scripts.IsUp;

    public ValueTask<AdmissionAnswer?> AdmitAsync(AdmissionRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return IsForgotten(request.RequestId)
            ? new(new AdmissionAnswer { Outcome = AdmissionOutcome.Void })
            : AskAsync(request, peek: false, cancellationToken);
    }

    public ValueTask<AdmissionAnswer?> PeekAsync(AdmissionRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        return AskAsync(request, peek: true, cancellationToken);
    }

    public async ValueTask<SettleOutcome?> SettleAsync(Settlement settlement, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(settlement);
        if (IsForgotten(settlement.RequestId))
        {
            return SettleOutcome.Forgotten;
        }

        var organisation = settlement.Ticket.Organisation;
        var (keys, values) = EndCalls.Settle(settlement, _calls.Keys(organisation), _calls.Time);
        var watched = settlement.Ticket.Budgets.Count > 0;
        var answer = await _calls.RunAsync(organisation, SettleScript.Script, keys, values, watched, urgent: true, cancellationToken);
        return answer is not null && (int)answer[0] is var outcome and >= 0 and <= (int)SettleOutcome.Rebuilding ? (SettleOutcome)outcome : null;
    }

    public async ValueTask<bool> VoidAsync(Hold hold, CancellationToken cancellationToken)
    {
        if (IsForgotten(hold.RequestId))
        {
            // Its admission cannot succeed any more, and its hold was swept long ago.
            return true;
        }

        var organisation = hold.Ticket.Organisation;
        var (keys, values) = EndCalls.Void(hold, _calls.Keys(organisation));
        return await _calls.RunAsync(organisation, VoidScript.Script, keys, values, hold.Ticket.Budgets.Count > 0, urgent: true, cancellationToken) is not null;
    }

    public async ValueTask<EpochState?> RenewAsync(string organisation, string holder, IReadOnlyList<Hold> holds, bool isAll, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(holds);
        var (keys, values) = EndCalls.Renew(holder, holds, isAll, _calls.Keys(organisation), _calls.Time);
        var answer = await _calls.RunAsync(organisation, RenewScript.Script, keys, values, watched: true, urgent: true, cancellationToken);
        return answer is null ? null : EpochAnswers.Read(answer);
    }

    private async ValueTask<AdmissionAnswer?> AskAsync(AdmissionRequest request, bool peek, CancellationToken cancellationToken)
    {
        var watched = request.Budgets.Count > 0 && !peek;

        // Whose money is hard cannot be served without Redis: such requests are not the ones to hold back while the share of calls grows.
        var urgent = watched && IsHard(request);
        for (var isLast = false; ; isLast = true)
        {
            var (keys, values) = AdmitCall.Make(request, _calls.Keys(request.Organisation), _calls.Clock, _calls.Time, peek);
            var answer = await _calls.RunAsync(request.Organisation, AdmitScript.Script, keys, values, watched, urgent, cancellationToken);
            if (answer is null)
            {
                return null;
            }

            // An answer in time that says too late: the clock of Redis was put forward. It is known now, and nothing was changed.
            if ((int)answer[0] != AdmitCall.Late || isLast)
            {
                return AdmitCall.Read(request, answer);
            }
        }
    }

    private static bool IsHard(AdmissionRequest request)
    {
        for (var i = 0; i < request.Budgets.Count; i++)
        {
            if (request.Budgets[i].Hard)
            {
                return true;
            }
        }

        return false;
    }

    private bool IsForgotten(Guid requestId) => _calls.Time.GetUtcNow().ToUnixTimeMilliseconds() - RedisKeys.Millis(requestId) > Memory.TotalMilliseconds;
}
