using System.Globalization;
using Gateway.Core.Journal;
using Gateway.Core.Money;
using Gateway.Usage.Ledger.Corrections;

namespace Gateway.Usage.Pricing;

/// <summary>Which requests to price again.</summary>
/// <param name="FromUnixMs">Not before.</param>
/// <param name="ToUnixMs">Before.</param>
/// <param name="Model">Only those that asked for this model; null for all.</param>
internal sealed record RepriceSpan(long FromUnixMs = 0, long ToUnixMs = long.MaxValue, string? Model = null)
{
    public bool Has(UsageFinal final) =>
        final.Intent.TimeUnixMs >= FromUnixMs && final.Intent.TimeUnixMs < ToUnixMs && (Model is null || final.Intent.RequestedModel == Model);
}

/// <summary>Sums of one model.</summary>
internal sealed class RepricedModel
{
    public long Requests { get; private set; }

    /// <summary>Requests that would cost something else.</summary>
    public long Changed { get; private set; }

    /// <summary>Requests that keep their cost because a deployment has no price now.</summary>
    public long Unpriced { get; private set; }

    public Int128 OldNanoUsd { get; private set; }

    public Int128 NewNanoUsd { get; private set; }

    public void Add(in RepricedRequest request)
    {
        Requests++;
        Changed += request.NewNanoUsd == request.OldNanoUsd ? 0 : 1;
        Unpriced += request.IsPriced ? 0 : 1;
        OldNanoUsd += request.OldNanoUsd;
        NewNanoUsd += request.NewNanoUsd;
    }
}

/// <summary>What the past would cost at the prices in force, model by model. Not thread-safe.</summary>
internal sealed class RepriceReport(Repricer repricer, RepriceSpan span)
{
    private readonly SortedDictionary<string, RepricedModel> _models = new(StringComparer.Ordinal);

    /// <summary>By the name that clients asked for.</summary>
    public IReadOnlyDictionary<string, RepricedModel> Models => _models;

    public RepricedModel Total { get; } = new();

    /// <summary>Takes in a request of the ledger; one outside of the span is passed over.</summary>
    /// <param name="final">As it came.</param>
    /// <param name="corrected">What it costs by now; null for what its record says.</param>
    public void Add(UsageFinal final, CorrectedCost? corrected = null)
    {
        if (!span.Has(final))
        {
            return;
        }

        var request = repricer.Reprice(final, corrected);
        if (!_models.TryGetValue(final.Intent.RequestedModel, out var model))
        {
            _models.Add(final.Intent.RequestedModel, model = new RepricedModel());
        }

        model.Add(in request);
        Total.Add(in request);
    }

    /// <summary>One line a model, then the total: requests, how many would change, old and new cost and the difference in USD, exactly.</summary>
    public async Task WriteAsync(TextWriter output)
    {
        await output.WriteLineAsync("model\trequests\tchanged\tunpriced\told_usd\tnew_usd\tdifference_usd");
        foreach (var (name, model) in _models)
        {
            await output.WriteLineAsync(Line(name, model));
        }

        await output.WriteLineAsync(Line("total", Total));
    }

    /// <summary>Exact, with all places.</summary>
    public static string Usd(Int128 nanoUsd)
    {
        var (whole, rest) = Int128.DivRem(Int128.Abs(nanoUsd), TokenPrice.NanoPerUsd);
        return string.Create(CultureInfo.InvariantCulture, $"{(nanoUsd < 0 ? "-" : "")}{whole}.{(long)rest:D9}");
    }

    private static string Line(string name, RepricedModel model) => string.Create(
        CultureInfo.InvariantCulture,
        $"{name}\t{model.Requests}\t{model.Changed}\t{model.Unpriced}\t{Usd(model.OldNanoUsd)}\t{Usd(model.NewNanoUsd)}\t{(model.NewNanoUsd > model.OldNanoUsd ? "+" : "")}{Usd(model.NewNanoUsd - model.OldNanoUsd)}");
}
