using Gateway.Core.Configuration;

namespace Gateway.Usage.Budgets;

/// <summary>Gives each organisation of the document and of the ledger its turns, several at once. Runs where the store is shared; without it there is nothing to keep.</summary>
internal sealed class BudgetKeeper(IConfigStore config, BudgetTools tools) : BackgroundService
{
    private const int Together = 16;
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(200);

    private readonly SlotChanges _changes = tools.Book.Watch();
    private readonly Dictionary<string, Turn> _turns = new(StringComparer.Ordinal);
    private ConfigSnapshot? _snapshot;
    private HashSet<string> _configured = [];

    /// <summary>A turn for each organisation that is due.</summary>
    internal async Task RunDueAsync(CancellationToken cancellationToken)
    {
        if (!ReferenceEquals(_snapshot, config.Current))
        {
            _snapshot = config.Current;
            _configured = Organisations(_snapshot.Config);
        }

        foreach (var organisation in _configured.Concat(tools.Book.Organisations))
        {
            if (!_turns.ContainsKey(organisation))
            {
                _turns.Add(organisation, new Turn(organisation, new OrganisationKeeper(organisation, _changes, tools)));
            }
        }

        var now = tools.Time.GetTimestamp();
        var due = _turns.Values.Where(turn => turn.DueAt <= now).ToList();
        await Parallel.ForEachAsync(due, new ParallelOptions { MaxDegreeOfParallelism = Together, CancellationToken = cancellationToken }, StepAsync);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Tick, tools.Time);
        try
        {
            do
            {
                // Sums that are still being read must fill no counters.
                if (tools.Book.IsComplete)
                {
                    await RunDueAsync(stoppingToken);
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Whoever comes next takes over where this one stopped.
        }
    }

    // Keys, users and teams may name one that the document does not describe.
    private static HashSet<string> Organisations(GatewayConfig config) =>
    [
        .. config.Organisations.Keys,
        OrganisationConfig.DefaultName,
        .. config.Teams.Values.Select(static team => team.Organisation),
        .. config.Users.Values.Select(static user => user.Organisation).OfType<string>(),
        .. config.Keys.Select(config.OrganisationOf),
    ];

    private async ValueTask StepAsync(Turn turn, CancellationToken cancellationToken)
    {
        var pause = TimeSpan.FromSeconds(1);
        try
        {
            pause = await turn.Keeper.StepAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return;
        }
        catch (Exception exception)
        {
            // Whatever it is, the others have their turns, and this one its next.
            tools.Logger.KeepingFailed(turn.Organisation, exception);
        }

        turn.DueAt = tools.Time.GetTimestamp() + (long)(pause.TotalSeconds * tools.Time.TimestampFrequency);
    }

    private sealed class Turn(string organisation, OrganisationKeeper keeper)
    {
        public string Organisation => organisation;

        public OrganisationKeeper Keeper => keeper;

        public long DueAt { get; set; }
    }
}
