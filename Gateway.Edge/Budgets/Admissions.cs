using System.Security.Cryptography;
using System.Text;
using Gateway.Core;
using Gateway.Core.Admission;
using Gateway.Core.Admission.Shared;
using Gateway.Core.Catalog;
using Gateway.Core.Errors;
using Gateway.Core.Requests;
using Gateway.Edge.Admission;
using Gateway.Edge.Endpoints;
using Gateway.Edge.VirtualKeys;

namespace Gateway.Edge.Budgets;

/// <summary>What became of a request at its admission.</summary>
/// <param name="Error">Why it is refused; null when it may go on.</param>
/// <param name="Held">To give back (<see cref="Admissions.End"/>) when the request is over; null for nothing.</param>
/// <param name="Instead">The model that answers because a budget did not suffice for the one asked for; null mostly.</param>
internal readonly record struct AdmissionResult(GatewayError? Error, HeldAdmission? Held = null, ModelTarget? Instead = null);

/// <summary>
/// Asks for the admission of requests by all limits and budgets that they count for, and says what came of it in headers. A key with one plain rate is decided by its lease, one with nothing
/// is not asked about; everything else is one question to <see cref="IEdgeAdmission"/>. Thread-safe.
/// </summary>
internal sealed class Admissions(IEdgeAdmission admission, EdgeRateLimiter limiter, TokenEstimator estimator, AdmissionMetrics metrics, TimeProvider time)
{
    private const string ShouldRetry = "x-should-retry";

    /// <summary>Decisions are made without the state that all Edges share.</summary>
    public bool IsDegraded => limiter.IsDegraded || admission.IsDegraded;

    /// <summary>A call to a model. Its access was not refused yet: a request for a model that the key may not use counts as a request and takes nothing else.</summary>
    /// <param name="body">What the facts were read from.</param>
    public ValueTask<AdmissionResult> AdmitAsync(HttpContext context, in LlmDecision decision, ReadOnlyMemory<byte> body)
    {
        var scopes = decision.Key.Scopes;
        if (scopes.Plain is { } plain)
        {
            return AdmitPlainAsync(context, decision.Endpoint.Protocol, scopes.KeyId, plain);
        }

        var user = EndUserOf(in decision);
        return scopes.IsEmpty && user is null ? default : AdmitScopedAsync(context, decision, user, body);
    }

    /// <summary>A call that has no model and costs nothing (files, responses that are kept): it counts as a request.</summary>
    public ValueTask<AdmissionResult> AdmitAsync(HttpContext context, VirtualKey key, LlmProtocol client)
    {
        var scopes = key.Scopes;
        if (scopes.Plain is { } plain)
        {
            return AdmitPlainAsync(context, client, scopes.KeyId, plain);
        }

        var rules = scopes.General.WithoutTokens;
        return rules.IsEmpty ? default : AdmitFreeAsync(context, scopes, rules, client);
    }

    /// <summary>The request is over, or will not be sent.</summary>
    public void End(HeldAdmission? held)
    {
        if (held is null)
        {
            return;
        }

        if (held.IsTaken && !held.IsOwn)
        {
            admission.Ended(held.Hold);
        }
        else
        {
            admission.Void(held.Hold);
        }
    }

    /// <summary>How a key's limits and budgets stand, consuming nothing.</summary>
    /// <param name="rules">Of the key.</param>
    public ValueTask<AdmissionAnswer> PeekAsync(KeyScopes scopes, RuleSet rules, ChargeSet charges, CancellationToken cancellationToken) => admission.PeekAsync(
        new AdmissionRequest { Organisation = scopes.Organisation, RequestId = Guid.CreateVersion7(time.GetUtcNow()), Limits = rules.Rules, Budgets = charges.Charges }, cancellationToken);

    /// <summary>What would become of a request, consuming nothing.</summary>
    /// <param name="context">The request, as it would come. Headers of its answer are written to it.</param>
    public async ValueTask<GatewayError?> PeekAsync(HttpContext context, LlmDecision decision, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        var scopes = decision.Key.Scopes;
        if (scopes.Plain is { } plain)
        {
            return limiter.Peek(plain) is { Admitted: false } full ? AdmissionText.Refused(plain, in full) : null;
        }

        var user = EndUserOf(in decision);
        if (scopes.IsEmpty && user is null)
        {
            return null;
        }

        var size = InputSize.Read(decision.Endpoint.Operation, body.Span, decision.Facts);
        var question = Ask(Guid.CreateVersion7(time.GetUtcNow()).ToString(), context, in decision, user, in size);
        if (question.IsEmpty)
        {
            return question.Error;
        }

        var answer = await admission.PeekAsync(question.Request, cancellationToken);
        return answer.Outcome == AdmissionOutcome.Admitted || (answer.Outcome == AdmissionOutcome.Unaffordable && FallbackOf(in question, answer, in decision) is not null)
            ? question.Error : Refuse(context, question.Request, question.Charges, answer);
    }

    /// <summary>The same for a key with one plain rate. What others took since this Edge last asked is not in it.</summary>
    public RateDecision Peek(RateLimit limit) => limiter.Peek(limit);

    /// <summary>Until a plain rate is whole again.</summary>
    public TimeSpan ResetOf(RateLimit limit) => limiter.Peek(limit).ResetAfter - (limit.Window / limit.Limit) is { Ticks: > 0 } left ? left : TimeSpan.Zero;

    private static EndUserScope? EndUserOf(in LlmDecision decision)
    {
        // Whoever comes without a key could use up the limits of anybody by naming them.
        return decision is { Facts.User: { Length: > 0 } user, Snapshot.EndUsers: { } endUsers, Key.IsNobody: false } ? endUsers.Find(decision.Key.Scopes.Organisation, user) : null;
    }

    private async ValueTask<AdmissionResult> AdmitPlainAsync(HttpContext context, LlmProtocol client, string keyId, RateLimit limit)
    {
        var decision = await limiter.AdmitAsync(limit, context.RequestAborted);
        var headers = context.Response.Headers;
        RateLimitHeaders.Write(headers, client, limit, decision, time);
        if (decision.Degraded)
        {
            headers[GatewayHeaders.Degraded] = "redis";
        }

        if (decision.Admitted)
        {
            return default;
        }

        headers[GatewayHeaders.Limit] = AdmissionText.Header(keyId, limit, in decision);
        return new AdmissionResult(AdmissionText.Refused(limit, in decision));
    }

    private async ValueTask<AdmissionResult> AdmitFreeAsync(HttpContext context, KeyScopes scopes, RuleSet rules, LlmProtocol client)
    {
        var request = new AdmissionRequest
        {
            Organisation = scopes.Organisation,
            RequestId = Guid.Parse(context.TraceIdentifier),
            Limits = rules.Rules,
            Session = rules.HasSessions ? SessionOf(context, scopes.Organisation, "") : "",
        };
        var answer = await AskAsync(context, client, request, ChargeSet.None);
        if (answer.Outcome != AdmissionOutcome.Admitted)
        {
            return new AdmissionResult(Refuse(context, request, ChargeSet.None, answer));
        }

        return new AdmissionResult(null, Hold(request, answer, rules, ChargeSet.None, input: -1, outputCap: false) is { } hold ? new HeldAdmission(hold, null, default) { IsOwn = true } : null);
    }

    private async ValueTask<AdmissionResult> AdmitScopedAsync(HttpContext context, LlmDecision decision, EndUserScope? user, ReadOnlyMemory<byte> body)
    {
        var size = decision.IsAllowed && (decision.Key.Scopes.NeedsSize || user is { NeedsSize: true }) ? InputSize.Read(decision.Endpoint.Operation, body.Span, decision.Facts) : default;
        var question = Ask(context.TraceIdentifier, context, in decision, user, in size);
        if (question.IsEmpty)
        {
            return new AdmissionResult(question.Error);
        }

        var answer = await AskAsync(context, decision.Endpoint.Protocol, question.Request, question.Charges);
        if (answer.Outcome == AdmissionOutcome.Admitted)
        {
            return new AdmissionResult(question.Error, question.Error is null ? HoldOf(in question, answer, in decision, in size) : null);
        }

        if (answer.Outcome == AdmissionOutcome.Unaffordable && FallbackOf(in question, answer, in decision) is { } other)
        {
            var (instead, held) = await AdmitInsteadAsync(context, decision.InsteadBy(other), user, size);
            if (instead is not null)
            {
                return new AdmissionResult(null, held, instead);
            }
        }

        return new AdmissionResult(Refuse(context, question.Request, question.Charges, answer));
    }

    /// <summary>Asks for the cheaper model that a budget names. Not admitted either, the first refusal is what the client hears.</summary>
    private async ValueTask<(ModelTarget? Instead, HeldAdmission? Held)> AdmitInsteadAsync(HttpContext context, LlmDecision decision, EndUserScope? user, InputSize size)
    {
        // The refusal is known and final under the first id; this is another request, and nothing of the first is held.
        var id = Guid.CreateVersion7(time.GetUtcNow()).ToString();
        var question = Ask(id, context, in decision, user, in size);
        if (question.Error is not null)
        {
            return default;
        }

        var answer = await AskAsync(context, decision.Endpoint.Protocol, question.Request, question.Charges);
        if (answer.Outcome != AdmissionOutcome.Admitted)
        {
            return default;
        }

        context.TraceIdentifier = id;
        var headers = context.Response.Headers;
        headers[GatewayHeaders.RequestId] = id;
        if (decision.Endpoint.Protocol == LlmProtocol.Anthropic)
        {
            headers[AnthropicErrorWriter.RequestIdHeader] = id;
        }

        headers[GatewayHeaders.Warning] = $"budget: answered by {decision.Target!.Name}";
        metrics.FellBack();
        return (decision.Target, HoldOf(in question, answer, in decision, in size));
    }

    private Question Ask(string requestId, HttpContext context, in LlmDecision decision, EndUserScope? user, in InputSize size)
    {
        var scopes = decision.Key.Scopes;
        var kind = decision.Endpoint.Kind;
        var isFree = kind is LlmKind.CountTokens or LlmKind.Moderate;
        var (rules, charges, target, error) = (scopes.General, ChargeSet.None, (KeyTarget?)null, (GatewayError?)null);
        if (decision.Target is { } model && decision.IsAllowed)
        {
            target = scopes.For(model, decision.Snapshot.Prices, estimator);
            rules = user is null ? target.Rules : user.With(target.Rules, model);
            if (!isFree)
            {
                var now = time.GetUtcNow();
                charges = user is null ? scopes.Charges.At(now) : user.With(scopes.Charges.At(now), now);
            }

            if (charges.IsHard && !target.Price.IsPriced)
            {
                (error, charges) = (AdmissionText.NotPriced(model.Name), ChargeSet.None);
            }
        }
        else if (user is not null)
        {
            rules = user.With(rules, target: null);
        }

        var isRefused = error is not null || !decision.IsAllowed;
        rules = isRefused ? rules.OnlyRequests : isFree ? rules.WithoutTokens : rules;
        var tokens = 0L;
        var bound = default(RequestBound);
        if (target is not null && (rules.TokenRates.Length > 0 || !charges.IsEmpty))
        {
            var input = MoneyBounds.EstimateInput(in size, target, decision.Endpoint.IsForm);
            tokens = MoneyBounds.Reserved(input, decision.Facts, kind, in size, target);
            bound = charges.IsEmpty ? default : MoneyBounds.Of(input, decision.Facts, kind, in size, target.Price);
        }

        var request = new AdmissionRequest
        {
            Organisation = scopes.Organisation,
            RequestId = Guid.Parse(requestId),
            Limits = rules.Rules,
            Tokens = rules.TokenRates.Length > 0 ? tokens : 0,
            Session = rules.HasSessions ? SessionOf(context, scopes.Organisation, decision.Facts.User) : "",
            Budgets = charges.Charges,
            Bound = bound.Money,
        };
        return new Question(request, rules, charges, target, bound, error);
    }

    private async ValueTask<AdmissionAnswer> AskAsync(HttpContext context, LlmProtocol client, AdmissionRequest request, ChargeSet charges)
    {
        var answer = await admission.AdmitAsync(request, context.RequestAborted);
        var headers = context.Response.Headers;
        RateLimitHeaders.Write(headers, client, request.Limits, answer.Limits, time);
        if (answer.Degraded)
        {
            headers[GatewayHeaders.Degraded] = "redis";
        }

        metrics.Decided(answer.Outcome, answer.Outcome switch
        {
            AdmissionOutcome.Limited => AdmissionMetrics.WordOf(request.Limits[answer.Binding].Unit),
            AdmissionOutcome.Unaffordable => "usd",
            _ => "none",
        });
        for (var i = 0; i < answer.Limits.Count; i++)
        {
            if (answer.Limits[i].Exceeded && request.Limits[i].Shadow)
            {
                metrics.WouldRefuse(request.Limits[i].Unit);
            }
        }

        if (answer.Outcome == AdmissionOutcome.Unaffordable)
        {
            metrics.BudgetRefused(AdmissionText.KindOf(charges.Owners[answer.Binding]), charges.Budgets[answer.Binding].Window);
        }

        return answer;
    }

    private GatewayError Refuse(HttpContext context, AdmissionRequest request, ChargeSet charges, AdmissionAnswer answer)
    {
        var headers = context.Response.Headers;
        var index = answer.Binding;
        switch (answer.Outcome)
        {
            case AdmissionOutcome.Limited:
                var limit = index < answer.Limits.Count ? answer.Limits[index] : default;
                headers[GatewayHeaders.Limit] = AdmissionText.Header(request.Limits[index], in limit);
                return AdmissionText.Refused(request.Limits[index], in limit, answer.RetryAfter, request.Tokens);
            case AdmissionOutcome.Unaffordable:
                var now = time.GetUtcNow();
                var state = index < answer.Budgets.Count ? answer.Budgets[index] : default;
                headers[GatewayHeaders.Limit] = AdmissionText.Header(charges.Owners[index], charges.Budgets[index], in charges.Charges[index], in state, now);

                // SDKs repeat every 429; this one is the same tomorrow.
                headers[ShouldRetry] = "false";
                return AdmissionText.Refused(charges.Owners[index], charges.Budgets[index], in charges.Charges[index], in state, now);
            case AdmissionOutcome.Rebuilding:
                return AdmissionText.Rebuilding;
            default:
                return AdmissionText.Late;
        }
    }

    private static ModelTarget? FallbackOf(in Question question, AdmissionAnswer answer, in LlmDecision decision)
    {
        if (question.Charges.Budgets[answer.Binding].FallbackModel is not { } name || decision.Snapshot.Models.Resolve(name) is not { } other)
        {
            return null;
        }

        // Not in the place of itself, and never what the key could not ask for.
        return string.Equals(other.Target, decision.Target!.Target, StringComparison.Ordinal) || !ModelAccess.MayUse(decision.Key, other) ? null : other;
    }

    private static HeldAdmission? HoldOf(in Question question, AdmissionAnswer answer, in LlmDecision decision, in InputSize size)
    {
        var hasCap = MoneyBounds.HasOutputCap(decision.Endpoint.Kind);
        return Hold(question.Request, answer, question.Rules, question.Charges, question.Bound.InputFor(answer), hasCap) is { } hold
            ? new HeldAdmission(hold, question.Target, size) { IsOwn = !LlmDecision.NeedsModel(decision.Endpoint) } : null;
    }

    private static Hold? Hold(AdmissionRequest request, AdmissionAnswer answer, RuleSet rules, ChargeSet charges, long input, bool outputCap)
    {
        if (charges.IsEmpty && rules.Places.Length == 0 && rules.TokenRates.Length == 0)
        {
            return null;
        }

        return new Hold(request.RequestId, request.Part, new AdmissionTicket
        {
            Organisation = request.Organisation,
            Budgets = charges.Slots,
            Terms = charges.Terms,
            IsHard = charges.IsHard,
            HeldNanoUsd = answer.HeldNanoUsd,
            InputTokens = input,
            OutputCap = outputCap && charges.IsHard ? answer.OutputCap : -1,
            Places = rules.Places,
            TokenRates = rules.TokenRates,

            // What an Edge decided alone the shared state has not taken: then the settlement charges all of the tokens.
            ReservedTokens = answer.Degraded ? 0 : request.Tokens,
        });
    }

    /// <summary>What the client calls the talk, else the end user; those without a name are one together.</summary>
    private static string SessionOf(HttpContext context, string organisation, string user)
    {
        var name = context.Request.Headers[GatewayHeaders.Session].ToString();
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{organisation}\n{(name.Length > 0 ? name : user)}")), 0, 12);
    }

    /// <param name="Error">Known before anything is asked, and said after: the request still counts.</param>
    private readonly record struct Question(AdmissionRequest Request, RuleSet Rules, ChargeSet Charges, KeyTarget? Target, RequestBound Bound, GatewayError? Error)
    {
        public bool IsEmpty => Rules.IsEmpty && Charges.IsEmpty;
    }
}
