using System.Diagnostics.Metrics;
using Gateway.Core.Configuration;
using Gateway.Core.Configuration.Store;
using Gateway.Core.Money;
using Gateway.Core.Pricing;
using Gateway.Core.Tests.Configuration;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace Gateway.Core.Tests.Pricing;

/// <summary>A catalogue of one's own beside the document. Time stands still but where the test moves it to the next poll.</summary>
public sealed class CatalogueFileTests : IDisposable
{
    private readonly ConfigFolder _folder = new();
    private readonly ManualTime _time = new();
    private readonly ListLogger<ConfigStore> _log = new();

    private string Prices => Path.Combine(Path.GetDirectoryName(_folder.File)!, "prices.yaml");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_changed_file_is_read_again_and_a_broken_one_keeps_the_last_good()
    {
        Write(1);
        _folder.WriteText(Document);
        using var store = Open();
        Assert.Equal((1, 1L, "2026-05-01"), (Usd(store), store.Current.Generation, Date(store)));

        Write(2, "2026-06-01");
        _time.Advance(ConfigWatcher.Poll);
        Assert.Equal((2, 2L, "2026-06-01"), (Usd(store), store.Current.Generation, Date(store)));

        File.WriteAllText(Prices, "version: 1\nvendros: {}\n");
        _time.Advance(ConfigWatcher.Poll);
        _time.Advance(ConfigWatcher.Poll);
        Assert.Equal((2, 2L), (Usd(store), store.Current.Generation));
        Assert.Contains("prices.yaml:2:1 vendros: unknown key; did you mean \"vendors\"?", Assert.Single(_log.Entries, static entry => entry.Level == LogLevel.Error).Text, StringComparison.Ordinal);
        var health = await new PricesHealthCheck(store).CheckHealthAsync(new HealthCheckContext());
        Assert.Equal((HealthStatus.Degraded, "catalogue refused, catalogue of 2026-06-01 in force"), (health.Status, health.Description));
        Assert.Equal(1, Refused(store));

        Write(3);
        _time.Advance(ConfigWatcher.Poll);
        Assert.Equal((3, 3L), (Usd(store), store.Current.Generation));
        Assert.Equal(HealthStatus.Healthy, (await new PricesHealthCheck(store).CheckHealthAsync(new HealthCheckContext())).Status);
        Assert.Equal(0, Refused(store));
    }

    [Fact]
    public void A_file_that_goes_away_keeps_the_last_good()
    {
        Write(1);
        _folder.WriteText(Document);
        using var store = Open();

        File.Delete(Prices);
        _time.Advance(ConfigWatcher.Poll);

        Assert.Equal(1, Usd(store));
        Assert.Contains("there is no such file", store.CatalogueProblem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_gateway_whose_catalogue_is_broken_does_not_start()
    {
        File.WriteAllText(Prices, "version: 1\n");
        _folder.WriteText(Document);

        var refused = Assert.Throws<GatewayConfigurationException>(Open);

        Assert.Contains("prices.yaml:1:1 date: is missing", refused.Message, StringComparison.Ordinal);
        Assert.Equal(refused.Message, Assert.Throws<GatewayConfigurationException>(() => GatewayConfigFile.Load(_folder.File, static _ => null)).Message);
    }

    [Fact]
    public void A_document_that_names_a_missing_catalogue_is_refused_and_the_one_before_stays()
    {
        _folder.WriteText(Document.Replace("prices.yaml", "none", StringComparison.Ordinal));
        using var store = Open();

        _folder.WriteText(Document);
        _time.Advance(ConfigWatcher.Poll);

        Assert.Equal(1, store.Current.Generation);
        Assert.Contains("prices.yaml: there is no such file", store.Problem, StringComparison.Ordinal);
        Assert.Null(store.CatalogueProblem);
    }

    [Fact]
    public void A_command_reads_the_document_with_its_catalogue()
    {
        Write(4);
        _folder.WriteText(Document);

        Assert.Equal(4 * TokenPrice.NanoPerUsd, GatewayConfigFile.Load(_folder.File, static _ => null).Models["m"].Deployments[0].Price!.Input);
    }

    private const string Document = """
        version: 1
        pricing: { catalogue: prices.yaml }
        providers: { acme: { protocol: openai, base_url: "https://api.acme.example/v1" } }
        models: { m: { deployments: [ { provider: acme, model: one } ] } }

        """;

    private void Write(int usd, string date = "2026-05-01") => File.WriteAllText(Prices, $$"""
        version: 1
        date: {{date}}
        vendors: { acme: { hosts: [api.acme.example], source: https://acme.example/prices, models: { one: { price: { input: {{usd}}, output: 9 } } } } }

        """);

    private static int Usd(ConfigStore store) => (int)(store.Current.Config.Models["m"].Deployments[0].Price!.Input / TokenPrice.NanoPerUsd);

    private static string? Date(ConfigStore store) => store.Current.Config.Catalogue.Date?.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);

    private static int Refused(ConfigStore store)
    {
        using var meters = new OneMeter();
        _ = new PriceMetrics(meters, store);
        var refused = -1;
        using var listener = new MeterListener { InstrumentPublished = (instrument, self) => { if (ReferenceEquals(instrument.Meter, meters.Made)) { self.EnableMeasurementEvents(instrument); } } };
        listener.SetMeasurementEventCallback<int>((_, value, _, _) => refused = value);
        listener.Start();
        listener.RecordObservableInstruments();
        return refused;
    }

    private ConfigStore Open() => new(_folder.Source, ConfigStore.LoadFirst(_folder.Source), _time, _log);

    private sealed class OneMeter : IMeterFactory
    {
        public Meter? Made { get; private set; }

        public Meter Create(MeterOptions options) => Made = new Meter(options);

        public void Dispose() => Made?.Dispose();
    }
}
