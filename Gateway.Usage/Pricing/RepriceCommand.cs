using System.Globalization;
using Gateway.Core.Configuration;
using Gateway.Core.Journal;
using Gateway.Usage.Commands;

namespace Gateway.Usage.Pricing;

/// <summary><c>reprice</c>: prints what the requests of a span would cost at the prices of the document and the catalogue as they are now. The ledger stays as it is; <see cref="RepriceApply"/> writes it.</summary>
internal static class RepriceCommand
{
    /// <returns>0, or 1 when records could not be read; the others are counted all the same.</returns>
    /// <exception cref="CommandException">The ledger cannot be read.</exception>
    public static async Task<int> RunAsync(ILedgerSource source, GatewayConfig config, RepriceSpan span, TextWriter output, TextWriter messages, CancellationToken cancellationToken)
    {
        var costs = await source.CostsAsync(cancellationToken);
        var report = new RepriceReport(new Repricer(config), span);
        var unreadable = 0L;
        await foreach (var record in source.ReadAsync(cancellationToken))
        {
            if (record.Type is not JournalRecordType.Final)
            {
                continue;
            }

            try
            {
                report.Add(record.Open(), costs.Find(record.RequestId));
            }
            catch (InvalidDataException)
            {
                unreadable++;
            }
        }

        await report.WriteAsync(output);
        if (await source.CarriedAsync(cancellationToken) is { } carried && span.FromUnixMs < carried.KeptFrom.ToUnixTimeMilliseconds())
        {
            await messages.WriteLineAsync($"{carried}: they cannot be priced anew.");
        }

        foreach (var problem in source.Problems)
        {
            await messages.WriteLineAsync(problem);
        }

        if (unreadable > 0)
        {
            await messages.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{unreadable} records have a layout that this build cannot read and are missing."));
        }

        return unreadable > 0 || source.Problems.Count > 0 ? 1 : 0;
    }
}
