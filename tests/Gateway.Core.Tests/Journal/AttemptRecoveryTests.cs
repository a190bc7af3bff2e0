using Gateway.Core.Journal;
using Gateway.Core.Money;

namespace Gateway.Core.Tests.Journal;

/// <summary>What a start makes of requests whose Router died at their second or third call.</summary>
public sealed class AttemptRecoveryTests : IDisposable
{
    private static readonly UsageIntent First = JournalFixture.Intent(JournalFixture.Id(1));

    private static readonly UsageIntent Second = First with
    {
        Deployment = "azure/gpt-4o",
        Price = new TokenPrice(1_000_000_000, 0, 0, 0),
        Attempt = 2,
        CarriedUsage = new TokenUsage(100, 0, 0, 7, 0),
        CarriedNanoUsd = 320_000,
    };

    private static readonly UsageIntent Third = Second with { Deployment = "anthropic/claude", Attempt = 3, CarriedUsage = new TokenUsage(150, 0, 0, 7, 0), CarriedNanoUsd = 370_000, Price = null };

    private readonly JournalFixture _fixture = new();
    private readonly JournalTime _time = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Start_TwoIntentsOfOneRequest_MakesOneFinalOfTheLaterOneAndWhatItCarries()
    {
        var final = Assert.Single(await RecoverAsync(First, Second));

        Assert.Equal(Second, final.Intent);
        Assert.Equal((RequestEnding.Recovered, 0, 2), (final.Ending, final.Status, final.Attempts));
        Assert.Equal(new TokenUsage(200, 0, 0, 7, 0), final.Usage);
        Assert.Equal(320_000 + 100_000, final.CostNanoUsd);
        Assert.Equal(UsageFlags.Estimated | UsageFlags.Incomplete, final.Flags);
        Assert.Equal(
            [
                new UsageAttempt
                {
                    Number = 1, Deployment = "openai/gpt-4o", Ending = RequestEnding.Recovered, Usage = new TokenUsage(100, 0, 0, 7, 0), CostNanoUsd = 320_000, Flags = UsageFlags.Incomplete,
                },
                new UsageAttempt
                {
                    Number = 2, Deployment = "azure/gpt-4o", Ending = RequestEnding.Recovered, Usage = new TokenUsage(100, 0, 0, 0, 0), CostNanoUsd = 100_000, Flags = UsageFlags.Estimated | UsageFlags.Incomplete,
                },
            ],
            final.AttemptRecords);
    }

    [Fact]
    public async Task Start_IntentsOfARequestInAnyOrderAndTwice_CountsTheHighestAttemptAndEachOnce()
    {
        var expected = Assert.Single(await RecoverAsync(First, Second, Third));
        Assert.Equal((Third, 370_000L, 3), (expected.Intent, expected.CostNanoUsd, expected.Attempts));
        Assert.Equal(UsageFlags.Estimated | UsageFlags.Incomplete | UsageFlags.Unpriced, expected.Flags);

        foreach (var order in (UsageIntent[][])[[Third, First, Second], [Second, Third, Second, First], [Third, Second, Third, First, First]])
        {
            using var other = new AttemptRecoveryTests();
            var final = Assert.Single(await other.RecoverAsync(order));

            Assert.Equal(expected.AttemptRecords, final.AttemptRecords);
            Assert.Equal(expected with { AttemptRecords = [] }, final with { AttemptRecords = [] });
        }
    }

    [Fact]
    public async Task Start_RecoveredAttempts_AddUpToTheFinal()
    {
        var final = Assert.Single(await RecoverAsync(First, Second, Third));

        Assert.Equal(final.Usage, final.AttemptRecords.Aggregate(default(TokenUsage), static (sum, attempt) => sum + attempt.Usage));
        Assert.Equal(final.CostNanoUsd, final.AttemptRecords.Sum(static attempt => attempt.CostNanoUsd));
    }

    [Fact]
    public async Task Start_RequestOfTwoAttemptsThatEnded_LeavesNothingToRecover()
    {
        using (var journal = _fixture.OpenJournal(_time))
        {
            await journal.AppendIntentAsync(First);
            await journal.AppendIntentAsync(Second);
            await journal.AppendFinalAsync(JournalFixture.Final(Second));
        }

        using var again = _fixture.OpenJournal(_time);
        Assert.Equal(0, again.RecoveredRequests);
    }

    [Fact]
    public async Task Acknowledge_RequestAtItsSecondAttempt_KeepsTheSegmentOfItsFirst()
    {
        using var journal = _fixture.OpenJournal(_time, new UsageJournalOptions { SegmentBytes = 1 });
        await journal.AppendIntentAsync(First);
        journal.Log.Sync();
        await journal.AppendIntentAsync(Second);
        journal.Log.Sync();
        var before = _fixture.Segments();
        journal.Acknowledge(journal.Log.LastSeq);
        Assert.Equal(before, _fixture.Segments());

        await journal.AppendFinalAsync(JournalFixture.Final(Second));
        journal.Log.Sync();
        journal.Acknowledge(journal.Log.LastSeq);
        Assert.Single(_fixture.Segments());
    }

    [Fact]
    public async Task Final_CountsOfAnAttemptThatNoAnswerHas_AreCappedAndMarkedLikeTheFinal()
    {
        var wild = new TokenUsage(100, 0, 0, 1_000_000_000_000, 7);
        using (var journal = _fixture.OpenJournal(_time))
        {
            await journal.AppendFinalAsync(JournalFixture.Final(First) with
            {
                Usage = wild,
                AttemptRecords = [new UsageAttempt { Number = 1, Deployment = First.Deployment, Ending = RequestEnding.Completed, Usage = wild }],
            });
        }

        var attempt = Assert.Single(Assert.Single(Finals()).AttemptRecords);
        Assert.Equal((new TokenUsage(100, 0, 0, TokenUsage.Most, 7), UsageFlags.Estimated), (attempt.Usage, attempt.Flags));
    }

    private async Task<List<UsageFinal>> RecoverAsync(params UsageIntent[] intents)
    {
        using (var journal = _fixture.OpenJournal(_time))
        {
            foreach (var intent in intents)
            {
                await journal.AppendIntentAsync(intent);
            }
        }

        using (var journal = _fixture.OpenJournal(_time))
        {
            Assert.Equal(1, journal.RecoveredRequests);
        }

        return Finals();
    }

    private List<UsageFinal> Finals()
    {
        var finals = new List<UsageFinal>();
        using var log = _fixture.OpenLog((in JournalRecord record, RecordLocation _) =>
        {
            if (record.Type is JournalRecordType.Final)
            {
                finals.Add(UsageRecordCodec.ReadFinal(record.Version, record.RequestId, record.Payload));
            }
        });
        return finals;
    }
}
