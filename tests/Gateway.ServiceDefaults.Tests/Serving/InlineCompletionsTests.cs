using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Gateway.ServiceDefaults.Tests.Serving;

public sealed class InlineCompletionsTests : IDisposable
{
    private const string Switch = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    private readonly string? _before = Environment.GetEnvironmentVariable(Switch);

    public void Dispose() => Environment.SetEnvironmentVariable(Switch, _before);

    [Theory]
    [InlineData(null, null, null, true, "1")]
    [InlineData(null, "Gateway:InlineCompletions", "false", false, null)]
    [InlineData(null, "Gateway:InlineCompletions", "true", true, "1")]
    [InlineData(null, "GATEWAY_INLINE_COMPLETIONS", "0", false, null)]
    [InlineData("0", null, null, false, "0")]
    [InlineData("1", "Gateway:InlineCompletions", "false", true, "1")]
    public async Task InlineCompletions_ByEnvironmentAndSetting_SocketsAndServerAgree(string? environment, string? key, string? value, bool inline, string? after)
    {
        Environment.SetEnvironmentVariable(Switch, environment);

        await using var app = TestService.Build(configure: null, key is null ? [] : [(key, value)]);

        Assert.Equal(inline, app.Services.GetRequiredService<IOptions<SocketTransportOptions>>().Value.UnsafePreferInlineScheduling);
        Assert.Equal(after, Environment.GetEnvironmentVariable(Switch));
    }
}
