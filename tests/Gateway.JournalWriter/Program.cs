using Gateway.Core.Journal;
using Gateway.Core.Requests;

// Appends an intent and every second time its final, for ever, and says after each append that it returned.
using var journal = new UsageJournal(JournalFolder.TryClaim(args[0], TimeProvider.System)!, new UsageJournalOptions { SegmentBytes = 8192 });
using var output = Console.OpenStandardOutput();
var line = new byte[17];
line[16] = (byte)'\n';
for (var i = 0; ; i++)
{
    var intent = new UsageIntent
    {
        RequestId = Guid.NewGuid(),
        TimeUnixMs = 1,
        KeyId = "demo",
        Operation = LlmOperation.ChatCompletions,
        RequestedModel = "gpt-4o",
        Deployment = "openai/gpt-4o",
        EstimatedInputTokens = i,
    };
    await journal.AppendIntentAsync(intent);
    if (i % 2 == 0)
    {
        await journal.AppendFinalAsync(new UsageFinal { Intent = intent, Ending = RequestEnding.Completed, Status = 200 });
    }

    intent.RequestId.TryWriteBytes(line);
    output.Write(line);
}
