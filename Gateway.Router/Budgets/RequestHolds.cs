using Gateway.Core.Admission.Shared;
using Gateway.Core.Errors;
using Gateway.Core.Money;
using Gateway.Router.Attempts;
using Gateway.Router.Catalog;
using Gateway.Router.Pipeline;

namespace Gateway.Router.Budgets;

/// <summary>
/// The Router's side of what requests hold: keeps it while they run, asks for more before a call that costs more, and settles it after the end. Thread-safe; what belongs to one request is kept in its <see cref="RequestHold"/>.
/// </summary>
internal sealed class RequestHolds(IAdmissionStore store, IHoldKeeper keeper, SettlementQueue settlements, BudgetMetrics metrics)
{
    /// <summary>Without one the Edge alone keeps what is held, and asks Usage how requests ended.</summary>
    private readonly bool _isShared = store is not NoAdmissionStore;

    /// <summary>From here on the Router holds it.</summary>
    public RequestHold Begin(Guid requestId, AdmissionTicket ticket)
    {
        var hold = new RequestHold(requestId, ticket);
        if (_isShared)
        {
            keeper.Add(hold.Main);
        }

        return hold;
    }

    /// <summary>The request is over, and its FINAL is written if it has one.</summary>
    /// <param name="isRecorded">False where the FINAL could not be written: then the ledger will say what it cost, and Usage settles.</param>
    public void End(LlmExchange exchange, RequestHold hold, bool isRecorded)
    {
        if (!_isShared)
        {
            return;
        }

        if (isRecorded)
        {
            settlements.Add(hold, exchange.Outcome.CostNanoUsd, exchange.Outcome.Usage.Input + exchange.Outcome.Usage.Output);
            return;
        }

        keeper.Remove(hold.RequestId, hold.Ticket.Part);
        foreach (var extra in hold.Extras)
        {
            keeper.Remove(extra.RequestId, extra.Part);
        }
    }

    /// <summary>Makes sure, before a call, that all of the request together costs no more than what is held.</summary>
    /// <param name="trip">Where the request is.</param>
    /// <param name="deployment">Where the call would go.</param>
    /// <param name="beside">A call that goes on beside it; null for none.</param>
    /// <returns>Null when it does; else why the call must not be made.</returns>
    public ValueTask<GatewayError?> CoverAsync(LlmExchange exchange, Routing.RouteTrip trip, Deployment deployment, Attempt? beside = null)
    {
        if (exchange.Hold is not { Ticket.IsHard: true } hold || !CallBound.IsMetered(exchange.Endpoint.Kind))
        {
            return default;
        }

        if (deployment.Plan is not { } plan)
        {
            return new(BudgetErrors.NotPriced(exchange.ResolvedName));
        }

        // The Edge bounded a first call by the dearest deployment of the model.
        var before = exchange.CostSoFar;
        var isBounded = before == 0 && beside is null && ReferenceEquals(trip.Group, exchange.Group);
        var needed = CallBound.Of(exchange, deployment, plan, isBounded);
        if (beside is { Intent: not null, Deployment.Plan: { } besidePlan })
        {
            // It may still cost as much as it was let through for.
            before += Math.Max(0, CallBound.Of(exchange, beside.Deployment, besidePlan, isBounded: false) - beside.CostNanoUsd);
        }

        var missing = (Int128)before + needed - hold.HeldNanoUsd;
        return missing <= 0 ? default : ReserveAsync(hold, (long)Int128.Min(missing, Core.Configuration.BudgetConfig.MostNanoUsd));
    }

    /// <summary>Asks for the money of a request that the gateway makes on its own account for a client's.</summary>
    /// <param name="outer">The client's ticket, which has budgets.</param>
    /// <param name="requestId">Of the new one.</param>
    /// <param name="prices">Of the deployments that may serve it; unpriced ones left out.</param>
    /// <param name="inputTokens">Tokens that its input can be at most.</param>
    /// <param name="outputTokens">Its cap.</param>
    /// <param name="model">For errors.</param>
    /// <exception cref="GatewayException">A hard budget does not suffice, or cannot be asked.</exception>
    public async ValueTask<AdmissionTicket> AdmitAsync(AdmissionTicket outer, Guid requestId, IEnumerable<PricePlan> prices, long inputTokens, long outputTokens, string model)
    {
        var (bound, perToken) = (0L, 0L);
        foreach (var price in prices)
        {
            bound = Math.Max(bound, CallBound.Of(price, inputTokens, 0, inputTokens));
            perToken = Math.Max(perToken, CallBound.Of(price, 0, 1, inputTokens));
        }

        if (outer.IsHard && !prices.Any())
        {
            throw new GatewayException(BudgetErrors.NotPriced(model));
        }

        var ticket = new AdmissionTicket
        {
            Organisation = outer.Organisation,
            Budgets = outer.Budgets,
            Terms = outer.Terms,
            IsHard = outer.IsHard,
            InputTokens = inputTokens,
            OutputCap = outputTokens,
        };
        var (held, refusal) = await AskAsync(ticket, requestId, part: 0, new MoneyBound(bound, bound, perToken, outputTokens, outputTokens));
        return refusal is null || !outer.IsHard ? ticket with { HeldNanoUsd = held } : throw new GatewayException(refusal);
    }

    private async ValueTask<GatewayError?> ReserveAsync(RequestHold hold, long nanoUsd)
    {
        var ticket = new AdmissionTicket { Organisation = hold.Ticket.Organisation, Budgets = hold.Ticket.Budgets, Terms = hold.Ticket.Terms, IsHard = true, Part = hold.NextPart() };
        var (held, refusal) = await AskAsync(ticket, hold.RequestId, ticket.Part, new MoneyBound(nanoUsd, nanoUsd, NanoUsdPerOutputToken: 0, OutputCap: 0, LeastOutputCap: 0));
        if (refusal is null)
        {
            var extra = new Hold(hold.RequestId, ticket.Part, ticket with { HeldNanoUsd = held });
            keeper.Add(extra);
            hold.Add(extra);
        }

        return refusal;
    }

    private async ValueTask<(long Held, GatewayError? Refusal)> AskAsync(AdmissionTicket ticket, Guid requestId, int part, MoneyBound bound)
    {
        if (!_isShared || ticket.Terms.Count != ticket.Budgets.Count || ticket.Terms.Count == 0)
        {
            metrics.Asked("unavailable");
            return (0, BudgetErrors.Unavailable);
        }

        // Not cancelled when the client leaves: it has a short deadline of its own, and its answer says what must be given back.
        var answer = await store.AdmitAsync(
            new AdmissionRequest { Organisation = ticket.Organisation, RequestId = requestId, Part = part, Budgets = ChargesOf(ticket), Bound = bound }, CancellationToken.None);
        if (answer is { Outcome: AdmissionOutcome.Admitted })
        {
            metrics.Asked("admitted");
            return (answer.HeldNanoUsd, null);
        }

        if (answer is null)
        {
            // It may yet be carried out: then nobody uses what it holds.
            settlements.Void(new Hold(requestId, part, ticket));
        }

        metrics.Asked(answer is { Outcome: AdmissionOutcome.Unaffordable } ? "unaffordable" : "unavailable");
        return (0, answer is { Outcome: AdmissionOutcome.Unaffordable } ? BudgetErrors.Exceeded(answer.RetryAfter) : BudgetErrors.Unavailable);
    }

    private static BudgetCharge[] ChargesOf(AdmissionTicket ticket)
    {
        var charges = new BudgetCharge[ticket.Budgets.Count];
        for (var i = 0; i < charges.Length; i++)
        {
            var terms = ticket.Terms[i];
            charges[i] = new BudgetCharge(ticket.Budgets[i], terms.Slots, terms.LimitNanoUsd, terms.Hard, ResetsAt: null);
        }

        return charges;
    }
}
