using Gateway.Core.Context;
using Gateway.Core.Journal;
using Gateway.Router.Settlement;
using Gateway.Router.Tests.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Win32.SafeHandles;

namespace Gateway.Router.Tests.Settlement;

public sealed class JournalHostTests : IDisposable
{
    private readonly SettlementFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Router_DiskOfTheJournalFails_StopsItselfAndIsNotReady()
    {
        var disk = new FailingDisk();
        await using var app = App(disk);
        await app.StartAsync();
        var stopping = new TaskCompletionSource();
        app.Lifetime.ApplicationStopping.Register(stopping.SetResult);
        var journal = app.Services.GetRequiredService<IUsageJournal>();
        Assert.True(journal.IsWritable);
        var before = Environment.ExitCode;
        try
        {
            disk.Fails = true;
            await Assert.ThrowsAsync<IOException>(async () => await SettlementFixture.AppendAsync((UsageJournal)journal, 1));

            await stopping.Task.WaitAsync(RouterHost.Patience);
            Assert.Equal(1, Environment.ExitCode);
            Assert.False(journal.IsWritable);
            var report = await app.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();
            Assert.Equal(HealthStatus.Unhealthy, report.Entries["journal"].Status);
        }
        finally
        {
            Environment.ExitCode = before;
        }
    }

    [Fact]
    public async Task Router_DataFolderIsAFile_DoesNotStartAndSaysWhich()
    {
        Directory.CreateDirectory(_fixture.Root);
        File.WriteAllText(Path.Combine(_fixture.Root, "router"), "");
        await using var app = App(JournalDisk.Real);

        var refused = await Assert.ThrowsAsync<JournalConfigurationException>(() => app.StartAsync());

        Assert.Contains(Path.Combine(_fixture.Root, "router"), refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OrphanedJournal_OfAReplicaThatIsGone_IsEndedAndShippedByAnother()
    {
        await using var usage = await UsageStandIn.StartAsync();
        List<Guid> ids;
        var root = Path.Combine(_fixture.Root, "router");
        using (var gone = new UsageJournal(JournalFolder.TryClaim(Path.Combine(root, "1"), _fixture.Time)!, new UsageJournalOptions { Time = _fixture.Time }))
        {
            ids = await SettlementFixture.AppendAsync(gone, 7);
        }

        using var held = JournalFolder.TryClaim(Path.Combine(root, "2"), _fixture.Time);
        using var host = Host();
        using var orphans = new OrphanedJournals(host, usage.Client(), _fixture.Time, NullLogger<OrphanedJournals>.Instance);
        Assert.Equal("0", Path.GetFileName(host.Journal.Folder));

        await orphans.LookAsync(default);
        Assert.Equal(ids, usage.Finals);
        var attempts = usage.Attempts;
        var epoch = File.ReadAllBytes(Path.Combine(root, "1", "epoch"));
        await orphans.LookAsync(default);

        Assert.Equal(attempts, usage.Attempts);
        Assert.Equal(epoch, File.ReadAllBytes(Path.Combine(root, "1", "epoch")));
    }

    [Fact]
    public async Task OrphanedJournal_EmptiedByAnotherRouter_IsNotTakenOverAgain()
    {
        await using var usage = await UsageStandIn.StartAsync();
        var root = Path.Combine(_fixture.Root, "router");
        using (var gone = new UsageJournal(JournalFolder.TryClaim(Path.Combine(root, "2"), _fixture.Time)!, new UsageJournalOptions { Time = _fixture.Time }))
        {
            await SettlementFixture.AppendAsync(gone, 3);
        }

        using var first = Host();
        using var second = Host();
        using var firstOrphans = new OrphanedJournals(first, usage.Client(), _fixture.Time, NullLogger<OrphanedJournals>.Instance);
        using var secondOrphans = new OrphanedJournals(second, usage.Client(), _fixture.Time, NullLogger<OrphanedJournals>.Instance);
        await firstOrphans.LookAsync(default);
        await secondOrphans.LookAsync(default);
        await firstOrphans.LookAsync(default);
        var epoch = File.ReadAllBytes(Path.Combine(root, "2", "epoch"));
        await secondOrphans.LookAsync(default);
        await firstOrphans.LookAsync(default);

        Assert.Equal(3, usage.Finals.Count);
        Assert.Equal(epoch, File.ReadAllBytes(Path.Combine(root, "2", "epoch")));
    }

    [Fact]
    public async Task OrphanedJournals_FolderCannotBeRead_AreLookedForAgainAndTheRouterGoesOn()
    {
        await using var usage = await UsageStandIn.StartAsync();
        using var host = Host();
        using (var gone = new UsageJournal(JournalFolder.TryClaim(Path.Combine(host.Root, "1"), _fixture.Time)!, new UsageJournalOptions { Time = _fixture.Time }))
        {
            await SettlementFixture.AppendAsync(gone, 3);
        }

        using var orphans = new OrphanedJournals(host, usage.Client(), _fixture.Time, NullLogger<OrphanedJournals>.Instance);
        var away = Path.Combine(_fixture.Root, "away");
        Directory.Move(host.Root, away);
        await orphans.LookAsync(default);
        Assert.Empty(usage.Finals);

        Directory.Move(away, host.Root);
        await orphans.LookAsync(default);
        Assert.Equal(3, usage.Finals.Count);
    }

    private JournalHost Host() => new(
        new ConfigurationBuilder().AddInMemoryCollection([new("GATEWAY_DATA", _fixture.Root)]).Build(),
        Options.Create(new JournalOptions()), JournalDisk.Real, _fixture.Time, new Lifetime(), NullLogger<JournalHost>.Instance);

    private WebApplication App(JournalDisk disk)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRouting();
        builder.Services.AddMetrics();
        builder.Services.AddServiceDiscovery();
        builder.Services.AddSingleton(disk);
        builder.Configuration.AddInMemoryCollection([new("GATEWAY_DATA", _fixture.Root), new(ContextKeys.SecretVariable, UsageStandIn.Secret)]);
        builder.AddUsageJournal();
        return builder.Build();
    }

    private sealed class FailingDisk : JournalDisk
    {
        public volatile bool Fails;

        public override void Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, long offset)
        {
            if (Fails)
            {
                throw new IOException("Input/output error");
            }

            base.Write(file, bytes, offset);
        }
    }

    private sealed class Lifetime : IHostApplicationLifetime
    {
        public CancellationToken ApplicationStarted => default;

        public CancellationToken ApplicationStopping => default;

        public CancellationToken ApplicationStopped => default;

        public void StopApplication() => throw new InvalidOperationException("Nothing here should stop the process.");
    }
}
