using System.Net.Sockets;
using System.Security.Cryptography;
using Gateway.Core.Journal;
using Npgsql;

namespace Gateway.Usage.Ledger.PostgreSql;

/// <summary>
/// The way to the ledger's database: makes the tables when they are not there, gives each piece of work a deadline, and does again what failed for no fault of its own
/// (a deadlock, a lock that is held too long, a connection that broke). Thread-safe.
/// </summary>
internal sealed class LedgerDatabase(NpgsqlDataSource source, TimeProvider time, ILogger logger) : IAsyncDisposable
{
    /// <summary>Name of the connection string, as the application model gives it.</summary>
    public const string ConnectionName = "gatewaydb";

    private const int MaxConnections = 12;
    private const int MaxTries = 6;

    /// <summary>Of one piece of work with all its tries; a Router waits longer than that for an answer.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    private volatile bool _isMade;
    private volatile string? _problem;

    /// <summary>Why it could not be used the last time; null when it could. Fit to be shown: no names of hosts or users.</summary>
    public string? Problem => _problem;

    /// <exception cref="JournalConfigurationException">It is no connection string.</exception>
    public static void Check(string connectionString) => Source(connectionString).Dispose();

    /// <param name="connectionString">Of the operator.</param>
    /// <exception cref="JournalConfigurationException">It is no connection string.</exception>
    public static LedgerDatabase Connect(string connectionString, TimeProvider time, ILogger logger) => new(Source(connectionString), time, logger);

    /// <summary>One transaction, tried again until it is committed or the deadline has passed. <paramref name="work"/> leaves nothing behind when it fails.</summary>
    /// <exception cref="LedgerUnavailableException">It could not be done.</exception>
    /// <exception cref="LedgerFullException">The server has no room.</exception>
    public async Task<T> ChangeAsync<T>(Func<NpgsqlConnection, CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await using var timer = time.CreateTimer(static source => ((CancellationTokenSource)source!).Cancel(), limit, Deadline, Timeout.InfiniteTimeSpan);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var result = await TryAsync(work, "set local lock_timeout = '2s'; set local statement_timeout = '10s'; set local idle_in_transaction_session_timeout = '20s'; "
                    + "select set_config('synchronous_commit', 'on', true) where current_setting('synchronous_commit') = 'off'", System.Data.IsolationLevel.ReadCommitted, limit.Token);
                _problem = null;
                return result;
            }
            catch (Exception exception) when (IsOfTheDatabase(exception, cancellationToken))
            {
                var failure = Explain(exception);
                if (exception is PostgresException { SqlState: PostgresErrorCodes.DiskFull })
                {
                    throw new LedgerFullException();
                }

                if (attempt == MaxTries || limit.IsCancellationRequested || !IsWorthAnotherTry(exception))
                {
                    throw failure;
                }

                logger.TriedAgain(failure.Message, attempt);
            }

            var most = Math.Min(50 << attempt, 2000);
            await PauseAsync(TimeSpan.FromMilliseconds(RandomNumberGenerator.GetInt32(most / 2, most)), limit.Token, cancellationToken);
        }
    }

    /// <summary>Questions in one snapshot, which wait for no lock.</summary>
    /// <param name="ask">Asks; done again from the start when the connection breaks.</param>
    /// <param name="cancellationToken">Nobody wants the answer any more.</param>
    /// <param name="isLong">A question about the whole ledger, which nobody waits for at a page.</param>
    /// <exception cref="LedgerUnavailableException">There is no answer.</exception>
    public async Task<T> AskAsync<T>(Func<NpgsqlConnection, CancellationToken, Task<T>> ask, CancellationToken cancellationToken, bool isLong = false)
    {
        var settings = "set transaction read only; set local lock_timeout = '5s'; set local statement_timeout = '" + (isLong ? "1h'" : "25s'");
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                var answer = await TryAsync(ask, settings, System.Data.IsolationLevel.RepeatableRead, cancellationToken);
                _problem = null;
                return answer;
            }
            catch (Exception exception) when (IsOfTheDatabase(exception, cancellationToken))
            {
                // Once more: all connections of the pool may be of a server that was started anew.
                var failure = Explain(exception);
                if (attempt == 2 || !IsWorthAnotherTry(exception))
                {
                    throw failure;
                }

                source.Clear();
            }
        }
    }

    public ValueTask DisposeAsync() => source.DisposeAsync();

    private static NpgsqlDataSource Source(string connectionString)
    {
        try
        {
            var builder = new NpgsqlDataSourceBuilder(connectionString);
            var settings = builder.ConnectionStringBuilder;
            settings.ApplicationName ??= "gateway-usage";
            settings.MaxPoolSize = Math.Min(settings.MaxPoolSize, MaxConnections);
            settings.Timeout = Math.Min(settings.Timeout, 5);
            return builder.Build();
        }
        catch (Exception exception) when (exception is ArgumentException or FormatException or InvalidOperationException or NotSupportedException)
        {
            // Not its message: it may quote the password.
            throw new JournalConfigurationException($"ConnectionStrings:{ConnectionName} is no connection string of PostgreSQL. Its form is 'Host=NAME;Port=5432;Database=NAME;Username=NAME;Password=...'.");
        }
    }

    private async Task<T> TryAsync<T>(Func<NpgsqlConnection, CancellationToken, Task<T>> work, string settings, System.Data.IsolationLevel isolation, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        if (!_isMade)
        {
            await LedgerSchema.ApplyAsync(connection, cancellationToken);
            _isMade = true;
        }

        await using var transaction = await connection.BeginTransactionAsync(isolation, cancellationToken);
        await LedgerSql.RunAsync(connection, settings, cancellationToken);
        var result = await work(connection, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return result;
    }

    private async Task PauseAsync(TimeSpan pause, CancellationToken limit, CancellationToken cancellationToken)
    {
        try
        {
            await Task.Delay(pause, time, limit);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // The deadline; the next try says so.
        }
    }

    private LedgerUnavailableException Explain(Exception exception)
    {
        if (exception is PostgresException refusal)
        {
            // The tables may have gone with a database that was made anew.
            _isMade = _isMade && refusal.SqlState is not (PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName or PostgresErrorCodes.InvalidCatalogName);
            _problem = refusal.SqlState == PostgresErrorCodes.DiskFull ? "PostgreSQL has no room on its disk" : $"PostgreSQL refused ({refusal.SqlState})";
        }
        else
        {
            _problem = $"PostgreSQL does not answer ({exception.GetType().Name})";
        }

        return new LedgerUnavailableException(_problem + ".", exception);
    }

    private static bool IsOfTheDatabase(Exception exception, CancellationToken cancellationToken) =>
        exception is NpgsqlException or TimeoutException or SocketException or ObjectDisposedException || (exception is IOException and not LedgerUnavailableException)
        || (exception is InvalidOperationException && exception.Source == "Npgsql")
        || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    // Refusals that another moment, or another look at what is there, may turn: all but mistakes of ours and missing rights.
    private static bool IsWorthAnotherTry(Exception exception) => exception is not PostgresException refusal
        || refusal.IsTransient
        || refusal.SqlState is PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.QueryCanceled
            or PostgresErrorCodes.UniqueViolation or PostgresErrorCodes.CheckViolation or PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.DuplicateTable or PostgresErrorCodes.DuplicateObject
            or PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow or "25P03";
}
