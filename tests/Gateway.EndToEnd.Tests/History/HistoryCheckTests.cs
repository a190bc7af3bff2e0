using Gateway.Rig.History;

namespace Gateway.EndToEnd.Tests.History;

/// <summary>Each rule of the checker on a history that is right, and on the same one with a single thing wrong.</summary>
public sealed class HistoryCheckTests
{
    private const long Second = 1_000_000;
    private const string Said = "the quick brown fox";

    private static readonly HistoryRules Rules = new()
    {
        Deployments = new Dictionary<string, KnownDeployment>
        {
            ["a/large"] = new("big", 0, "large", 3, 10) { Credentials = ["key-a"] },
            ["b/large"] = new("big", 1, "large", 3, 10) { Credentials = ["key-b"] },
            ["b/spare"] = new("spare", 1, "tiny", 1, 2) { CachedNanoUsd = 0 },
            ["b/other"] = new("other", 1, "other", 1, 2),
        },
        Groups = new Dictionary<string, IReadOnlyList<string>> { ["big"] = ["big", "spare"], ["other"] = ["other"] },
    };

    [Fact]
    public void RightHistory_HasNoViolation() => Assert.Empty(Check(Good()));

    [Fact]
    public void AttemptThatNoProviderSaw_IsNoViolation()
    {
        var history = Good();
        var refused = Attempt(0, "a/large") with { UpstreamStatus = 0, Failure = "unreachable", InputTokens = 0, OutputTokens = 0, CostNanoUsd = 0 };

        Assert.Empty(Check(Entry(history, entry => entry with { AttemptCount = 3, Attempts = [refused, .. entry.Attempts!] })));
    }

    [Fact]
    public void AttemptsAtOneHost_OfWhichOnlyTheLastGotThrough_AreToldApart()
    {
        var history = Good();
        var row = history.Meter[1];
        var answered = history.Ledger[0].Attempts![1];
        var silent = answered with { UpstreamStatus = 0, Failure = "unreachable", InputTokens = 0, OutputTokens = 0, CostNanoUsd = 0 };

        Assert.Empty(Check(Entry(history with { Meter = [row] }, entry => entry with { Attempts = [silent with { Number = 1 }, answered] })));
    }

    [Fact]
    public void FallbackWithItsOwnPrice_IsNoViolation()
    {
        var history = Meter(Good(), row => row with { Model = "tiny", Simulator = 1, Credential = "any" });

        Assert.Empty(Check(Entry(history, entry => entry with
        {
            CostNanoUsd = 7 + 20 - 2,
            Attempts = [entry.Attempts![0], entry.Attempts[1] with { Deployment = "b/spare", Model = "tiny", CachedTokens = 2, CostNanoUsd = 5 + 20 + 0 }],
        })));
    }

    // I1, I2
    [Fact]
    public void Tokens_OtherThanTheMeters_AreFound() => Finds(
        Entry(Good(), entry => entry with { CostNanoUsd = 131, Attempts = [entry.Attempts![0], entry.Attempts[1] with { OutputTokens = 11, CostNanoUsd = 131 }] }),
        "I1 req-1 (t1): the ledger has 7 + 11 tokens, row 2 of simulator 1 has 7 + 10.");

    [Fact]
    public void Tokens_MoreThanAnyProviderMade_AreFound() => Finds(
        Entry(Meter(Client(Good(), client => client with { Terminals = 0, Errors = 1, Text = "the" }), row => row with { Ending = "cut", TokensGenerated = 4, TokensWritten = 4 }),
            entry => entry with { Estimated = true, Attempts = [entry.Attempts![0], entry.Attempts[1] with { Estimated = true }] }),
        "I1 req-1 (t1): the ledger has 10 output tokens, row 2 of simulator 1 made only 4.");

    [Fact]
    public void Tokens_EstimatedAlthoughTheyWereTold_AreFound() => Finds(
        Entry(Good(), entry => entry with { Attempts = [entry.Attempts![0], entry.Attempts[1] with { Estimated = true }] }),
        "I1 req-1 (t1): the provider told its usage in row 2 of simulator 1, and the ledger estimates.");

    [Fact]
    public void Tokens_ThatTheClientReadAndNobodyCounted_AreFound() => Finds(
        Entry(Meter(Client(Good(), client => client with { Terminals = 0, Errors = 1, Text = "the" }), row => row with { Ending = "cut" }),
            entry => entry with { CostNanoUsd = 21, Attempts = [entry.Attempts![0], entry.Attempts[1] with { Estimated = true, OutputTokens = 0, CostNanoUsd = 21 }] }),
        "I1 req-1 (t1): the client read 3 characters of row 2 of simulator 1, and the ledger has no output tokens.");

    [Fact]
    public void TwoFinalEntries_AreFound() => Finds(Good() with { Ledger = [.. Good().Ledger, .. Good().Ledger] }, "I2 req-1 (t1): 2 final entries in the ledger, not 1.");

    [Fact]
    public void DispatchedRequestWithoutEntry_IsFound() => Finds(Good() with { Ledger = [] }, "I2 req-1 (t1): 2 upstream calls and no entry in the ledger.");

    [Fact]
    public void CostWithoutAnyCall_IsFound() => Finds(Good() with { Meter = [] }, "I2 req-1 (t1): no upstream call, and the ledger charges 121 nano-USD.");

    [Fact]
    public void SumOtherThanItsAttempts_IsFound() => Finds(Entry(Good(), entry => entry with { CostNanoUsd = 122 }), "I2 req-1 (t1): the request costs 122 nano-USD, its attempts 121.");

    [Fact]
    public void CountOtherThanTheAttempts_IsFound() => Finds(Entry(Good(), entry => entry with { AttemptCount = 1 }), "I2 req-1 (t1): attempt_count is 1, and there are 2 attempts.");

    [Fact]
    public void CallThatNobodyAskedFor_IsFound() => Finds(Good() with { Meter = [.. Good().Meter, Row(9, 0) with { User = "ghost" }] }, "I2 row 9 of simulator 0: a provider was asked for 'large' with the tag 'ghost' that no client sent.");

    [Fact]
    public void EntryThatNobodyAskedFor_IsFound() => Finds(Good() with { Ledger = [.. Good().Ledger, new LedgerEntry { Id = "req-9", User = "ghost" }] }, "I2 req-9: the ledger has a request with the tag 'ghost' that no client sent.");

    // I6
    [Theory]
    [InlineData(403)]
    [InlineData(401)]
    public void CallForADeniedRequest_IsFound(int status) => Finds(
        Client(Good(), client => client with { Status = status, Text = "", Terminals = 0, Errors = 1 }), $"I6 req-1 (t1): denied with {status}, and 2 upstream calls were made.");

    [Fact]
    public void DeniedRequestThatIsAnswered_IsFound() => Finds(
        Client(Good(), client => client with { MustBeDenied = true }), "I6 req-1 (t1): must be denied, and was answered with 200.");

    [Fact]
    public void CallAfterTheDeadline_IsFound() => Finds(
        Client(Good(), client => client with { DeadlineUs = (Second * 11) - 800_000 }), "I6 req-1 (t1): row 2 of simulator 1 began 800 ms after the deadline.");

    [Fact]
    public void AttemptSentAfterTheDeadline_IsFound() => Finds(
        Entry(Client(Good(), client => client with { DeadlineUs = (Second * 10) + 900_000 }), entry => entry with { Attempts = [entry.Attempts![0], entry.Attempts[1] with { StartMs = 901 }] }),
        "I6 req-1 (t1): attempt 2 was sent after 901 ms, and the request has 900 ms.");

    [Fact]
    public void CallThatOutlivesTheDeadline_IsFound() => Finds(
        Meter(Client(Good(), client => client with { DeadlineUs = Second * 12 }), row => row with { EndedUs = Second * 15 }), "I6 req-1 (t1): row 2 of simulator 1 still ran 3000 ms after the deadline.");

    [Fact]
    public void CallWithinTheSlack_IsNoViolation() => Assert.Empty(Check(Client(Good(), client => client with { DeadlineUs = (Second * 11) - 200_000 })));

    // I7
    [Fact]
    public void TooManyAttempts_AreFound_AndThoseOfTheFloorAreNot()
    {
        // Two attempts each: 100 requests make 200 attempts, and 1.1 x 100 + 10 a minute are 120.
        var storm = Many(100);

        var violation = Assert.Single(Check(storm), text => text.StartsWith("I7", StringComparison.Ordinal) && text.Contains("meters", StringComparison.Ordinal));
        Assert.Equal("I7 pool 'big': the meters counted 200 attempts for 100 requests in 1 started minutes; at most 120 are allowed.", violation);
        Assert.Contains(Check(storm), text => text.StartsWith("I7 pool 'big': the ledger counted 200", StringComparison.Ordinal));
        Assert.Empty(Check(Many(11)));
    }

    [Fact]
    public void Attempts_OfALongRun_HaveTheFloorOfEachMinute()
    {
        var storm = Many(20);
        var late = storm.Clients[^1] with { SentUs = 70 * Second };

        Assert.NotEmpty(Check(storm));
        Assert.Empty(Check(storm with { Clients = [.. storm.Clients.SkipLast(1), late] }));
    }

    // I9
    [Fact]
    public void DeploymentOfAGroupThatTheModelMayNotUse_IsFound() => Finds(
        Entry(Meter(Good(), row => row with { Model = "other" }), entry => entry with
        {
            CostNanoUsd = 27,
            Attempts = [entry.Attempts![0], entry.Attempts[1] with { Deployment = "b/other", Model = "other", CostNanoUsd = 27 }],
        }),
        "I9 req-1 (t1) attempt 2: 'b/other' serves 'other', and 'big' may only be served by big, spare.");

    [Fact]
    public void UnknownDeployment_IsFound() => Finds(
        Entry(Good(), entry => entry with { Attempts = [entry.Attempts![0] with { Deployment = "c/x" }, entry.Attempts[1]] }), "I9 req-1 (t1) attempt 1: 'c/x' is no deployment of this run.");

    [Fact]
    public void ModelSent_OtherThanTheDeployments_IsFound() => Finds(
        Meter(Good(), row => row with { Model = "large-2" }), "I9 req-1 (t1) attempt 2: 'b/large' is 'large' of simulator 1, what was sent is 'large-2' in row 2 of simulator 1.");

    [Fact]
    public void HostOtherThanTheDeployments_IsFound() => Finds(
        Meter(Good(), row => row with { Simulator = 0, Credential = "key-b" }), "I9 req-1 (t1) attempt 2: 'b/large' is 'large' of simulator 1, what was sent is 'large' in row 2 of simulator 0.");

    [Fact]
    public void CredentialOfAnotherDeployment_IsFound() => Finds(
        Meter(Good(), row => row with { Credential = "key-a" }), "I9 req-1 (t1) attempt 2: row 2 of simulator 1 saw the credential key-a, which is none of 'b/large'.");

    [Fact]
    public void ModelInTheLedger_OtherThanTheDeployments_IsFound() => Finds(
        Entry(Good(), entry => entry with { Attempts = [entry.Attempts![0], entry.Attempts[1] with { Model = "tiny" }] }), "I9 req-1 (t1) attempt 2: 'b/large' is 'large', the ledger says 'tiny' answered.");

    [Fact]
    public void ModelAskedFor_OtherThanTheLedgers_IsFound() => Finds(Entry(Good(), entry => entry with { Model = "spare" }), "I9 req-1 (t1): the client asked for 'big', the ledger says 'spare'.");

    [Fact]
    public void PriceOfAnotherDeployment_IsFound() => Finds(
        Entry(Good(), entry => entry with { CostNanoUsd = 27, Attempts = [entry.Attempts![0], entry.Attempts[1] with { CostNanoUsd = 27 }] }),
        "I9 req-1 (t1) attempt 2: 7 + 10 tokens of 'b/large' cost 121 nano-USD, the ledger says 27.");

    [Fact]
    public void CallWithoutAnAttempt_IsFound() => Finds(
        Entry(Good(), entry => entry with { AttemptCount = 1, Attempts = [entry.Attempts![1] with { Number = 1 }] }), "I9 req-1 (t1): row 2 of simulator 1 served 'large', and the ledger has no attempt for it.");

    // I10
    [Theory]
    [InlineData("the quick quick brown fox", "I10 req-1 (t1): the client read 25 characters, of which only the first 10 are those of row 2 of simulator 1.")]
    [InlineData("the brown fox", "I10 req-1 (t1): the client read 13 characters, of which only the first 4 are those of row 2 of simulator 1.")]
    [InlineData("the quick", "I10 req-1 (t1): the answer ended well with 9 characters, row 2 of simulator 1 wrote 19.")]
    public void RepeatedLostOrMissingText_IsFound(string text, string violation) => Finds(Client(Good(), client => client with { Text = text }), violation);

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(2, 0)]
    [InlineData(0, 2)]
    public void NoEndOrMoreThanOne_IsFound(int terminals, int errors) => Finds(
        Client(Good(), client => client with { Terminals = terminals, Errors = errors }),
        $"I10 req-1 (t1): status 200 with {terminals} end markers and {errors} error frames; there must be one of one.");

    [Fact]
    public void ClientThatLeft_KnowsNoEnd() => Assert.Empty(Check(Client(Good(), client => client with { Terminals = 0, Left = true, Text = "the q" })));

    [Fact]
    public void FrameAfterTheEnd_IsFound() => Finds(Client(Good(), client => client with { SpokeAfterEnd = true }), "I10 req-1 (t1): something came after the end.");

    [Fact]
    public void BadFrame_IsFound() => Finds(Client(Good(), client => client with { BadFrames = 2 }), "I10 req-1 (t1): 2 frames are nothing of the protocol.");

    [Fact]
    public void EndWithoutAReason_IsFound() => Finds(Client(Good(), client => client with { FinishReason = "" }), "I10 req-1 (t1): ended well without a reason to finish.");

    /// <summary>One request: a 503 of simulator 0, then 7 + 10 tokens of simulator 1 for 121 nano-USD.</summary>
    private static RunHistory Good() => new(
        [new ClientObservation { Tag = "t1", Model = "big", RequestId = "req-1", Status = 200, Stream = true, Text = Said, Terminals = 1, FinishReason = "stop", SentUs = 10 * Second, EndedUs = 12 * Second }],
        [
            Row(1, 0) with { Status = 503, Ending = "error", Credential = "key-a", StartedUs = 10 * Second, EndedUs = 10 * Second },
            Row(2, 1) with { PromptTokens = 7, TokensGenerated = 10, TokensWritten = 10, Text = Said, Credential = "key-b", StartedUs = 11 * Second, EndedUs = 12 * Second },
        ],
        [
            new LedgerEntry
            {
                Id = "req-1", User = "t1", Model = "big", Deployment = "b/large", Status = 200, InputTokens = 7, OutputTokens = 10, CostNanoUsd = 121, AttemptCount = 2,
                Attempts =
                [
                    Attempt(1, "a/large") with { UpstreamStatus = 503, Failure = "overloaded" },
                    Attempt(2, "b/large") with { UpstreamStatus = 200, InputTokens = 7, OutputTokens = 10, CostNanoUsd = 121 },
                ],
            },
        ]);

    /// <summary>The same request so many times.</summary>
    private static RunHistory Many(int requests)
    {
        var (good, all) = (Good(), new RunHistory([], [], []));
        for (var i = 0; i < requests; i++)
        {
            all = new RunHistory(
                [.. all.Clients, good.Clients[0] with { Tag = $"t{i}", RequestId = $"req-{i}" }],
                [.. all.Meter, .. good.Meter.Select(row => row with { User = $"t{i}" })],
                [.. all.Ledger, good.Ledger[0] with { Id = $"req-{i}", User = $"t{i}" }]);
        }

        return all;
    }

    private static MeterEntry Row(long seq, int simulator) => new() { Simulator = simulator, Seq = seq, Model = "large", User = "t1", Status = 200, Stream = true, Ending = "completed", Path = "/v1/chat/completions" };

    private static LedgerAttempt Attempt(int number, string deployment) => new() { Number = number, Deployment = deployment, Model = "large" };

    private static RunHistory Client(RunHistory history, Func<ClientObservation, ClientObservation> change) => history with { Clients = [change(history.Clients[0])] };

    /// <summary>Changes the call that answered.</summary>
    private static RunHistory Meter(RunHistory history, Func<MeterEntry, MeterEntry> change) => history with { Meter = [history.Meter[0], change(history.Meter[1])] };

    private static RunHistory Entry(RunHistory history, Func<LedgerEntry, LedgerEntry> change) => history with { Ledger = [change(history.Ledger[0])] };

    private static IReadOnlyList<string> Check(RunHistory history) => HistoryCheck.Violations(history, Rules);

    private static void Finds(RunHistory history, string violation) => Assert.Contains(violation, Check(history));
}
