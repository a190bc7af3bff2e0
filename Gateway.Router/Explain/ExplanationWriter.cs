using System.Globalization;
using System.Text.Json;
using Gateway.Core.Configuration;
using Gateway.Core.Errors;
using Gateway.Core.Money;
using Gateway.Core.Requests;
using Gateway.Router.Catalog;
using Gateway.Router.Cooldowns;
using Gateway.Router.Credentials;
using Gateway.Router.Pipeline;
using Gateway.Router.Routing;

namespace Gateway.Router.Explain;

/// <summary>Writes an explanation as JSON. Only names of the document stand in it: no keys, no addresses, nothing of the prompt.</summary>
internal sealed class ExplanationWriter(RouterPeers peers, RouterClock clock)
{
    public void Write(Utf8JsonWriter json, RouteExplanation explanation)
    {
        json.WriteStartObject();
        json.WriteString("router"u8, peers.Name);
        json.WriteString("would"u8, WordOf(explanation.Verdict));
        WriteError(json, explanation.Error);
        WriteChoice(json, "choice"u8, explanation, explanation.Chosen, explanation.Pick);
        WriteRequest(json, explanation);
        WriteResolution(json, explanation);
        json.WriteStartArray("groups"u8);
        for (var i = 0; i < explanation.Groups.Count; i++)
        {
            WriteGroup(json, explanation, explanation.Groups[i], explanation.Orders[i]);
        }

        json.WriteEndArray();
        WriteBounds(json, explanation);
        json.WriteEndObject();
    }

    private static void WriteRequest(Utf8JsonWriter json, RouteExplanation explanation)
    {
        var exchange = explanation.Exchange;
        var (facts, trip) = (exchange.Facts, explanation.Trip);
        json.WriteStartObject("request"u8);
        json.WriteString("model"u8, facts.Model);
        json.WriteBoolean("stream"u8, facts.Stream);
        WriteNumber(json, "estimated_input_tokens"u8, trip?.InputTokens);
        WriteNumber(json, "estimated_output_tokens"u8, trip?.OutputTokens);
        WriteNumber(json, "output_cap"u8, facts.OutputCap < 0 ? null : facts.OutputCap);
        json.WriteNumber("choices"u8, facts.CandidateCount);
        json.WriteStartArray("capabilities"u8);
        var needed = string.IsNullOrEmpty(facts.Model) ? ModelCapabilities.None : exchange.Needs.Capabilities;
        foreach (var word in CapabilityWords.Of(needed).Split(", ", StringSplitOptions.RemoveEmptyEntries))
        {
            json.WriteStringValue(word);
        }

        json.WriteEndArray();
        json.WriteString("affinity"u8, explanation.Affinity == 0 ? null : explanation.Affinity.ToString("x16", CultureInfo.InvariantCulture));
        json.WriteEndObject();
    }

    private static void WriteResolution(Utf8JsonWriter json, RouteExplanation explanation)
    {
        json.WriteStartArray("resolution"u8);
        foreach (var step in explanation.Resolution)
        {
            json.WriteStartObject();
            json.WriteString("name"u8, step.Name);
            json.WriteString("kind"u8, step.Kind);
            json.WriteString("target"u8, step.Target);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private void WriteGroup(Utf8JsonWriter json, RouteExplanation explanation, WatchedGroup group, IReadOnlyList<string> order)
    {
        var request = RouteRequest.Of(explanation.Exchange, group.Target, group.Group);
        json.WriteStartObject();
        json.WriteString("model"u8, group.Target.Name);
        json.WriteString("why"u8, WhyOf(group));
        json.WriteBoolean("reached"u8, !group.IsBeyond);
        json.WriteString("strategy"u8, WordOf(group.Group.Config.Strategy));
        json.WriteStartArray("candidates"u8);
        foreach (var deployment in group.Group.Deployments)
        {
            WriteCandidate(json, explanation, group, deployment, in request);
        }

        json.WriteEndArray();
        json.WriteStartArray("order"u8);
        foreach (var id in order)
        {
            json.WriteStringValue(id);
        }

        json.WriteEndArray();
        WriteChoice(json, "choice"u8, explanation, group, group.Pick ?? (ReferenceEquals(group, explanation.Chosen) ? explanation.Pick : RoutePick.Nothing(PickBlock.Excluded, 0)));
        json.WriteEndObject();
    }

    private void WriteCandidate(Utf8JsonWriter json, RouteExplanation explanation, WatchedGroup group, Deployment deployment, in RouteRequest request)
    {
        var exclusion = CandidateFilter.Explain(deployment, in request);
        var place = Array.IndexOf(group.Candidates, deployment);
        CandidateView? view = place >= 0 && place < group.Views.Length ? group.Views[place] : null;
        var (state, now) = (deployment.State, explanation.Now);
        json.WriteStartObject();
        json.WriteString("deployment"u8, deployment.Id);
        json.WriteNumber("order"u8, deployment.Order);
        WriteNumber(json, "tier"u8, view?.Tier);
        if (exclusion.Reason == ExclusionReason.None)
        {
            json.WriteNull("excluded"u8);
        }
        else
        {
            json.WriteStartObject("excluded"u8);
            json.WriteString("reason"u8, exclusion.Word);
            json.WriteString("detail"u8, exclusion.Detail);
            json.WriteEndObject();
        }

        var isEndpoint = DeploymentHealth.Of(state.Endpoint.Breaker, now) > DeploymentHealth.Of(state.Breaker, now);
        json.WriteStartObject("health"u8);
        json.WriteString("state"u8, DeploymentHealth.Of(state, now).Word());
        json.WriteString("reason"u8, (isEndpoint ? state.Endpoint.Breaker : state.Breaker).ViewAt(now).Reason.Word());
        WriteTime(json, "open_until"u8, state.OpenUntil, now);
        json.WriteNumber("ramp"u8, state.RampAt(now));
        json.WriteString("verdict"u8, view is { } seen ? WordOf(seen.Health) : null);
        json.WriteEndObject();

        WriteCredential(json, explanation, deployment, view, now);
        json.WriteBoolean("tried"u8, view?.Tried ?? false);
        json.WriteNumber("in_flight"u8, state.Load.InFlight);
        json.WriteNumber("configured_weight"u8, deployment.Weight);
        WriteNumber(json, "weight"u8, view is { Weight: > 0 } ? Math.Round(view.Value.Weight, 4) : null);
        WriteNumber(json, "score"u8, view is { } compared && double.IsFinite(compared.Score) ? compared.Score : null);
        if (deployment.Price is { } price)
        {
            json.WriteStartObject("price"u8);
            json.WriteNumber("input"u8, Usd(price.Input));
            json.WriteNumber("output"u8, Usd(price.Output));
            json.WriteEndObject();
        }
        else
        {
            json.WriteNull("price"u8);
        }

        WriteNumber(json, "estimated_cost_nano_usd"u8, explanation.Trip is { } trip ? deployment.Plan?.For(trip.InputTokens).Cost(new TokenUsage(trip.InputTokens, 0, 0, trip.OutputTokens, 0)) : null);
        json.WriteEndObject();
    }

    private void WriteCredential(Utf8JsonWriter json, RouteExplanation explanation, Deployment deployment, CandidateView? view, long now)
    {
        // One that health keeps out was not asked for its credentials.
        var choice = view is { Health: not Health.Ejected } seen ? seen.Credential
            : deployment.Upstream.Credentials.Peek(deployment.State.Lanes, explanation.Trip?.Needs ?? new CallNeeds(1, 0), tried: 0, now);
        json.WriteStartObject("credential"u8);
        json.WriteString("label"u8, choice.Lane?.Credential?.Label);
        json.WriteString("blocked"u8, choice.IsUsable ? null : choice.Block.Word());
        WriteTime(json, "until"u8, choice.IsUsable ? 0 : choice.UsableAt, now);
        WriteNumber(json, "quota_left"u8, choice.Lane is { } lane ? Math.Round(lane.QuotaLeftAt(now), 4) : null);
        json.WriteEndObject();
    }

    private void WriteChoice(Utf8JsonWriter json, ReadOnlySpan<byte> name, RouteExplanation explanation, WatchedGroup? group, in RoutePick pick)
    {
        if (group is null)
        {
            json.WriteNull(name);
            return;
        }

        json.WriteStartObject(name);
        json.WriteString("model"u8, group.Target.Name);
        if (pick.Deployment is { } deployment)
        {
            json.WriteString("deployment"u8, deployment.Id);
            json.WriteString("credential"u8, pick.Credential?.Credential?.Label);
            json.WriteString("why"u8, WhyOf(explanation, group, in pick));
        }
        else
        {
            json.WriteString("blocked"u8, group.IsModeratedOtherwise ? "moderation" : WordOf(pick.Block));
            WriteTime(json, "until"u8, pick.UsableAt, explanation.Now);
        }

        json.WriteEndObject();
    }

    private void WriteBounds(Utf8JsonWriter json, RouteExplanation explanation)
    {
        var (exchange, state) = (explanation.Exchange, explanation.Exchange.Group?.State);
        json.WriteStartObject("attempts"u8);
        json.WriteNumber("max"u8, explanation.MaxAttempts);
        WriteNumber(json, "retry_budget_left"u8, state is null ? null : Math.Round(state.Retries.Left(explanation.Now), 2));
        json.WriteEndObject();

        var room = (explanation.Chosen?.Group.State ?? state)?.Room;
        json.WriteStartObject("queue"u8);
        WriteNumber(json, "waiting"u8, room?.Count);
        WriteNumber(json, "size"u8, room?.Config.Size);
        WriteNumber(json, "longest_wait_ms"u8, room?.Config.Wait.TotalMilliseconds);
        json.WriteEndObject();

        var left = exchange.TimeLeft(clock.UtcNow);
        left = explanation.Pick.Deployment is { } chosen && chosen.Provider.Timeouts.Total < left ? chosen.Provider.Timeouts.Total : left;
        WriteNumber(json, "deadline_ms"u8, left == TimeSpan.MaxValue ? null : Math.Floor(left.TotalMilliseconds));
        WriteNumber(json, "price_bound_nano_usd"u8, PriceBound(explanation));
    }

    /// <summary>What the request costs at most: its input and all the output that it allows, at the dearest of all that may serve it.</summary>
    /// <returns>Null where it names no cap of its output, or nothing that may serve it has a price.</returns>
    private static long? PriceBound(RouteExplanation explanation)
    {
        var facts = explanation.Exchange.Facts;
        if (explanation.Trip is not { } trip || (facts.OutputCap < 0 && explanation.Exchange.Endpoint.Kind == LlmKind.Chat))
        {
            return null;
        }

        long? most = null;
        var usage = new TokenUsage(trip.InputTokens, 0, 0, Math.Max(0, facts.OutputCap) * Math.Max(1, facts.CandidateCount), 0);
        foreach (var deployment in explanation.Groups.SelectMany(static group => group.Candidates))
        {
            most = deployment.Plan is { } plan ? Math.Max(most ?? 0, plan.Dearest(usage.Input).Cost(usage)) : most;
        }

        return most;
    }

    private static void WriteError(Utf8JsonWriter json, GatewayError? error)
    {
        if (error is null)
        {
            json.WriteNull("error"u8);
            return;
        }

        json.WriteStartObject("error"u8);
        json.WriteNumber("status"u8, error.Facts.Status);
        json.WriteString("code"u8, error.Facts.Code);
        json.WriteString("message"u8, error.Message);
        json.WriteString("param"u8, error.Param);
        json.WriteEndObject();
    }

    /// <param name="at">Ticks; 0 for none.</param>
    private void WriteTime(Utf8JsonWriter json, ReadOnlySpan<byte> name, long at, long now) => json.WriteString(
        name, at == 0 ? null : (clock.UtcNow + TimeSpan.FromTicks(at - now)).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));

    private static void WriteNumber(Utf8JsonWriter json, ReadOnlySpan<byte> name, double? value)
    {
        if (value is { } known)
        {
            json.WriteNumber(name, known);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    private static void WriteNumber(Utf8JsonWriter json, ReadOnlySpan<byte> name, long? value)
    {
        if (value is { } known)
        {
            json.WriteNumber(name, known);
        }
        else
        {
            json.WriteNull(name);
        }
    }

    /// <summary>USD per 1,000,000 tokens, as the document has it.</summary>
    private static decimal Usd(long nano) => (decimal)nano / TokenPrice.NanoPerUsd;

    private static string WhyOf(WatchedGroup group) => group.Origin switch
    {
        WatchedOrigin.Asked => "asked",
        WatchedOrigin.Models => "models[]",
        WatchedOrigin.Fallback => group.Trigger switch
        {
            FallbackTriggers.ContextLength => "fallback on context_length",
            FallbackTriggers.ContentPolicy => "fallback on content_policy",
            FallbackTriggers.Budget => "fallback on budget",
            _ => "fallback on error",
        },
    };

    /// <summary>What the choice was made by.</summary>
    private static string WhyOf(RouteExplanation explanation, WatchedGroup group, in RoutePick pick)
    {
        var (chosen, compared, isPanic) = (pick.Deployment, 0, false);
        for (var i = 0; i < group.Views.Length; i++)
        {
            compared += group.Views[i].Weight > 0 ? 1 : 0;
            isPanic |= ReferenceEquals(group.Candidates[i], chosen) && group.Views[i].Health == Health.Panic;
        }

        return isPanic ? "panic"
            : pick.IsProbe ? "probe"
            : compared <= 1 ? "only_usable"
            : explanation.Trip?.Preferences?.Sort switch
            {
                PreferenceSort.Price => "sort price",
                PreferenceSort.Latency => "sort latency",
                PreferenceSort.Throughput => "sort throughput",
                _ => WordOf(group.Group.Config.Strategy),
            };
    }

    private static string WordOf(Verdict verdict) => verdict switch
    {
        Verdict.Call => "call",
        Verdict.Answer => "answer",
        Verdict.Wait => "wait",
        Verdict.Refuse => "refuse",
    };

    private static string WordOf(Health health) => health switch
    {
        Health.Usable => "usable",
        Health.Probe => "probe",
        Health.Panic => "panic",
        Health.Ejected => "ejected",
    };

    private static string WordOf(PickBlock block) => block switch
    {
        PickBlock.None => "",
        PickBlock.Tried => "tried",
        PickBlock.Busy => "busy",
        PickBlock.Limited => "limited",
        PickBlock.Open => "open",
        PickBlock.Quarantined => "quarantined",
        PickBlock.Excluded => "excluded",
    };

    /// <summary>As the document writes it.</summary>
    private static string WordOf(BalancingStrategy strategy) => strategy switch
    {
        BalancingStrategy.WeightedRoundRobin => "weighted_round_robin",
        BalancingStrategy.LeastBusy => "least_busy",
        BalancingStrategy.LowestLatency => "lowest_latency",
        BalancingStrategy.LowestCost => "lowest_cost",
        BalancingStrategy.MostQuota => "most_quota",
        BalancingStrategy.Sticky => "sticky",
        BalancingStrategy.Hybrid => "hybrid",
    };
}
