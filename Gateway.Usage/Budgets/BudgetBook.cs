using System.Buffers.Binary;
using Gateway.Core.Admission.Shared;
using Gateway.Core.Journal;
using Gateway.Usage.Ledger.Corrections;

namespace Gateway.Usage.Budgets;

/// <summary>One consistent cut of the book: each request is in both lists or in none.</summary>
/// <param name="Spent">All slots whose window is not over.</param>
/// <param name="Settled">Requests that are in the sums, as far as stores still remember decisions about them.</param>
internal sealed record BudgetCut(IReadOnlyList<SpentEntry> Spent, IReadOnlyList<(Guid RequestId, long CostNanoUsd)> Settled);

/// <summary>The end of a request as budgets see it.</summary>
/// <param name="RequestId">The request.</param>
/// <param name="Organisation">Empty for one that was charged to no budget.</param>
/// <param name="Budgets">Slots that it was charged to.</param>
/// <param name="CostNanoUsd">What all of it cost.</param>
/// <param name="Tokens">Input and output.</param>
internal readonly record struct SpentCharge(Guid RequestId, string Organisation, IReadOnlyList<BudgetSlot> Budgets, long CostNanoUsd, long Tokens);

/// <summary>What requests of an organisation cost more or less than was settled.</summary>
/// <param name="News">Those that are to be settled under ids of their own, oldest first.</param>
/// <param name="Last">To ask for those after these.</param>
/// <param name="IsWhole">False: there were more than the book keeps one by one.</param>
internal sealed record CorrectionNews(IReadOnlyList<(Guid Id, SettledEntry Entry)> News, long Last, bool IsWhole);

/// <summary>
/// What the ledger has spent, by organisation and slot, and the ends of the newest requests. The ledger's single writer keeps it, at the start by replay. Slots
/// whose window is long over are forgotten: reports have them, budgets do not ask for them. Thread-safe by one lock, under which nothing waits.
/// </summary>
/// <param name="ringCapacity">How many ends of requests are kept: minutes of traffic at least, and more than a Router keeps unanswered settlements.</param>
internal sealed class BudgetBook(TimeProvider time, int ringCapacity = BudgetBook.DefaultRingCapacity)
{
    public const int DefaultRingCapacity = 200_000;

    /// <summary>Corrections of one organisation that are known one by one.</summary>
    public const int MostCorrections = 4096;

    /// <summary>Stores remember decisions for 24 hours by the time in the request's id; nearer to it a settlement could be one too much.</summary>
    public static readonly TimeSpan Remembered = TimeSpan.FromHours(23);

    private static readonly TimeSpan KeepOver = TimeSpan.FromDays(2);
    private static readonly TimeSpan PruneEvery = TimeSpan.FromHours(1);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Dictionary<BudgetSlot, SlotSum>> _organisations = new(StringComparer.Ordinal);
    private readonly SettledRing _ring = new(ringCapacity);
    private readonly List<SlotChanges> _watches = [];
    private readonly Dictionary<string, (Queue<Guid> Newest, long Added)> _corrections = new(StringComparer.Ordinal);
    private DateTimeOffset _pruneAt;
    private bool _isComplete = true;

    /// <summary>Those that have spent, or tried to.</summary>
    public IReadOnlyList<string> Organisations
    {
        get
        {
            lock (_lock)
            {
                return [.. _organisations.Keys];
            }
        }
    }

    /// <summary>False while sums of the ledger are still to come: until then they are no answer. Thread-safe.</summary>
    public bool IsComplete
    {
        get => Volatile.Read(ref _isComplete);
        set => Volatile.Write(ref _isComplete, value);
    }

    /// <summary>Takes the end of a request, each once. Records without an organisation were charged to no budget.</summary>
    public void Add(UsageFinal final) => Add(Charge(final));

    /// <summary>The same, of a ledger that has it in columns.</summary>
    public void Add(in SpentCharge charge) => Book(charge, isSummed: false);

    /// <summary>Takes the end of a request whose cost is in the sums that were loaded.</summary>
    public void Remember(in SpentCharge charge) => Book(charge, isSummed: true);

    /// <summary>The same, of a record.</summary>
    public void Remember(UsageFinal final) => Remember(Charge(final));

    /// <summary>Takes what a request costs more, or less. It is settled like a request of its own.</summary>
    public void AddCorrection(CorrectionRecord correction) => AddCorrection(Charge(correction));

    /// <summary>The same, of a ledger that has it in columns.</summary>
    public void AddCorrection(in SpentCharge charge) => Book(charge, isSummed: false, isCorrection: true);

    /// <summary>Takes a correction that is in the sums that were loaded.</summary>
    public void RememberCorrection(CorrectionRecord correction) => RememberCorrection(Charge(correction));

    /// <summary>The same, of a ledger that has it in columns.</summary>
    public void RememberCorrection(in SpentCharge charge)
    {
        if (IsRemembered(charge.RequestId, time.GetUtcNow()))
        {
            Book(charge, isSummed: true, isCorrection: true);
        }
    }

    /// <summary>Whether stores may still be told of what happened at a time.</summary>
    public bool IsRemembered(long unixMs) => unixMs > (time.GetUtcNow() - Remembered).ToUnixTimeMilliseconds();

    /// <summary>Corrections of budgets that still run.</summary>
    /// <param name="after">What the answer before said; 0 at first.</param>
    public CorrectionNews Corrections(string organisation, long after)
    {
        var now = time.GetUtcNow();
        lock (_lock)
        {
            if (!_corrections.TryGetValue(organisation, out var known) || known.Added <= after)
            {
                return new CorrectionNews([], after, IsWhole: true);
            }

            // Only what the ring has: counters that are made again from it know them as settled.
            var news = new List<(Guid, SettledEntry)>();
            foreach (var id in known.Newest.Skip((int)Math.Max(0, known.Newest.Count - (known.Added - after))))
            {
                if (_ring.Find(id) is { } entry && IsRemembered(id, now))
                {
                    news.Add((id, entry));
                }
            }

            return new CorrectionNews(news, known.Added, known.Added - after <= known.Newest.Count);
        }
    }

    /// <summary>Takes what was spent by requests whose ends need not be known any more, as a sum over them: a ledger of years is not read record by record.</summary>
    /// <param name="slot">Null: the organisation is known, and nothing was booked.</param>
    public void AddSpent(string organisation, BudgetSlot? slot, long costNanoUsd)
    {
        var now = time.GetUtcNow();
        lock (_lock)
        {
            var slots = SlotsOf_NeedsLock(organisation);
            if (slot is { } booked && SumOf(slots, booked, now) is { } sum)
            {
                sum.Add(costNanoUsd);
                Note(organisation, sum);
            }
        }
    }

    /// <summary>The end of a request; null when it has none yet, or had it too long ago.</summary>
    public SettledEntry? Find(Guid requestId)
    {
        lock (_lock)
        {
            return _ring.Find(requestId);
        }
    }

    /// <summary>Spent in each slot alone, in their order; 0 in those that nobody has spent in.</summary>
    public long[] SpentIn(string organisation, IReadOnlyList<BudgetSlot> slots)
    {
        var spent = new long[slots.Count];
        lock (_lock)
        {
            if (_organisations.TryGetValue(organisation, out var sums))
            {
                for (var i = 0; i < spent.Length; i++)
                {
                    spent[i] = sums.TryGetValue(slots[i], out var sum) ? sum.Spent : 0;
                }
            }
        }

        return spent;
    }

    public BudgetCut Cut(string organisation)
    {
        var now = time.GetUtcNow();
        var spent = new List<SpentEntry>();
        var settled = new List<(Guid, long)>();
        lock (_lock)
        {
            foreach (var sum in SumsOf(organisation, now))
            {
                spent.Add(new SpentEntry(sum.Slot, sum.Spent));
            }

            foreach (var (id, entry) in _ring.NewestFirst())
            {
                if (string.Equals(entry.Organisation, organisation, StringComparison.Ordinal) && IsRemembered(id, now))
                {
                    settled.Add((id, entry.CostNanoUsd));
                }
            }
        }

        return new BudgetCut(spent, settled);
    }

    /// <summary>Slots whose window is not over.</summary>
    public List<BudgetSlot> LiveSlots(string organisation)
    {
        var now = time.GetUtcNow();
        lock (_lock)
        {
            return [.. SumsOf(organisation, now).Select(static sum => sum.Slot)];
        }
    }

    /// <summary>The newest ends of requests that are booked in one of the slots.</summary>
    public List<(Guid RequestId, SettledEntry Entry)> Newest(string organisation, IReadOnlySet<BudgetSlot> slots, int most)
    {
        var now = time.GetUtcNow();
        lock (_lock)
        {
            return [.. _ring.NewestFirst()
                .Where(end => string.Equals(end.Entry.Organisation, organisation, StringComparison.Ordinal) && end.Entry.Budgets.Any(sum => slots.Contains(sum.Slot)) && IsRemembered(end.RequestId, now))
                .Take(most)];
        }
    }

    /// <summary>Begins to collect the slots whose sums change. Whoever asks takes them away regularly.</summary>
    public SlotChanges Watch()
    {
        var changes = new SlotChanges(_lock);
        lock (_lock)
        {
            _watches.Add(changes);
        }

        return changes;
    }

    private void Book(in SpentCharge charge, bool isSummed, bool isCorrection = false)
    {
        if (charge.Organisation.Length == 0)
        {
            return;
        }

        var now = time.GetUtcNow();
        lock (_lock)
        {
            var slots = SlotsOf_NeedsLock(charge.Organisation);
            var booked = charge.Budgets.Count == 0 ? [] : new List<SlotSum>(charge.Budgets.Count);
            for (var i = 0; i < charge.Budgets.Count; i++)
            {
                if (SumOf(slots, charge.Budgets[i], now) is { } sum && !booked.Contains(sum))
                {
                    booked.Add(sum);
                    if (!isSummed)
                    {
                        sum.Add(charge.CostNanoUsd);
                        Note(charge.Organisation, sum);
                    }
                }
            }

            _ring.Add(charge.RequestId, new SettledEntry(charge.Organisation, booked, charge.CostNanoUsd, charge.Tokens));
            if (isCorrection && booked.Exists(sum => !IsOver(sum.Slot, now)))
            {
                NoteCorrection_NeedsLock(charge.Organisation, charge.RequestId);
            }

            if (now >= _pruneAt)
            {
                Prune(now);
            }
        }
    }

    private void NoteCorrection_NeedsLock(string organisation, Guid id)
    {
        var (newest, added) = _corrections.TryGetValue(organisation, out var known) ? known : (new Queue<Guid>(), 0);
        newest.Enqueue(id);
        if (newest.Count > MostCorrections)
        {
            newest.Dequeue();
        }

        _corrections[organisation] = (newest, added + 1);
    }

    private Dictionary<BudgetSlot, SlotSum> SlotsOf_NeedsLock(string organisation)
    {
        if (!_organisations.TryGetValue(organisation, out var slots))
        {
            _organisations.Add(organisation, slots = []);
        }

        return slots;
    }

    private static SpentCharge Charge(UsageFinal final) => new(
        final.Intent.RequestId, final.Intent.Organisation, final.Intent.Budgets, final.CostNanoUsd, (long)Int128.Min((Int128)final.Usage.Input + final.Usage.Output, long.MaxValue));

    private static SpentCharge Charge(CorrectionRecord correction) => new(
        correction.Correction.Id, correction.Intent.Organisation, correction.Intent.Budgets, correction.Correction.DifferenceNanoUsd, Tokens: 0);

    private static bool IsRemembered(Guid requestId, DateTimeOffset now)
    {
        Span<byte> bytes = stackalloc byte[16];
        requestId.TryWriteBytes(bytes, bigEndian: true, out _);
        return requestId.Version != 7 || BinaryPrimitives.ReadInt64BigEndian(bytes) >> 16 > (now - Remembered).ToUnixTimeMilliseconds();
    }

    private static bool IsOver(BudgetSlot slot, DateTimeOffset at) => SlotWindows.EndOf(slot) <= at;

    private static SlotSum? SumOf(Dictionary<BudgetSlot, SlotSum> slots, BudgetSlot slot, DateTimeOffset now)
    {
        // A ledger of years is read at every start: what is over is not even begun.
        if (!slots.TryGetValue(slot, out var sum) && !IsOver(slot, now - KeepOver))
        {
            slots.Add(slot, sum = new SlotSum(slot));
        }

        return sum;
    }

    private IEnumerable<SlotSum> SumsOf(string organisation, DateTimeOffset now) =>
        _organisations.TryGetValue(organisation, out var sums) ? sums.Values.Where(sum => !IsOver(sum.Slot, now)) : [];

    private void Note(string organisation, SlotSum sum)
    {
        foreach (var watch in _watches)
        {
            watch.Add_NeedsLock(organisation, sum.Slot);
        }
    }

    private void Prune(DateTimeOffset now)
    {
        _pruneAt = now + PruneEvery;
        foreach (var slots in _organisations.Values)
        {
            // Removing while walking is allowed for dictionaries.
            foreach (var slot in slots.Keys)
            {
                if (IsOver(slot, now - KeepOver))
                {
                    slots.Remove(slot);
                }
            }
        }
    }
}
