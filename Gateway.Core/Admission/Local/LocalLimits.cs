using Gateway.Core.Admission.Shared;

namespace Gateway.Core.Admission.Local;

/// <summary>Rates, places and sessions behind one decision. Not thread-safe: <see cref="LocalAdmissionStore"/> has the lock.</summary>
internal sealed class LocalLimits(LocalCapacity capacity)
{
    // Somebody who runs leaves at any moment: nobody knows when.
    private const long ConcurrencyWaitMicros = 1_000_000;
    private const long TokensKnownMicros = 1_000_000;

    private readonly LocalRates _rates = new(capacity.Rates);
    private readonly LocalPlaces _places = new(capacity.Places);
    private readonly LocalSessions _sessions = new(capacity.Sessions);

    /// <summary>What a limit says, without changing anything.</summary>
    /// <param name="share">The limit is counted for one of so many.</param>
    /// <param name="wait">Microseconds until it admits; 0 for now.</param>
    /// <param name="tat">For rates: to be handed to <see cref="Take"/>.</param>
    public LimitState Check(LimitRule rule, AdmissionRequest request, long share, long now, out long wait, out long tat)
    {
        tat = 0;
        var organisation = request.Organisation;
        switch (rule.Unit)
        {
            case LimitUnit.Concurrency:
                var places = Math.Max(1, rule.Limit / share);
                var taken = _places.Taken(organisation, rule.Id, places, now);
                wait = taken < places ? 0 : ConcurrencyWaitMicros;
                return new LimitState(Math.Max(0, places - taken - 1), TimeSpan.Zero, wait > 0);

            case LimitUnit.Sessions:
                var sessions = Math.Max(1, rule.Limit / share);
                wait = _sessions.Wait(organisation, rule.Id, request.Session, sessions, Micros(rule.Window), now);
                return new LimitState(Math.Max(0, sessions - _sessions.Seen(organisation, rule.Id)), rule.Window, wait > 0);

            default:
                var rate = new CostRate(rule, share);
                var known = _rates.Tat(organisation, rule);
                wait = rate.Decide(known, now, Cost(rule, request), out tat);
                var after = wait > 0 ? known : tat;
                return new LimitState(rate.Remaining(after, now), Time(Math.Max(0, after - now)), wait > 0);
        }
    }

    /// <summary>Takes what <see cref="Check"/> admitted.</summary>
    /// <param name="isExceeded">A limit in shadow mode: what is beyond it takes nothing but a place, since it runs.</param>
    public void Take(LimitRule rule, AdmissionRequest request, bool isExceeded, long tat, long now)
    {
        if (isExceeded && rule.Unit is not LimitUnit.Concurrency)
        {
            return;
        }

        switch (rule.Unit)
        {
            case LimitUnit.Concurrency:
                _places.Take(request.Organisation, rule.Id, new RequestPart(request.RequestId, request.Part), now);
                break;
            case LimitUnit.Sessions:
                _sessions.Note(request.Organisation, rule.Id, request.Session, Micros(rule.Window), now);
                break;
            default:
                _rates.Set(request.Organisation, rule, tat, now);
                break;
        }
    }

    public void Renew(RequestPart request, AdmissionTicket ticket, long now)
    {
        for (var i = 0; i < ticket.Places.Count; i++)
        {
            _places.Take(ticket.Organisation, ticket.Places[i], request, now);
        }
    }

    public void Leave(RequestPart request, AdmissionTicket ticket)
    {
        for (var i = 0; i < ticket.Places.Count; i++)
        {
            _places.Leave(ticket.Organisation, ticket.Places[i], request);
        }
    }

    /// <param name="tokens">What was used beyond what is reserved; negative for less.</param>
    /// <param name="admittedAt">When they were reserved.</param>
    public void Correct(AdmissionTicket ticket, long tokens, long share, long admittedAt, long now)
    {
        for (var i = 0; i < ticket.TokenRates.Count; i++)
        {
            var rate = ticket.TokenRates[i];
            var sums = new CostRate(rate.Limit, rate.Window, share);
            _rates.Correct(ticket.Organisation, rate.Id, tokens >= 0 ? sums.MicrosOf(tokens) : -sums.MicrosBack(-tokens), admittedAt, now);
        }
    }

    public void Learn(AdmissionRequest request, AdmissionAnswer answer, long askedAt, long now)
    {
        var isAdmitted = answer.Outcome is AdmissionOutcome.Admitted;
        for (var i = 0; i < request.Limits.Count && i < answer.Limits.Count; i++)
        {
            var rule = request.Limits[i];
            switch (rule.Unit)
            {
                case LimitUnit.Concurrency or LimitUnit.Sessions:
                    if (isAdmitted)
                    {
                        Take(rule, request, answer.Limits[i].Exceeded, 0, now);
                    }

                    break;
                default:
                    _rates.Learn(request.Organisation, rule, askedAt + Micros(answer.Limits[i].ResetAfter), askedAt, now, mayFall: rule.Unit is LimitUnit.Tokens);
                    break;
            }
        }
    }

    /// <summary>Whether the shared store would refuse by what it said last.</summary>
    /// <param name="wait">Microseconds after which the shared store admits it for certain: a client that comes back is not refused again.</param>
    /// <returns>Index of the limit; -1 for none.</returns>
    public int Foresee(AdmissionRequest request, long now, out long wait)
    {
        wait = 0;
        var binding = -1;
        for (var i = 0; i < request.Limits.Count; i++)
        {
            var rule = request.Limits[i];
            if (rule.Shadow || rule.Unit is not (LimitUnit.Requests or LimitUnit.Tokens))
            {
                continue;
            }

            var tat = _rates.Tat(request.Organisation, rule);
            if (tat <= now || (rule.Unit is LimitUnit.Tokens && now - _rates.LearnedAt(request.Organisation, rule) > TokensKnownMicros))
            {
                continue;
            }

            var own = new CostRate(rule, 1).Decide(tat, now, Cost(rule, request), out _);
            if (own > 0 && own + _rates.Uncertainty(request.Organisation, rule) is var certain && certain > wait)
            {
                (binding, wait) = (i, certain);
            }
        }

        return binding;
    }

    private static long Micros(TimeSpan time) => time.Ticks / TimeSpan.TicksPerMicrosecond;

    private static TimeSpan Time(long micros) => new(micros * TimeSpan.TicksPerMicrosecond);

    private static long Cost(LimitRule rule, AdmissionRequest request) => rule.Unit is LimitUnit.Tokens ? Math.Max(0, request.Tokens) : 1;
}
