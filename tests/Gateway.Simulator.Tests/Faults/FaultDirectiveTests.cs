using Gateway.Simulator.Faults;

namespace Gateway.Simulator.Tests.Faults;

public sealed class FaultDirectiveTests
{
    [Fact]
    public void Directives_InModelAndText_AddUpAndTheTextWins()
    {
        var script = FaultDirectives.Read("gpt-4o+cut_after=10+gap=5ms+tokens=7", "say [sim tokens=500 crlf] and [sim ttft=1.5s] please [simple] [sim", FaultScript.None);

        Assert.Equal("cut_after=10 gap=5ms tokens=7 tokens=500 crlf ttft=1.5s", script.Said);
        Assert.Equal(FaultScript.None with { Said = script.Said, CutAfter = 10, Gap = TimeSpan.FromMilliseconds(5), Tokens = 500, Crlf = true, Ttft = TimeSpan.FromSeconds(1.5) }, script);
        Assert.Equal("gpt-4o", FaultDirectives.ModelName("gpt-4o+cut_after=10"));
    }

    [Theory]
    [InlineData("[sim statsu=429]", "statsu")]
    [InlineData("[sim status=200]", "status")]
    [InlineData("[sim status]", "status")]
    [InlineData("[sim gap=5]", "gap")]
    [InlineData("[sim gap=-5ms]", "gap")]
    [InlineData("[sim gap=2000m]", "gap")]
    [InlineData("[sim tokens=100001]", "tokens")]
    [InlineData("[sim chunk=0]", "chunk")]
    [InlineData("[sim no_done=1]", "no_done")]
    public void Directive_ThatCannotBeFollowed_IsNamed(string text, string name)
    {
        var error = Assert.Throws<FaultDirectiveException>(() => FaultDirectives.Read("m", text, FaultScript.None));
        Assert.Contains($"'{name}'", error.Message);
    }

    [Fact]
    public async Task UnknownDirective_Is400ThatListsTheValidOnes()
    {
        await using var simulator = await TestSimulator.StartAsync();

        using var response = await simulator.SendAsync(TestSimulator.Chat("[sim foo]"));

        Assert.Equal(400, (int)response.StatusCode);
        var text = await response.Content.ReadAsStringAsync();
        Assert.Contains("cut_after=TOKENS", text);
        Assert.Contains("hang", text);
    }
}
