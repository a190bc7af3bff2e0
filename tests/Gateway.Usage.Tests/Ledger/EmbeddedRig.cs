using Gateway.Core.Journal;
using Gateway.Usage.Budgets;
using Gateway.Usage.Ledger;
using Gateway.Usage.Tests.Budgets;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Microsoft.Win32.SafeHandles;

namespace Gateway.Usage.Tests.Ledger;

/// <summary>The embedded store without a service around it, on a disk that the test chooses.</summary>
internal sealed class EmbeddedRig : ILedgerUnderTest
{
    private readonly long _segmentBytes;
    private readonly TimeProvider _time;
    private readonly ExitCodeHold _exitCode = new();
    private EmbeddedLedger? _ledger;

    public EmbeddedRig(long segmentBytes = 16 * 1024, JournalDisk? disk = null, TimeProvider? time = null)
    {
        (_segmentBytes, _time) = (segmentBytes, time ?? TimeProvider.System);
        Open(disk);
    }

    public ILedgerStore Store => _ledger!;

    public BudgetBook Budgets { get; private set; } = null!;

    public LogLines Log { get; private set; } = null!;

    public string Data { get; } = Path.Combine(Path.GetTempPath(), "ledger-" + Guid.NewGuid().ToString("N"));

    public string Folder => Path.Combine(Data, "usage");

    public string[] Columns => [.. Directory.GetFiles(Folder, "*.col").Order(StringComparer.Ordinal)];

    public string[] Segments => [.. Directory.GetFiles(Folder, "*.seg").Order(StringComparer.Ordinal)];

    /// <summary>Files of carried sums.</summary>
    public string[] Sums => [.. Directory.GetFiles(Folder, "*.sum").Order(StringComparer.Ordinal)];

    public string Names => Path.Combine(Folder, NameFile.Name);

    public void Open(JournalDisk? disk = null)
    {
        Log = new LogLines();
        Budgets = new BudgetBook(_time);
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("GATEWAY_DATA", Data)]).Build();
        _ledger = new EmbeddedLedger(
            configuration, Options.Create(new LedgerOptions { SegmentBytes = _segmentBytes, MinFreeBytes = 0 }), disk ?? JournalDisk.Real, _time, new LedgerMetrics(BudgetRig.Meters), Budgets,
            new DispatchedRequests(_time), new Lifetime(), new Logger<EmbeddedLedger>(new LoggerFactory([Log])));
    }

    /// <summary>Ends it, as well as its disk lets it end.</summary>
    public void Close()
    {
        try
        {
            _ledger?.Dispose();
        }
        catch (IOException)
        {
        }

        _ledger = null;
    }

    public Task RestartAsync()
    {
        Close();
        Open();
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        Close();
        Directory.Delete(Data, recursive: true);
        _exitCode.Dispose();
        return default;
    }

    private sealed class Lifetime : IHostApplicationLifetime
    {
        public CancellationToken ApplicationStarted => default;

        public CancellationToken ApplicationStopping => default;

        public CancellationToken ApplicationStopped => default;

        public void StopApplication()
        {
        }
    }
}

/// <summary>A disk that dies at its n-th touch, in the middle of a write: as far as the files are concerned, the process was killed.</summary>
internal sealed class DyingDisk(int touches) : JournalDisk
{
    public int Touched { get; private set; }

    public bool IsDead => Touched >= touches;

    public override SafeFileHandle Create(string path)
    {
        Touch();
        return base.Create(path);
    }

    public override void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, long offset)
    {
        if (Touched + 1 == touches)
        {
            base.Write(file, bytes[..(bytes.Length / 2)], offset);
        }

        Touch();
        base.Write(file, bytes, offset);
    }

    public override void Sync(SafeFileHandle file)
    {
        Touch();
        base.Sync(file);
    }

    public override void SyncFolder(string folder)
    {
        Touch();
        base.SyncFolder(folder);
    }

    private void Touch()
    {
        if (IsDead)
        {
            throw new IOException("The disk is dead.");
        }

        Touched++;
        if (IsDead)
        {
            throw new IOException("The disk dies.");
        }
    }
}

/// <summary>A disk that makes no file of an extension.</summary>
internal sealed class RefusingDisk(string extension) : JournalDisk
{
    public override SafeFileHandle Create(string path) => path.EndsWith(extension, StringComparison.Ordinal) ? throw new IOException("No such file here.") : base.Create(path);
}
