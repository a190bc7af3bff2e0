using System.Diagnostics;
using System.Reflection;
using Gateway.Core.Journal;

namespace Gateway.Core.Tests.Journal;

public sealed class KilledProcessTests : IDisposable
{
    private readonly JournalFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public void Process_KilledWhileItAppends_LeavesEveryRecordWhoseAppendReturned()
    {
        var acknowledged = new HashSet<Guid>();
        for (var round = 1; round <= 3; round++)
        {
            var written = WriteUntilKilled(round * 400);
            acknowledged.UnionWith(written);
            Assert.True(written.Count >= round * 400);
        }

        // The next start ends what the dead ones left open; after it every request has exactly one end.
        var time = new JournalTime();
        time.Advance(TimeSpan.FromDays(20_000));
        using (var journal = _fixture.OpenJournal(time))
        {
            Assert.Empty(journal.Log.Recovery.Gaps);
            Assert.Empty(journal.Log.Recovery.Damaged);
            Assert.True(journal.RecoveredRequests > 0);
        }

        var finals = new List<Guid>();
        using var log = _fixture.OpenLog((in JournalRecord record, RecordLocation _) =>
        {
            if (record.Type is JournalRecordType.Final)
            {
                finals.Add(record.RequestId);
            }
        });
        Assert.Equal(finals.Count, finals.Distinct().Count());
        Assert.Empty(acknowledged.Except(finals));
    }

    private List<Guid> WriteUntilKilled(int records)
    {
        var writer = Assembly.GetExecutingAssembly().GetCustomAttributes<AssemblyMetadataAttribute>().Single(static data => data.Key == "JournalWriter").Value!;
        var start = new ProcessStartInfo(Environment.ProcessPath!.EndsWith("dotnet", StringComparison.Ordinal) ? Environment.ProcessPath : "dotnet", [writer, _fixture.Folder])
        {
            RedirectStandardOutput = true,
        };
        using var process = Process.Start(start)!;
        var written = new List<Guid>();
        var output = process.StandardOutput.BaseStream;
        var line = new byte[17];
        while (output.ReadAtLeast(line, line.Length, throwOnEndOfStream: false) == line.Length)
        {
            written.Add(new Guid(line.AsSpan(0, 16)));
            if (written.Count == records)
            {
                process.Kill();    // SIGKILL; what it had said until then is still read
            }
        }

        process.WaitForExit();
        return written;
    }
}
