using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace Gateway.Simulator.Meter;

/// <summary>
/// The provider's own count of what it was asked for and what it delivered: the witness that a gateway's ledger is held against.
/// Thread-safe; nothing on the request path takes a lock.
/// </summary>
internal sealed class ProviderMeter(TimeProvider? time = null)
{
    /// <summary>Rows that are kept; older ones are overwritten.</summary>
    public const int RowCapacity = 200_000;

    // Ids of two runs must not meet in one ledger.
    private readonly string _run = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6));
    private MeterState _state = new();
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private long _ids;

    /// <summary>Counts a request from here on. Requests that were running at a reset stay with the count before it.</summary>
    /// <param name="credential">As the client sent it; only a fingerprint is kept.</param>
    /// <param name="keepText">How many characters of the answer its row keeps.</param>
    public MeteredRequest Begin(string credential, int keepText = 0) =>
        new(Volatile.Read(ref _state), NextNumber(), Fingerprint(credential), keepText, _time);

    /// <summary>Unique over all runs; also for requests that are not counted.</summary>
    public string NextNumber() => $"{_run}{Interlocked.Increment(ref _ids):x8}";

    public void Reset() => Volatile.Write(ref _state, new MeterState());

    public MeterReport Report() => Volatile.Read(ref _state).Report();

    public MeterPage Page(long since, int limit) => Volatile.Read(ref _state).Page(since, limit);

    /// <summary>First 12 hex digits of the SHA-256; empty for no credential.</summary>
    public static string Fingerprint(string credential) =>
        credential.Length == 0 ? "" : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(credential)).AsSpan(0, 6));
}

/// <summary>Counters and rows since one reset.</summary>
internal sealed class MeterState
{
    /// <summary>Names are the client's, so there is a limit to how many are told apart.</summary>
    private const int MaxNames = 10_000;

    private readonly MeterRow?[] _rows = new MeterRow?[ProviderMeter.RowCapacity];
    private readonly long[] _endings = new long[Enum.GetValues<Ending>().Length];
    private readonly ConcurrentDictionary<string, Counters> _models = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Counters> _credentials = new(StringComparer.Ordinal);
    private long _started;
    private long _finished;

    public Counters Model(string name) => Named(_models, name);

    public void Start(string credential)
    {
        Interlocked.Increment(ref _started);
        if (credential.Length > 0)
        {
            Interlocked.Increment(ref Named(_credentials, credential).Requests);
        }
    }

    public void Finish(MeteredRequest request, Ending ending)
    {
        // The ending last: whoever has seen in_flight 0 finds every row.
        var seq = Interlocked.Increment(ref _finished);
        Volatile.Write(ref _rows[seq % _rows.Length], request.ToRow(seq, ending));
        Interlocked.Increment(ref _endings[(int)ending]);
    }

    public MeterReport Report()
    {
        // Started is read last, so that in_flight is never below zero.
        var finished = _endings.Sum();
        var models = _models.OrderBy(model => model.Key, StringComparer.Ordinal).ToDictionary(model => model.Key, model => model.Value.ToCount());
        return new MeterReport
        {
            Completed = _endings[(int)Ending.Completed],
            Resets = _endings[(int)Ending.ClientGone],
            Cut = _endings[(int)Ending.Cut],
            Ended = _endings[(int)Ending.Ended],
            Errors = _endings[(int)Ending.Error],
            PromptTokens = models.Values.Sum(count => count.PromptTokens),
            TokensGenerated = models.Values.Sum(count => count.TokensGenerated),
            TokensWritten = models.Values.Sum(count => count.TokensWritten),
            ByModel = models,
            Credentials = [.. _credentials.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => new MeterCredential(entry.Key, Volatile.Read(ref entry.Value.Requests)))],
            Requests = Volatile.Read(ref _started),
            InFlight = Volatile.Read(ref _started) - finished,
        };
    }

    public MeterPage Page(long since, int limit)
    {
        var newest = Volatile.Read(ref _finished);
        var oldest = Math.Max(1, newest - _rows.Length + 1);
        var next = Math.Max(since, oldest - 1);
        var page = new List<MeterRow>();
        while (page.Count < limit && next < newest)
        {
            var row = Volatile.Read(ref _rows[(next + 1) % _rows.Length]);
            if (row is null || row.Seq < next + 1)
            {
                // Its number is taken but the row is not there yet; the next page starts with it.
                break;
            }

            next++;
            if (row.Seq == next)
            {
                page.Add(row);
            }
        }

        return new MeterPage(page, next, oldest);
    }

    private static Counters Named(ConcurrentDictionary<string, Counters> names, string name) =>
        names.TryGetValue(name, out var counters) ? counters : names.GetOrAdd(names.Count < MaxNames ? name : "other", static _ => new Counters());

    internal sealed class Counters
    {
        public long Requests;
        public long PromptTokens;
        public long Generated;
        public long Written;

        public MeterCount ToCount() => new()
        {
            Requests = Volatile.Read(ref Requests),
            PromptTokens = Volatile.Read(ref PromptTokens),
            TokensGenerated = Volatile.Read(ref Generated),
            TokensWritten = Volatile.Read(ref Written),
        };
    }
}
