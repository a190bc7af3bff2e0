using System.CommandLine;
using System.Globalization;
using Gateway.Core.Configuration;
using Gateway.Core.Journal;
using Gateway.Usage.Ledger.Corrections;
using Gateway.Usage.Ledger.PostgreSql;
using Gateway.Usage.Pricing;

namespace Gateway.Usage.Commands;

/// <summary>What the service does instead of serving when its first argument is a verb. Where the ledger lies is configured as for the service.</summary>
internal sealed class LedgerCommands(IConfiguration configuration, Stream standard, TextWriter output, TextWriter errors)
{
    private const int Failed = 2;
    private static readonly string[] Verbs = ["verify", "export", "move", "reprice"];

    /// <summary>Whether the arguments name a verb.</summary>
    public static bool IsOne(string[] args) => args.Length > 0 && Verbs.Contains(args[0], StringComparer.Ordinal);

    /// <summary>The settings of the service's environment.</summary>
    public static LedgerCommands OfThisProcess() => new(
        new ConfigurationBuilder().AddEnvironmentVariables().Build(), System.Console.OpenStandardOutput(), System.Console.Out, System.Console.Error);

    /// <returns>0: done and all well. 1: something is off, as listed. 2: it could not be done.</returns>
    public Task<int> RunAsync(string[] args, CancellationToken cancellationToken = default)
    {
        var format = new Option<string>("--format") { Description = "csv or ndjson.", Required = true };
        format.AcceptOnlyFromAmong(ExportCommand.Csv, ExportCommand.NdJson);
        var from = new Option<string?>("--from") { Description = "First moment (UTC), e.g. 2026-01-31 or 2026-01-31T13:00:00Z." };
        var to = new Option<string?>("--to") { Description = "Moment after the last (UTC)." };
        var file = new Option<string?>("--out") { Description = "File to write; else the standard output." };
        var target = new Option<string>("--to") { Description = "postgres.", Required = true };
        target.AcceptOnlyFromAmong("postgres");

        var verify = new Command("verify", "Walks the whole ledger and lists what is off; then the exit code is 1.");
        verify.SetAction((_, token) => GuardAsync(VerifyAsync, token));
        var export = new Command("export", "Writes requests as CSV or NDJSON.") { format, from, to, file };
        export.SetAction((parsed, token) => GuardAsync(
            stop => ExportAsync(parsed.GetRequiredValue(format), (Moment(parsed.GetValue(from), "--from", 0), Moment(parsed.GetValue(to), "--to", long.MaxValue)), parsed.GetValue(file), stop), token));
        var move = new Command("move", "Takes the embedded ledger into PostgreSQL; can be given again after a break.") { target };
        move.SetAction((_, token) => GuardAsync(MoveAsync, token));
        var model = new Option<string?>("--model") { Description = "Only requests that asked for this model." };
        var apply = new Option<bool>("--apply") { Description = "Corrects the requests to these costs; each keeps what it was charged beside them." };
        var reason = new Option<string?>("--reason") { Description = "Why, kept with each correction." };
        var reprice = new Command("reprice", "Prints what requests would cost at the prices of the document and the catalogue as they are now. Changes nothing without --apply.") { from, to, model, apply, reason };
        reprice.SetAction((parsed, token) => GuardAsync(
            stop => RepriceAsync(
                new RepriceSpan(Moment(parsed.GetValue(from), "--from", 0), Moment(parsed.GetValue(to), "--to", long.MaxValue), parsed.GetValue(model)),
                Apply(parsed.GetValue(apply), parsed.GetValue(reason)),
                stop),
            token));
        var root = new RootCommand("The ledger of the gateway.") { verify, export, move, reprice };
        return root.Parse(args).InvokeAsync(new InvocationConfiguration { Output = output, Error = errors }, cancellationToken);
    }

    private async Task<int> GuardAsync(Func<CancellationToken, Task<int>> run, CancellationToken cancellationToken)
    {
        try
        {
            return await run(cancellationToken);
        }
        catch (Exception exception) when (exception is CommandException or JournalConfigurationException or GatewayConfigurationException)
        {
            await errors.WriteLineAsync(exception.Message);
            return Failed;
        }
    }

    private async Task<int> VerifyAsync(CancellationToken cancellationToken)
    {
        if (Database() is { } database)
        {
            await using (database)
            {
                return await VerifyCommand.RunAsync(database, output, cancellationToken);
            }
        }

        await using var source = Embedded();
        return await VerifyCommand.RunAsync(source, output, cancellationToken);
    }

    private async Task<int> ExportAsync(string format, (long FromMs, long ToMs) span, string? file, CancellationToken cancellationToken)
    {
        await using ILedgerSource source = Database() is { } database ? new PostgresSource(database) : Embedded();
        return await ExportCommand.RunAsync(source, format, span, file, standard, errors, cancellationToken);
    }

    private async Task<int> RepriceAsync(RepriceSpan span, RepriceApply? apply, CancellationToken cancellationToken)
    {
        var config = GatewayConfigFile.Load(configuration["GATEWAY_CONFIG"], name => configuration[name.Replace("__", ":", StringComparison.Ordinal)]);
        int read;
        await using (ILedgerSource source = Database() is { } database ? new PostgresSource(database) : Embedded())
        {
            read = await RepriceCommand.RunAsync(source, config, span, output, errors, cancellationToken);
        }

        if (apply is null)
        {
            return read;
        }

        await using var ledger = new OpenLedger(configuration, Database(), apply.Time);
        return Math.Max(read, await apply.RunAsync(ledger.Store, new Repricer(config), span, output, errors, cancellationToken));
    }

    private async Task<int> MoveAsync(CancellationToken cancellationToken)
    {
        var database = Database() ?? throw new CommandException($"There is no PostgreSQL to move to: set ConnectionStrings__{LedgerDatabase.ConnectionName} as for the service.");
        await using (database)
        {
            await using var source = Embedded();
            return await new MoveCommand(source, database, output).RunAsync(cancellationToken);
        }
    }

    private LedgerDatabase? Database() => configuration.GetConnectionString(LedgerDatabase.ConnectionName) is { Length: > 0 } connection
        ? LedgerDatabase.Connect(connection, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance)
        : null;

    private EmbeddedSource Embedded() => EmbeddedSource.Open(configuration["GATEWAY_DATA"] is { Length: > 0 } data ? data : ".data", TimeProvider.System);

    private static RepriceApply? Apply(bool isAsked, string? reason)
    {
        if (isAsked != (reason is { Length: > 0 and <= CorrectionCheck.MaxReasonChars }))
        {
            throw new CommandException(isAsked
                ? string.Create(CultureInfo.InvariantCulture, $"'--apply' needs '--reason TEXT' with 1 to {CorrectionCheck.MaxReasonChars} characters, for whoever reads the corrections later.")
                : "'--reason' belongs to '--apply': without it nothing is changed.");
        }

        var who = Environment.UserName;
        return isAsked ? new RepriceApply(reason!, who.Length <= CorrectionCheck.MaxNameChars ? who : who[..CorrectionCheck.MaxNameChars], TimeProvider.System) : null;
    }

    private static long Moment(string? text, string option, long otherwise) => text is null ? otherwise
        : DateTimeOffset.TryParseExact(
            text, ["yyyy-MM-dd", "yyyy-MM-ddTHH:mm:ssZ", "yyyy-MM-ddTHH:mm:ss.fffZ"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var moment)
            ? moment.ToUnixTimeMilliseconds()
            : throw new CommandException($"'{option}' must be a time in UTC such as 2026-01-31 or 2026-01-31T13:00:00Z, not '{text}'.");
}
