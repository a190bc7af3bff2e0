using System.Text.Json;
using Gateway.Core.Admission.Shared;
using Gateway.Core.Journal;
using Gateway.Core.Money;
using Gateway.Usage.Ledger;
using Gateway.Usage.Ledger.Corrections;

namespace Gateway.Usage.Reports;

/// <summary>Writes requests of the ledger as JSON. Straight from the record: an export of a million rows makes no objects of its own. The answers are described in the Edge's <c>openapi.json</c>.</summary>
internal static class RequestJson
{
    /// <summary>One request of a list.</summary>
    /// <param name="costNanoUsd">What it costs by now.</param>
    public static void WriteRow(Utf8JsonWriter json, UsageFinal final, long costNanoUsd)
    {
        json.WriteStartObject();
        WriteMembers(json, final, costNanoUsd);
        WriteAttempts(json, final);
        json.WriteEndObject();
    }

    /// <summary>One request with all that the ledger knows of it.</summary>
    public static void WriteWhole(Utf8JsonWriter json, LedgerEntry entry)
    {
        var (final, intent, flags) = (entry.Final, entry.Final.Intent, entry.Final.Flags | entry.Final.Intent.Flags);
        json.WriteStartObject();
        WriteMembers(json, final, entry.CostNanoUsd);
        json.WriteBoolean("unmoderated"u8, (flags & UsageFlags.Unmoderated) != 0);
        json.WriteBoolean("unbudgeted"u8, (flags & UsageFlags.Unbudgeted) != 0);
        WritePrice(json, intent.Price);
        WriteTexts(json, "warnings"u8, final.Warnings);
        json.WriteStartArray("budgets"u8);
        foreach (var slot in intent.Budgets)
        {
            WriteBudget(json, slot);
        }

        json.WriteEndArray();
        json.WriteStartObject("origin"u8);
        json.WriteString("producer"u8, entry.Origin.Producer);
        json.WriteNumber("epoch"u8, entry.Origin.Epoch);
        json.WriteNumber("sequence"u8, entry.Origin.Seq);
        json.WriteEndObject();
        json.WriteNumber("original_cost_nano_usd"u8, final.CostNanoUsd);
        WriteUsd(json, "original_cost_usd"u8, final.CostNanoUsd);
        WriteCorrections(json, entry.Corrections);
        WriteAttempts(json, final);
        json.WriteEndObject();
    }

    /// <summary>Money as a decimal text.</summary>
    public static void WriteUsd(Utf8JsonWriter json, ReadOnlySpan<byte> name, long nanoUsd)
    {
        Span<byte> text = stackalloc byte[UsdText.MaxBytes];
        json.WriteString(name, text[..UsdText.Write(nanoUsd, text)]);
    }

    public static void WriteTime(Utf8JsonWriter json, ReadOnlySpan<byte> name, long unixMs)
    {
        Span<byte> text = stackalloc byte[TimeText.MaxBytes];
        json.WriteString(name, text[..TimeText.Write(unixMs, text)]);
    }

    private static void WriteMembers(Utf8JsonWriter json, UsageFinal final, long costNanoUsd)
    {
        var intent = final.Intent;
        var flags = final.Flags | intent.Flags;
        json.WriteString("id"u8, intent.RequestId);
        WriteTime(json, "time"u8, intent.TimeUnixMs);
        json.WriteString("key"u8, intent.KeyId);
        json.WriteString("team"u8, intent.Team);
        json.WriteString("user"u8, intent.User);
        json.WriteString("organisation"u8, intent.Organisation);
        json.WriteString("owner"u8, intent.Owner);
        json.WriteString("operation"u8, RequestWords.Of(intent.Operation));
        json.WriteString("model"u8, intent.RequestedModel);
        json.WriteString("answered_model"u8, final.AnsweredModel);
        json.WriteString("deployment"u8, intent.Deployment);
        json.WriteNumber("status"u8, final.Status);
        json.WriteString("ending"u8, RequestWords.Of(final.Ending));
        json.WriteBoolean("stream"u8, intent.Stream);
        WriteCharge(json, final.Usage, costNanoUsd);
        json.WriteBoolean("estimated"u8, (flags & UsageFlags.Estimated) != 0);
        json.WriteBoolean("incomplete"u8, (flags & UsageFlags.Incomplete) != 0);
        json.WriteBoolean("unpriced"u8, (flags & UsageFlags.Unpriced) != 0);
        json.WriteString("price_version"u8, intent.PriceVersion);
        json.WriteString("service_tier"u8, final.ServiceTier);
        WriteTexts(json, "tags"u8, intent.Tags);
        json.WriteNumber("duration_ms"u8, final.DurationMs);
        json.WriteNumber("ttft_ms"u8, final.TimeToFirstTokenMs);
        json.WriteNumber("attempt_count"u8, final.Attempts);
    }

    private static void WriteCharge(Utf8JsonWriter json, in TokenUsage usage, long costNanoUsd)
    {
        json.WriteNumber("input_tokens"u8, usage.Input);
        json.WriteNumber("cached_tokens"u8, usage.CachedInput);
        json.WriteNumber("cache_write_tokens"u8, usage.CacheWrite);
        json.WriteNumber("cache_write_1h_tokens"u8, usage.CacheWrite1h);
        json.WriteNumber("output_tokens"u8, usage.Output);
        json.WriteNumber("reasoning_tokens"u8, usage.Reasoning);
        json.WriteNumber("audio_input_tokens"u8, usage.AudioInput);
        json.WriteNumber("audio_output_tokens"u8, usage.AudioOutput);
        json.WriteNumber("cost_nano_usd"u8, costNanoUsd);
        WriteUsd(json, "cost_usd"u8, costNanoUsd);
    }

    private static void WriteCorrections(Utf8JsonWriter json, IReadOnlyList<CostCorrection> corrections)
    {
        json.WriteStartArray("corrections"u8);
        foreach (var correction in corrections)
        {
            json.WriteStartObject();
            json.WriteString("id"u8, correction.Id);
            WriteTime(json, "time"u8, correction.Time.ToUnixTimeMilliseconds());
            json.WriteNumber("old_cost_nano_usd"u8, correction.OldNanoUsd);
            WriteUsd(json, "old_cost_usd"u8, correction.OldNanoUsd);
            json.WriteNumber("new_cost_nano_usd"u8, correction.NewNanoUsd);
            WriteUsd(json, "new_cost_usd"u8, correction.NewNanoUsd);
            json.WriteString("price_version"u8, correction.PriceVersion);
            json.WriteString("who"u8, correction.Who);
            json.WriteString("reason"u8, correction.Reason);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static void WriteAttempts(Utf8JsonWriter json, UsageFinal final)
    {
        json.WriteStartArray("attempts"u8);
        var attempts = final.AttemptRecords;
        if (attempts.Count == 0 && final.Attempts > 0)
        {
            Write(json, Known(final));
        }

        for (var i = 0; i < attempts.Count; i++)
        {
            if (i > 0 && attempts[i].Number < attempts[i - 1].Number)
            {
                // Rare: a hedge that was dispatched later ended first. Nothing was written of a list that is not in order.
                attempts = [.. attempts.OrderBy(static attempt => attempt.Number)];
                break;
            }
        }

        for (var i = 0; i < attempts.Count; i++)
        {
            Write(json, attempts[i]);
        }

        json.WriteEndArray();
    }

    // A record of an old layout tells of the last attempt what it tells of the request.
    private static UsageAttempt Known(UsageFinal final) => new()
    {
        Number = final.Attempts,
        Deployment = final.Intent.Deployment,
        Ending = final.Ending,
        UpstreamStatus = final.Status,
        AnsweredModel = final.AnsweredModel,
        Usage = final.Usage,
        CostNanoUsd = final.CostNanoUsd,
        Flags = final.Flags,
        DurationMs = final.DurationMs,
        TimeToFirstTokenMs = final.TimeToFirstTokenMs,
    };

    private static void Write(Utf8JsonWriter json, UsageAttempt attempt)
    {
        json.WriteStartObject();
        json.WriteNumber("number"u8, attempt.Number);
        json.WriteString("deployment"u8, attempt.Deployment);
        json.WriteString("credential"u8, attempt.Credential);
        json.WriteString("ending"u8, RequestWords.Of(attempt.Ending));
        json.WriteNumber("upstream_status"u8, attempt.UpstreamStatus);
        json.WriteString("failure"u8, attempt.Failure);
        json.WriteString("model"u8, attempt.AnsweredModel);
        WriteCharge(json, attempt.Usage, attempt.CostNanoUsd);
        json.WriteBoolean("estimated"u8, (attempt.Flags & UsageFlags.Estimated) != 0);
        json.WriteNumber("start_ms"u8, attempt.StartMs);
        json.WriteNumber("duration_ms"u8, attempt.DurationMs);
        json.WriteNumber("ttft_ms"u8, attempt.TimeToFirstTokenMs);
        json.WriteBoolean("hedge"u8, attempt.IsHedge);
        json.WriteEndObject();
    }

    private static void WritePrice(Utf8JsonWriter json, TokenPrice? price)
    {
        if (price is null)
        {
            json.WriteNull("price"u8);
            return;
        }

        json.WriteStartObject("price"u8);
        WriteUsd(json, "input"u8, price.Input);
        WriteUsd(json, "cached_input"u8, price.CachedInput);
        WriteUsd(json, "cache_write"u8, price.CacheWrite);
        WriteUsd(json, "cache_write_1h"u8, price.CacheWrite1h ?? price.CacheWrite);
        WriteUsd(json, "output"u8, price.Output);
        WriteUsd(json, "reasoning"u8, price.Reasoning ?? price.Output);
        WriteUsd(json, "audio_input"u8, price.AudioInput ?? price.Input);
        WriteUsd(json, "audio_output"u8, price.AudioOutput ?? price.Output);
        json.WriteEndObject();
    }

    private static void WriteBudget(Utf8JsonWriter json, BudgetSlot slot)
    {
        json.WriteStartObject();
        json.WriteString("id"u8, slot.Id);
        json.WriteNumber("slot"u8, slot.Slot);
        json.WriteEndObject();
    }

    private static void WriteTexts(Utf8JsonWriter json, ReadOnlySpan<byte> name, IReadOnlyList<string> texts)
    {
        json.WriteStartArray(name);
        for (var i = 0; i < texts.Count; i++)
        {
            json.WriteStringValue(texts[i]);
        }

        json.WriteEndArray();
    }
}
