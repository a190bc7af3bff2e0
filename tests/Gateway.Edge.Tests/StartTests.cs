using Gateway.Core.Context;
using Gateway.Edge.Tests.Rig;

namespace Gateway.Edge.Tests;

public sealed class StartTests
{
    [Theory]
    [InlineData("")]
    [InlineData("too short")]
    public async Task ContextSecret_MissingOrWeak_RefusesToStart_NamingTheVariable(string secret)
    {
        var refusal = await Assert.ThrowsAsync<ContextConfigurationException>(() => EdgeServer.StartAsync([], new() { ["GATEWAY_CONTEXT_SECRET"] = secret }));

        Assert.Contains("GATEWAY_CONTEXT_SECRET", refusal.Message, StringComparison.Ordinal);
    }
}
