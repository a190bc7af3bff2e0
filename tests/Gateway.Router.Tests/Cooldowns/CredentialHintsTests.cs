using Gateway.Router.Cooldowns;
using Gateway.Router.Credentials;

namespace Gateway.Router.Tests.Cooldowns;

public sealed class CredentialHintsTests
{
    private const long Now = 1000 * TimeSpan.TicksPerSecond;

    [Theory]
    [InlineData("openai/gpt 4o")]
    [InlineData(null)]
    public void What_one_Router_tells_another_reads(string? deployment)
    {
        foreach (var (kind, isQuarantine) in new[] { (CredentialEventKind.Rested, false), (CredentialEventKind.Quarantined, true), (CredentialEventKind.QuotaExhausted, false) })
        {
            var happened = new CredentialEvent("openai", deployment, "openai#1", "0123456789abcdef", kind, 429, TimeSpan.FromSeconds(7), IsNew: true);
            var hint = new Hint(HintKind.Credential, CredentialHints.IdOf(in happened), Now + happened.For.Ticks);
            Assert.Equal(new CredentialHint("openai", deployment, "0123456789abcdef", isQuarantine, TimeSpan.FromSeconds(7)), CredentialHints.Read(in hint, Now));
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("r")]
    [InlineData("r 0123456789abcdef openai")]
    [InlineData("x 0123456789abcdef openai openai/gpt-4o")]
    public void What_is_malformed_is_ignored(string id)
    {
        var hint = new Hint(HintKind.Credential, id, Now);
        Assert.Null(CredentialHints.Read(in hint, Now));
    }
}
