using System.Buffers.Binary;
using System.Security.Cryptography;
using Gateway.Core.Admission.Shared;
using Gateway.Core.Journal;
using Gateway.Core.Money;
using Gateway.Usage.Pricing;

namespace Gateway.Usage.Ledger.PostgreSql;

/// <summary>A FINAL as columns: what it is split and chosen by, what is charged at the deployment that answered, and at the others that were called.</summary>
internal sealed class LedgerRow
{
    public LedgerRow(UsageFinal final, RecordOrigin origin, byte version, ReadOnlyMemory<byte> payload)
    {
        (Final, Origin, Version, Payload) = (final, origin, version, payload);
        Digest = DigestOf(payload.Span);
        Charge = Split(final, Others);
    }

    public UsageFinal Final { get; }

    public RecordOrigin Origin { get; }

    public byte Version { get; }

    /// <summary>As the Router sent it.</summary>
    public ReadOnlyMemory<byte> Payload { get; }

    public long Digest { get; }

    public Guid RequestId => Final.Intent.RequestId;

    public long TimeMs => Final.Intent.TimeUnixMs;

    public int Hour => (int)(TimeMs / 3_600_000);

    /// <summary>Charged at the deployment that answered.</summary>
    public (TokenUsage Usage, long CostNanoUsd) Charge { get; }

    /// <summary>Charged at other deployments that were called for it.</summary>
    public List<(string Deployment, TokenUsage Usage, long CostNanoUsd)> Others { get; } = [];

    public long TotalTokens => (long)Int128.Min((Int128)Final.Usage.Input + Final.Usage.Output, long.MaxValue);

    /// <summary>Each budget once.</summary>
    public BudgetSlot[] Budgets => [.. Final.Intent.Budgets.Distinct()];

    /// <summary>Class of the status, 0 for one that nobody knows.</summary>
    public static short StatusClass(int status) => status < 100 ? (short)0 : (short)Math.Min(status / 100, short.MaxValue);

    /// <summary>Tells records of one request apart.</summary>
    public static long DigestOf(ReadOnlySpan<byte> payload)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(payload, hash);
        return BinaryPrimitives.ReadInt64BigEndian(hash);
    }

    // As UsageGrouping does it.
    private static (TokenUsage Usage, long CostNanoUsd) Split(UsageFinal final, List<(string Deployment, TokenUsage Usage, long CostNanoUsd)> others)
    {
        if (final.AttemptRecords.Count == 0 || !CostCheck.AddsUp(final))
        {
            return (final.Usage, final.CostNanoUsd);
        }

        var usage = default(TokenUsage);
        var cost = 0L;
        foreach (var attempt in final.AttemptRecords)
        {
            if (string.Equals(attempt.Deployment, final.Intent.Deployment, StringComparison.Ordinal))
            {
                usage += attempt.Usage;
                cost += attempt.CostNanoUsd;
            }
            else if (attempt.CostNanoUsd != 0 || attempt.Usage != default)
            {
                others.Add((attempt.Deployment, attempt.Usage, attempt.CostNanoUsd));
            }
        }

        return (usage, cost);
    }
}
