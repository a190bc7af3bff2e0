using Gateway.Core.Journal;
using Gateway.Core.Requests;
using Gateway.Core.Tests.Journal;

namespace Gateway.Router.Tests.Settlement;

/// <summary>A journal in a folder of its own.</summary>
internal sealed class SettlementFixture : IDisposable
{
    public JournalTime Time { get; } = new();

    public string Root { get; } = Path.Combine(Path.GetTempPath(), "settlement-" + Guid.NewGuid().ToString("N"));

    public UsageJournal Open(long segmentBytes = 64 * 1024 * 1024, string name = "0") =>
        new(JournalFolder.TryClaim(Path.Combine(Root, name), Time)!, new UsageJournalOptions { Time = Time, SegmentBytes = segmentBytes });

    /// <returns>Ids in the order of their finals.</returns>
    public static async Task<List<Guid>> AppendAsync(UsageJournal journal, int requests)
    {
        var ids = new List<Guid>();
        for (var i = 0; i < requests; i++)
        {
            var intent = new UsageIntent
            {
                RequestId = Guid.NewGuid(),
                TimeUnixMs = 1,
                KeyId = "demo",
                Operation = LlmOperation.ChatCompletions,
                RequestedModel = "gpt-4o",
                Deployment = "openai/gpt-4o",
            };
            await journal.AppendIntentAsync(intent);
            await journal.AppendFinalAsync(new UsageFinal { Intent = intent, Ending = RequestEnding.Completed, Status = 200 });
            ids.Add(intent.RequestId);
        }

        return ids;
    }

    public void Dispose()
    {
        if (Directory.Exists(Root))
        {
            Directory.Delete(Root, recursive: true);
        }
    }
}
