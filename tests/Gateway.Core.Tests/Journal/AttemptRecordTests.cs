using Gateway.Core.Admission.Shared;
using Gateway.Core.Journal;
using Gateway.Core.Money;

namespace Gateway.Core.Tests.Journal;

public sealed class AttemptRecordTests
{
    // Written by the build before records of attempts: an INTENT, and a FINAL with 3 and 4 tokens of sound at its end.
    private const string IntentOfLayout2 =
        "80C0E285E3680864656D6F10726573656172636806616461010C6770742D346F1A6F70656E61692F6770742D346F01C801000180E497D01280F28BA809008090DFC04A";

    private const string FinalOfLayout2 = IntentOfLayout2 + "019003166770742D346F2D32303234B4011400500AA8E24A0004A413700608";

    private static readonly Guid Id = JournalFixture.Id(5);

    private readonly byte[] _space = new byte[RecordFrame.MaxPayloadBytes];

    [Fact]
    public void Final_WithNoAttempt_OneAndThree_ReadsBackEqual()
    {
        var final = JournalFixture.Final(JournalFixture.Intent(Id)) with { Flags = UsageFlags.Estimated };
        foreach (var attempts in (IReadOnlyList<UsageAttempt>[])[[], [Usual(final)], Three()])
        {
            AssertSame(final with { AttemptRecords = attempts }, Read(Write(final with { AttemptRecords = attempts })));
        }
    }

    [Fact]
    public void Final_WithOneAttemptThatDiffersInOneField_ReadsBackEqual()
    {
        var final = JournalFixture.Final(JournalFixture.Intent(Id));
        var usual = Usual(final);
        foreach (var attempt in (UsageAttempt[])
        [
            usual with { Number = 2 }, usual with { Deployment = "a/b" }, usual with { Credential = "openai#2" }, usual with { Ending = RequestEnding.ClientGone },
            usual with { UpstreamStatus = 429 }, usual with { Failure = "rate_limited" }, usual with { AnsweredModel = "" }, usual with { Usage = default },
            usual with { Usage = usual.Usage with { AudioOutput = 3 } }, usual with { Usage = usual.Usage with { CacheWrite1h = 1 } }, usual with { CostNanoUsd = 1 }, usual with { Flags = UsageFlags.Incomplete }, usual with { StartMs = 7 },
            usual with { DurationMs = 1 }, usual with { TimeToFirstTokenMs = -1 }, usual with { IsHedge = true },
        ])
        {
            AssertSame(final with { AttemptRecords = [attempt] }, Read(Write(final with { AttemptRecords = [attempt] })));
        }
    }

    [Fact]
    public void Final_WithTheUsualOneAttempt_TakesEightBytesMoreAndAllocatesNothing()
    {
        var without = JournalFixture.Final(JournalFixture.Intent(Id));
        var final = without with { AttemptRecords = [Usual(without)] };
        var length = Write(final).Length;
        Assert.InRange(length - Write(without).Length, 1, 8);

        Assert.Equal(0, Allocated.By(() => UsageRecordCodec.Write(final, _space)));
    }

    [Fact]
    public void Intent_OfAFirstAttempt_HasTheBytesOfTheLayoutBefore() =>
        Assert.Equal(IntentOfLayout2, Convert.ToHexString(_space.AsSpan(0, UsageRecordCodec.Write(JournalFixture.Intent(Id), _space))));

    [Fact]
    public void Intent_OfALaterAttempt_ReadsBackWithWhatItCarries()
    {
        var intent = JournalFixture.Intent(Id) with { Price = null, Attempt = 3, CarriedUsage = new TokenUsage(1, 2, 3, 4, 5) { CacheWrite1h = 9, AudioInput = 6, AudioOutput = 7 }, CarriedNanoUsd = 8 };

        var length = UsageRecordCodec.Write(intent, _space);

        Assert.Equal(intent, UsageRecordCodec.ReadIntent(UsageRecordCodec.Version, Id, _space.AsSpan(0, length)));
        Assert.Equal(intent, Read(Write(JournalFixture.Final(intent))).Intent);
    }

    [Fact]
    public void Intent_WithOwnerOrganisationAndBudgets_ReadsBackWithThemAndCostsOthersNothing()
    {
        var plain = JournalFixture.Intent(Id);
        var charged = plain with { Owner = "alice", Organisation = "acme", Budgets = [new("key:demo|day:2026-11-21@UTC", 0), new("team:research|rolling:86400", 487_153)] };
        var length = UsageRecordCodec.Write(charged, _space);

        foreach (var read in (UsageIntent[])[UsageRecordCodec.ReadIntent(UsageRecordCodec.Version, Id, _space.AsSpan(0, length)), Read(Write(JournalFixture.Final(charged))).Intent])
        {
            Assert.Equal(charged.Budgets, read.Budgets);
            Assert.Equal(charged with { Budgets = [] }, read with { Budgets = [] });
        }

        // Each of the three makes the others be written.
        Assert.Equal("alice", Read(Write(JournalFixture.Final(plain with { Owner = "alice" }))).Intent.Owner);
        Assert.Equal("acme", Read(Write(JournalFixture.Final(plain with { Organisation = "acme" }))).Intent.Organisation);
        Assert.Single(Read(Write(JournalFixture.Final(plain with { Budgets = [new("org:acme|lifetime", 0)] }))).Intent.Budgets);

        // The layouts before this one knew no such part.
        length = UsageRecordCodec.Write(charged, _space);
        foreach (var version in (byte[])[1, 2, 3])
        {
            Assert.Throws<InvalidDataException>(() => UsageRecordCodec.ReadIntent(version, Id, _space.AsSpan(0, length)));
        }
    }

    [Fact]
    public void Payloads_OfTheLayoutsBefore_AreReadWithoutAttemptsOrSound()
    {
        var intent = Convert.FromHexString(IntentOfLayout2);
        var payload = Convert.FromHexString(FinalOfLayout2);
        var silent = JournalFixture.Final(JournalFixture.Intent(Id));

        Assert.Equal(silent.Intent, UsageRecordCodec.ReadIntent(1, Id, intent));
        Assert.Equal(silent.Intent, UsageRecordCodec.ReadIntent(2, Id, intent));
        Assert.Equal(silent, UsageRecordCodec.ReadFinal(1, Id, payload.AsSpan(0, payload.Length - 2)));
        Assert.Equal(silent with { Usage = silent.Usage with { AudioInput = 3, AudioOutput = 4 } }, UsageRecordCodec.ReadFinal(2, Id, payload));

        // The layouts with attempts lacked the cache of an hour, which has a mark here that is found and taken out.
        var attempts = Three();
        UsageAttempt[] marked = [.. attempts.Select(static attempt => attempt with { Usage = attempt.Usage with { CacheWrite1h = 0x5A5A5A5A5A } })];
        var written = Convert.ToHexString(Write(silent with { AttemptRecords = marked })).Replace("B4E9D2A5CB16", "", StringComparison.Ordinal);
        Assert.Equal(attempts, UsageRecordCodec.ReadFinal(3, Id, Convert.FromHexString(written)).AttemptRecords);
        Assert.Throws<InvalidDataException>(() => UsageRecordCodec.ReadFinal(5, Id, payload));
        Assert.Throws<InvalidDataException>(() => UsageRecordCodec.ReadFinal(0, Id, payload));
    }

    [Fact]
    public void Final_WithMoreAttemptsThanARecordHolds_KeepsTheFirstAndIsNotReadWithMore()
    {
        var final = JournalFixture.Final(JournalFixture.Intent(Id));
        var many = Enumerable.Range(1, 9).Select(number => Usual(final) with { Number = number }).ToArray();

        var payload = Write(final with { AttemptRecords = many });

        Assert.Equal(many[..8], Read(payload).AttemptRecords);

        // A ninth one, whole.
        const int Tail = 3;    // tier, warnings and the cache of an hour, all of them none
        var without = Write(final).Length;
        var attempt = (payload.Length - without) / 8;
        byte[] more = [.. payload[..^Tail], .. payload[^(attempt + Tail)..]];
        more[without - 1 - Tail] = 9;
        Assert.Throws<InvalidDataException>(() => Read(more));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(8)]
    public void Final_EveryTextOfEveryAttemptFarTooLong_FitsTheLedgersFrame(int attempts)
    {
        // Three bytes a character, the most that one takes.
        var text = new string('\u4e2d', 5000);
        var intent = JournalFixture.Intent(Id) with
        {
            KeyId = text,
            Team = text,
            User = text,
            RequestedModel = text,
            Deployment = text,
            Attempt = int.MaxValue,
            CarriedNanoUsd = long.MaxValue,
            Owner = text,
            Organisation = text,
            Budgets = [.. Enumerable.Range(0, 200).Select(static slot => new BudgetSlot("key:demo|rolling:86400", slot))]
        };
        var wild = new TokenUsage(long.MaxValue, long.MaxValue, long.MaxValue, long.MaxValue, long.MaxValue) { CacheWrite1h = long.MaxValue, AudioInput = long.MaxValue, AudioOutput = long.MaxValue };
        var final = JournalFixture.Final(intent with { CarriedUsage = wild }) with { AnsweredModel = text };
        final = final with
        {
            AttemptRecords = [.. Enumerable.Range(1, attempts).Select(number => Usual(final) with
            {
                Number = int.MaxValue,
                Deployment = "x" + text,
                Credential = text,
                Failure = text,
                AnsweredModel = "x" + text,
                Usage = wild,
                CostNanoUsd = long.MaxValue,
                Ending = RequestEnding.UpstreamFailed,
                Flags = (UsageFlags)int.MaxValue,
                StartMs = long.MaxValue,
                DurationMs = long.MaxValue,
                TimeToFirstTokenMs = long.MaxValue,
            })],
        };

        var payload = Write(final);

        // The ledger writes where the record came from before it.
        Assert.InRange(payload.Length, 1, RecordFrame.MaxPayloadBytes - 31);
        Assert.Equal(attempts, Read(payload).AttemptRecords.Count);
        Assert.All(Read(payload).AttemptRecords, attempt => Assert.StartsWith(attempt.Deployment, "x" + text, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Final_DamagedAnywhere_IsReadOrRefusedAndNothingElse(int seed)
    {
        var random = new Random(seed);
        var final = JournalFixture.Final(JournalFixture.Intent(Id) with { Attempt = 3, CarriedNanoUsd = 5 }) with { AttemptRecords = Three() };
        var good = Write(final);
        for (var round = 0; round < 5000; round++)
        {
            var payload = (byte[])good.Clone();
            for (var changes = random.Next(1, 4); changes > 0; changes--)
            {
                payload[random.Next(payload.Length)] = (byte)random.Next(256);
            }

            payload = payload[..(random.Next(2) == 0 ? payload.Length : random.Next(payload.Length + 1))];
            var version = (byte)random.Next(1, 6);
            try
            {
                var read = UsageRecordCodec.ReadFinal(version, Id, payload);
                Assert.InRange(read.AttemptRecords.Count, 0, UsageRecordCodec.MaxAttempts);
                UsageRecordCodec.ReadIntent(version, Id, payload);
            }
            catch (InvalidDataException)
            {
                // The one answer to bytes that are no record.
            }
        }
    }

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    public void Final_WithAnyAttempts_ReadsBackEqual(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 500; round++)
        {
            var intent = JournalFixture.Intent(Id) with { Attempt = random.Next(1, 4), CarriedNanoUsd = random.Next(2), Price = random.Next(2) == 0 ? null : new TokenPrice(1, 2, 3, 4) };
            var final = JournalFixture.Final(intent);
            final = final with { AttemptRecords = [.. Enumerable.Range(1, random.Next(0, 9)).Select(number => Any(random, final, number))] };

            AssertSame(final, Read(Write(final)));
        }
    }

    private static UsageAttempt Any(Random random, UsageFinal final, int number) => Usual(final) with
    {
        Number = number,
        Deployment = random.Next(2) == 0 ? final.Intent.Deployment : "a/" + random.Next(9),
        Credential = random.Next(2) == 0 ? "" : "a#" + random.Next(9),
        Ending = (RequestEnding)random.Next(1, 8),
        UpstreamStatus = random.Next(3) * 200,
        Failure = random.Next(2) == 0 ? "" : "unreachable",
        AnsweredModel = random.Next(2) == 0 ? final.AnsweredModel : "",
        Usage = random.Next(2) == 0 ? final.Usage : new TokenUsage(random.Next(), random.Next(), random.Next(), random.Next(), random.Next()) { AudioOutput = random.Next(3) },
        CostNanoUsd = random.Next(2) == 0 ? final.CostNanoUsd : random.NextInt64(),
        Flags = (UsageFlags)random.Next(16),
        StartMs = random.Next(3000),
        DurationMs = random.NextInt64(1L << 40),
        TimeToFirstTokenMs = random.Next(-1, 3000),
        IsHedge = random.Next(2) == 0,
    };

    /// <summary>What nearly every request has: one call, which is the request.</summary>
    private static UsageAttempt Usual(UsageFinal final) => new()
    {
        Number = 1,
        Deployment = final.Intent.Deployment,
        Ending = final.Ending,
        UpstreamStatus = final.Status,
        AnsweredModel = final.AnsweredModel,
        Usage = final.Usage,
        CostNanoUsd = final.CostNanoUsd,
        Flags = final.Flags,
        StartMs = 2,
        DurationMs = 1232,
        TimeToFirstTokenMs = 54,
    };

    private static UsageAttempt[] Three() =>
    [
        new() { Number = 1, Deployment = "openai/gpt-4o", Credential = "openai#2", Ending = RequestEnding.UpstreamError, UpstreamStatus = 429, Failure = "rate_limited", StartMs = 1, DurationMs = 80 },
        new() { Number = 2, Deployment = "azure/gpt-4o", Ending = RequestEnding.UpstreamFailed, Failure = "unreachable", Usage = new TokenUsage(30, 0, 0, 1, 0), CostNanoUsd = 100, Flags = UsageFlags.Estimated, StartMs = 81, DurationMs = 2000 },
        new()
        {
            Number = 3, Deployment = "anthropic/claude", Credential = "anthropic#1", Ending = RequestEnding.Completed, UpstreamStatus = 200, AnsweredModel = "claude-x",
            Usage = new TokenUsage(60, 10, 0, 39, 5), CostNanoUsd = 612_400, StartMs = 1000, DurationMs = 234, TimeToFirstTokenMs = 50, IsHedge = true,
        },
    ];

    private static void AssertSame(UsageFinal expected, UsageFinal actual)
    {
        Assert.Equal(expected.AttemptRecords, actual.AttemptRecords);
        Assert.Equal(expected with { AttemptRecords = [] }, actual with { AttemptRecords = [] });
    }

    private static UsageFinal Read(byte[] payload) => UsageRecordCodec.ReadFinal(UsageRecordCodec.Version, Id, payload);

    private byte[] Write(UsageFinal final) => _space[..UsageRecordCodec.Write(final, _space)];
}
