using System.Text;
using Gateway.Simulator.Control;

namespace Gateway.Simulator.Tests.Control;

public sealed class ControlReaderTests
{
    [Fact]
    public void Document_WithEverything_IsReadAsWritten()
    {
        var document = Read("""
            {"keep_text":2000,"rules":[{"credential":"k","model":"m","directives":["status=503 retry_after=2","hang"],"every":3,"share":0.25,"seed":9,"once_per_user":true,
              "times":300,"after":"1s","for":"5s","limits":{"requests":60,"tokens":1000,"concurrency":4,"window":"2s"},"capacity":8}]}
            """);

        var rule = Assert.Single(document.Rules);
        Assert.Equal(2000, document.KeepText);
        Assert.True(rule.OncePerUser);
        Assert.Equal(("k", "m", 3, 0.25, 9UL, 300L, 8), (rule.Credential, rule.Model, rule.Every, rule.Share, rule.Seed, rule.Times, rule.Capacity));
        Assert.Equal((TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(5)), (rule.After, rule.For));
        Assert.Equal((503, "2", true), (rule.Scripts[0].Status, rule.Scripts[0].RetryAfter, rule.Scripts[1].Hang));
        Assert.Equal(new ControlLimits { Requests = 60, Tokens = 1000, Concurrency = 4, Window = TimeSpan.FromSeconds(2) }, rule.Limits);
    }

    [Theory]
    [InlineData("""{"rule":[]}""", "the control has no member 'rule'. There is: rules, keep_text.")]
    [InlineData("""{"rules":[{"directive":"hang"}]}""", "rules[0] has no member 'directive'. There is: credential, model, directives")]
    [InlineData("""{"rules":[{"limits":{"rpm":5}}]}""", "rules[0].limits has no member 'rpm'. There is: requests, tokens, concurrency, window.")]
    [InlineData("""{"rules":[{"directives":"statsu=500"}]}""", "rules[0].directives: There is no directive 'statsu'. Valid are:")]
    [InlineData("""{"rules":[{"directives":"hang","every":0}]}""", "rules[0].every must be a whole number from 1")]
    [InlineData("""{"rules":[{"directives":"hang","share":1.5}]}""", "rules[0].share must be a number from 0 to 1.")]
    [InlineData("""{"rules":[{"directives":"hang","for":5}]}""", "rules[0].for must be a text such as")]
    [InlineData("""{"rules":[{"directives":"hang"},{"model":"m"}]}""", "rules[1] does nothing")]
    [InlineData("""{"rules":[{"directives":"hang","times":1,"times":2}]}""", "rules[0] has 'times' twice.")]
    [InlineData("""{"rules":[{"directives":"hang","once_per_user":1}]}""", "rules[0].once_per_user must be true or false.")]
    [InlineData("""{"rules":{}}""", "rules must be a list")]
    [InlineData("""{"rules":""", "no JSON")]
    [InlineData("""[]""", "the control must be an object with some of: rules, keep_text.")]
    public void Document_ThatCannotBeUsed_SaysWhereAndWhatThereIs(string json, string message)
    {
        var error = Assert.Throws<ControlException>(() => Read(json));

        Assert.Contains(message, error.Message, StringComparison.Ordinal);
    }

    private static ControlDocument Read(string json) => ControlReader.Read(Encoding.UTF8.GetBytes(json));
}
