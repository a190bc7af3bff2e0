using System.Text;
using OpenTelemetry.Metrics;

namespace OpenTelemetry.Exporter;

/// <summary>Collects on demand and keeps the last text: the reader pushes metrics in here while <see cref="ScrapeAsync"/> waits.</summary>
[ExportModes(ExportModes.Pull)]
internal sealed class PrometheusExporter : BaseExporter<Metric>, IPullMetricExporter
{
    // The text of one scrape serves the scrapes of this span, so that many scrapers cost no more than one.
    private const long FreshMilliseconds = 300;

    private readonly SemaphoreSlim _turn = new(1);
    private readonly PrometheusText _writer = new();
    private byte[]? _text;
    private long _collectedAt = long.MinValue / 2;

    public Func<int, bool>? Collect { get; set; }

    /// <summary>The metrics as text, or null when the collection failed.</summary>
    public async Task<byte[]?> ScrapeAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (Environment.TickCount64 - _collectedAt >= FreshMilliseconds)
            {
                _text = null;
                if (Collect?.Invoke(Timeout.Infinite) == true && _text is not null)
                {
                    _collectedAt = Environment.TickCount64;
                }
            }
            return _text;
        }
        finally
        {
            _turn.Release();
        }
    }

    public override ExportResult Export(in Batch<Metric> batch)
    {
        _text = Encoding.UTF8.GetBytes(_writer.Write(batch));
        return ExportResult.Success;
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _turn.Dispose();
        }
        base.Dispose(disposing);
    }
}
