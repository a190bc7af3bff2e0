namespace Gateway.Edge.Abuse;

/// <summary>
/// Locks an address out after five wrong admin keys in a minute: for a minute, then twice as long each time, up to 15 minutes. A right key does not open it before its time.
/// Thread-safe: one lock; operators are few.
/// </summary>
internal sealed class AdminLockout(TimeProvider time)
{
    public const int Failures = 5;

    /// <summary>Addresses that are remembered. Past that the one that failed longest ago is forgotten: it had to wait since.</summary>
    public const int MaxAddresses = 4096;

    public static readonly TimeSpan Window = TimeSpan.FromMinutes(1);
    public static readonly TimeSpan First = TimeSpan.FromMinutes(1);
    public static readonly TimeSpan Longest = TimeSpan.FromMinutes(15);

    /// <summary>An address that has been quiet for so long begins anew.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromHours(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<AddressKey, Entry> _entries = [];

    /// <returns>How long the address is still locked out; null when it is not.</returns>
    public TimeSpan? LeftOf(AddressKey address)
    {
        lock (_lock)
        {
            return _entries.TryGetValue(address, out var entry) && entry.LockedUntil is { } until && until > time.GetUtcNow() ? until - time.GetUtcNow() : null;
        }
    }

    /// <summary>Notes a wrong key.</summary>
    /// <returns>How long the address is locked out from now on; null when it is not.</returns>
    public TimeSpan? Fail(AddressKey address)
    {
        lock (_lock)
        {
            var now = time.GetUtcNow();
            var entry = EntryOf_NeedsLock(address, now);
            entry.LastFailure = now;
            if (entry.Failed == 0 || now - entry.FirstFailure >= Window)
            {
                entry.FirstFailure = now;
                entry.Failed = 0;
            }

            if (++entry.Failed < Failures)
            {
                return null;
            }

            var wait = TimeSpan.FromTicks(Math.Min(Longest.Ticks, First.Ticks << Math.Min(entry.Locks, 10)));
            entry.Locks++;
            entry.Failed = 0;
            entry.LockedUntil = now + wait;
            return wait;
        }
    }

    /// <summary>Forgets what an address did wrong: its key is right.</summary>
    public void Succeed(AddressKey address)
    {
        lock (_lock)
        {
            _entries.Remove(address);
        }
    }

    private Entry EntryOf_NeedsLock(AddressKey address, DateTimeOffset now)
    {
        if (_entries.TryGetValue(address, out var entry) && now - entry.LastFailure < Memory)
        {
            return entry;
        }

        if (entry is null && _entries.Count >= MaxAddresses)
        {
            _entries.Remove(_entries.MinBy(static known => known.Value.LastFailure).Key);
        }

        return _entries[address] = new Entry();
    }

    private sealed class Entry
    {
        public int Failed { get; set; }

        public DateTimeOffset FirstFailure { get; set; }

        public DateTimeOffset LastFailure { get; set; }

        public int Locks { get; set; }

        public DateTimeOffset? LockedUntil { get; set; }
    }
}
