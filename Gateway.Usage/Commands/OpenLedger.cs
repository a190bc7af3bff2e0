using System.Diagnostics.Metrics;
using Gateway.Core.Journal;
using Gateway.Usage.Budgets;
using Gateway.Usage.Ledger;
using Gateway.Usage.Ledger.PostgreSql;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Gateway.Usage.Commands;

/// <summary>A ledger that a command changes, opened as the service opens it. The embedded one is held meanwhile.</summary>
internal sealed class OpenLedger : IAsyncDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly IAsyncDisposable? _database;
    private readonly IDisposable? _folder;

    /// <param name="configuration">Of the service.</param>
    /// <param name="database">Null for the embedded ledger.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="JournalConfigurationException">The folder is in use or cannot be used.</exception>
    public OpenLedger(IConfiguration configuration, LedgerDatabase? database, TimeProvider time)
    {
        var (metrics, budgets, dispatched) = (new LedgerMetrics(_services.GetRequiredService<IMeterFactory>()), new BudgetBook(time), new DispatchedRequests(time));
        if (database is not null)
        {
            var ledger = new PostgresLedger(database, columns: null, budgets, dispatched, metrics, NullLogger<PostgresLedger>.Instance);
            (_database, Store) = (ledger, ledger);
            return;
        }

        var options = configuration.GetSection(LedgerOptions.Section).Get<LedgerOptions>() ?? new LedgerOptions();
        var embedded = new EmbeddedLedger(
            configuration, Options.Create(options), JournalDisk.Real, time, metrics, budgets, dispatched, new ApplicationLifetime(NullLogger<ApplicationLifetime>.Instance), NullLogger<EmbeddedLedger>.Instance);
        (_folder, Store) = (embedded, embedded);
    }

    public ILedgerStore Store { get; }

    public async ValueTask DisposeAsync()
    {
        _folder?.Dispose();
        if (_database is not null)
        {
            await _database.DisposeAsync();
        }

        await _services.DisposeAsync();
    }
}
