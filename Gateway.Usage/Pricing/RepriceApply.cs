using System.Globalization;
using Gateway.Usage.Commands;
using Gateway.Usage.Ledger;
using Gateway.Usage.Ledger.Corrections;

namespace Gateway.Usage.Pricing;

/// <summary>
/// <c>reprice --apply</c>: corrects the requests of a span to the prices in force. It works in pieces, each durable before the next; what is corrected already costs what it should, so that the command can be given again
/// after a break.
/// </summary>
/// <param name="Reason">Why, for whoever reads it in a year.</param>
/// <param name="Who">Who does it.</param>
/// <param name="Time">The clock.</param>
internal sealed record RepriceApply(string Reason, string Who, TimeProvider Time)
{
    private const int PieceCorrections = 500;

    /// <returns>0, or 1 when corrections were refused.</returns>
    /// <exception cref="CommandException">It broke off; give it again.</exception>
    public async Task<int> RunAsync(ILedgerStore ledger, Repricer repricer, RepriceSpan span, TextWriter output, TextWriter messages, CancellationToken cancellationToken)
    {
        var (piece, taken, refused, difference) = (new List<CostCorrection>(PieceCorrections), 0L, 0L, (Int128)0);
        try
        {
            await foreach (var entry in ledger.WalkAsync(cancellationToken))
            {
                if (span.Has(entry.Final) && Correction(repricer.Reprice(entry.Final, CorrectedCost.Of(entry))) is { } correction)
                {
                    piece.Add(correction);
                    if (piece.Count == PieceCorrections)
                    {
                        await TakeAsync();
                    }
                }
            }

            await TakeAsync();
        }
        catch (LedgerFullException exception)
        {
            throw new CommandException(string.Create(CultureInfo.InvariantCulture, $"The ledger's disk has no room. Corrected so far: {taken} requests. Make room and give the command again."), exception);
        }
        catch (Exception exception) when (exception is IOException or Gateway.Core.Errors.GatewayException)
        {
            throw new CommandException(string.Create(CultureInfo.InvariantCulture, $"{exception.Message} Corrected so far: {taken} requests. Give the command again: it goes on where it stopped."), exception);
        }

        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"Corrected: {taken} requests, {(difference > 0 ? "+" : "")}{RepriceReport.Usd(difference)} USD."));
        return refused > 0 ? 1 : 0;

        async Task TakeAsync()
        {
            var results = await ledger.CorrectAsync(piece, cancellationToken);
            for (var i = 0; i < results.Count; i++)
            {
                if (results[i].Outcome is CorrectionOutcome.Refused)
                {
                    refused++;
                    await messages.WriteLineAsync($"request {piece[i].RequestId}: not corrected: {results[i].Reason}");
                    continue;
                }

                taken++;
                difference += piece[i].DifferenceNanoUsd;
            }

            piece.Clear();
        }
    }

    private CostCorrection? Correction(in RepricedRequest request)
    {
        if (request.NewNanoUsd == request.OldNanoUsd)
        {
            return null;
        }

        var now = Time.GetUtcNow();
        return new CostCorrection(Guid.CreateVersion7(now), request.RequestId, request.OldNanoUsd, request.NewNanoUsd, request.PriceVersion ?? "", now, Who)
        {
            Reason = Reason,
            Shares = request.Shares ?? [],
        };
    }
}
