using Gateway.Core.Admission.Shared;
using Gateway.Core.Configuration;
using Gateway.Core.Context;

namespace Gateway.Core.Tests.Context;

public sealed class ContextTokenTests
{
    private const string Secret = "0123456789abcdef0123456789abcdef-current";
    private const string Older = "fedcba9876543210fedcba9876543210-previous";
    private const string Path = "/v1/chat/completions";

    private readonly ManualTime _time = new();

    [Fact]
    public void Token_Verified_GivesBackEveryClaim()
    {
        var tokens = Tokens(Secret);
        var claims = Claims() with
        {
            Role = ContextRole.Admin,
            DeadlineUnixMs = long.MaxValue,
            KeyId = "demo",
            Team = "research",
            User = "üser-\u4f60",
            RequestedModel = "openai/gpt-4o",
            Stream = true,
            OutputCap = 4096,
            CandidateCount = 3,
            AllowedModels = ["gpt-*", "", "claude-*"],
            AllowedProviders = ["*"],
            Processors = ["enhance", "translate"],
            Owner = "alice",
            Ticket = new AdmissionTicket
            {
                Part = 1,
                InputTokens = 321,
                Terms = [new BudgetTerms(25, 5_000_000_000, Hard: true), new BudgetTerms(1, 0, Hard: false)],
                Organisation = "acme",
                IsHard = true,
                HeldNanoUsd = 123_456_789_012_345,
                OutputCap = 512,
                Budgets = [new("key:demo|day:2026-11-21@UTC", 0), new("team:research|rolling:86400", 487_153)],
                Places = ["key:demo|concurrency"],
                TokenRates = [new("key:demo|tokens/60", 100_000, TimeSpan.FromMinutes(1))],
                ReservedTokens = 700,
            },
            ModerationPolicy = "strict",
            ConfigGeneration = 17,
            Capture = CaptureLevel.Redacted,
        };

        var read = tokens.Verify(tokens.Sign(claims), ContextAudience.Router, Path);

        Assert.NotNull(read);
        Assert.Equal(claims.AllowedModels, read.AllowedModels);
        Assert.Equal(claims.AllowedProviders, read.AllowedProviders);
        Assert.Equal(claims.Processors, read.Processors);
        Assert.NotNull(read.Ticket);
        Assert.Equal(claims.Ticket.Budgets, read.Ticket.Budgets);
        Assert.Equal(claims.Ticket.Terms, read.Ticket.Terms);
        Assert.Equal(claims.Ticket.Places, read.Ticket.Places);
        Assert.Equal(claims.Ticket.TokenRates, read.Ticket.TokenRates);
        // Lists compare by reference in records; all else compares by value.
        Assert.Equal(claims.Ticket with { Budgets = [], Terms = [], Places = [], TokenRates = [] }, read.Ticket with { Budgets = [], Terms = [], Places = [], TokenRates = [] });
        Assert.Equal(
            claims with { AllowedModels = [], AllowedProviders = [], Processors = [], Ticket = null }, read with { AllowedModels = [], AllowedProviders = [], Processors = [], Ticket = null });
    }

    [Fact]
    public void Token_WithoutALevelOfCapture_IsThatOfEarlierServices_AndOneThatIsNotKnownKeepsNothing()
    {
        var tokens = Tokens(Secret);

        Assert.Equal(CaptureLevel.None, tokens.Verify(tokens.Sign(Claims()), ContextAudience.Router, Path)!.Capture);
        Assert.True(tokens.Sign(Claims()).Length < tokens.Sign(Claims() with { Capture = CaptureLevel.Full }).Length);
        Assert.Equal(CaptureLevel.None, tokens.Verify(tokens.Sign(Claims() with { Capture = (CaptureLevel)77 }), ContextAudience.Router, Path)!.Capture);
    }

    [Fact]
    public void Token_WithAnyCharacterChanged_IsRefused()
    {
        var tokens = Tokens(Secret);
        var token = tokens.Sign(Claims());
        for (var i = 0; i < token.Length; i++)
        {
            foreach (var other in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.= \n\u00e9")
            {
                if (token[i] != other)
                {
                    var changed = string.Concat(token.AsSpan(0, i), [other], token.AsSpan(i + 1));
                    Assert.Null(tokens.Verify(changed, ContextAudience.Router, Path));
                }
            }
        }
    }

    [Fact]
    public void Token_CutOrExtendedAnywhere_IsRefused()
    {
        var tokens = Tokens(Secret);
        var token = tokens.Sign(Claims());
        for (var i = 0; i < token.Length; i++)
        {
            Assert.Null(tokens.Verify(token[..i], ContextAudience.Router, Path));
            Assert.Null(tokens.Verify(token[i..][1..], ContextAudience.Router, Path));
            Assert.Null(tokens.Verify(token.Insert(i, "A"), ContextAudience.Router, Path));
            Assert.Null(tokens.Verify(token.Insert(i, " "), ContextAudience.Router, Path));
        }

        Assert.Null(tokens.Verify(token + "A", ContextAudience.Router, Path));
        Assert.Null(tokens.Verify(token + "=", ContextAudience.Router, Path));
        Assert.Null(tokens.Verify(token + "\n", ContextAudience.Router, Path));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("...")]
    [InlineData("1.")]
    [InlineData("1..")]
    [InlineData("1...")]
    [InlineData("2.a.b.c")]
    [InlineData("1.\u00e9.b.c")]
    public void Token_OfAnotherShape_IsRefused(string? token) =>
        Assert.Null(Tokens(Secret).Verify(token, ContextAudience.Router, Path));

    [Fact]
    public void Token_Oversized_IsRefused() => Assert.Null(Tokens(Secret).Verify("1." + new string('A', 100_000), ContextAudience.Router, Path));

    [Theory]
    [InlineData(ContextAudience.Moderation, Path)]
    [InlineData(ContextAudience.Usage, Path)]
    [InlineData((ContextAudience)0, Path)]
    [InlineData(ContextAudience.Router, "/v1/completions")]
    [InlineData(ContextAudience.Router, "/v1/Chat/completions")]
    [InlineData(ContextAudience.Router, "/v1/chat/completions/")]
    [InlineData(ContextAudience.Router, "")]
    public void Token_ForAnotherServiceOrPath_IsRefused(ContextAudience audience, string path)
    {
        var tokens = Tokens(Secret);

        Assert.Null(tokens.Verify(tokens.Sign(Claims()), audience, path));
    }

    [Fact]
    public void Token_AtItsExpiry_IsGoodAndAMillisecondLaterRefused()
    {
        var tokens = Tokens(Secret);
        var token = tokens.Sign(Claims() with { ExpiresUnixMs = tokens.ExpiryFromNow() });

        _time.Advance(ContextToken.Lifetime);
        Assert.NotNull(tokens.Verify(token, ContextAudience.Router, Path));

        _time.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Null(tokens.Verify(token, ContextAudience.Router, Path));
    }

    [Fact]
    public void Token_OfAnUnknownKey_IsRefused()
    {
        Assert.Null(Tokens(Secret).Verify(Tokens(Older).Sign(Claims()), ContextAudience.Router, Path));

        // The id of a known key with the signature of another one.
        var forged = Tokens(Older).Sign(Claims()).Replace(new ContextKeys(Older).CurrentId, new ContextKeys(Secret).CurrentId, StringComparison.Ordinal);
        Assert.Null(Tokens(Secret).Verify(forged, ContextAudience.Router, Path));
    }

    [Fact]
    public void Secret_Rotated_BothTokensAreGoodAndNewOnesUseTheNewKey()
    {
        var before = Tokens(Older);
        var during = Tokens(Secret, Older);
        var after = Tokens(Secret);

        Assert.NotNull(during.Verify(before.Sign(Claims()), ContextAudience.Router, Path));
        Assert.NotNull(after.Verify(during.Sign(Claims()), ContextAudience.Router, Path));
        Assert.Null(after.Verify(before.Sign(Claims()), ContextAudience.Router, Path));
    }

    [Fact]
    public void Claims_TooLargeForAToken_AreRefusedWhenSigned() =>
        Assert.Throws<ArgumentException>(() => Tokens(Secret).Sign(Claims() with { User = new string('u', 9000) }));

    [Fact]
    public void Claims_OneByteTooLargeForAToken_AreRefusedWhenSigned()
    {
        var tokens = Tokens(Secret);
        var largest = 0;
        for (var length = 8000; length < 8400; length++)
        {
            try
            {
                var token = tokens.Sign(Claims() with { ModerationPolicy = new string('m', length) });
                Assert.NotNull(tokens.Verify(token, ContextAudience.Router, Path));
                largest = length;
            }
            catch (ArgumentException)
            {
                break;
            }
        }

        // It ended by the limit of the claims, not by the end of the loop, and every token made before was good.
        Assert.InRange(largest, 8001, 8191);
    }

    private static ContextClaims Claims() => new()
    {
        Audience = ContextAudience.Router,
        Role = ContextRole.Client,
        RequestId = new Guid("0192a3b4-c5d6-7e8f-9012-3456789abcde"),
        Path = Path,
        ExpiresUnixMs = new DateTimeOffset(2026, 1, 1, 0, 0, 30, TimeSpan.Zero).ToUnixTimeMilliseconds(),
    };

    private ContextToken Tokens(string secret, string? previous = null) => new(new ContextKeys(secret, previous), _time);
}
