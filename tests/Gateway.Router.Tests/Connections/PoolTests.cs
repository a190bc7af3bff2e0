using System.Collections.Frozen;
using Gateway.Core.Configuration;
using Gateway.Core.Journal;
using Gateway.Router.Catalog;
using Gateway.Router.Connections;
using Gateway.Router.Tests.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Router.Tests.Connections;

public sealed class PoolTests
{
    [Fact]
    public async Task A_deployment_with_all_its_connections_in_use_does_not_block_another()
    {
        await using var upstream = await HeldUpstream.StartAsync();
        await using var router = await RouterHost.StartAsync(TwoGroups(upstream.Url, new ConnectionConfig { MaxConnections = 1 }));

        var first = router.SendAsync(ForGroup("a"));
        await upstream.ArrivalAsync();
        var second = router.SendAsync(ForGroup("a"));
        using var other = await router.SendAsync(ForGroup("b"));
        Assert.Equal(200, (int)other.StatusCode);

        // The limit is the deployment's own: its second request waits for its first.
        await router.RoundTripsAsync();
        Assert.Equal(1, upstream.Count);
        upstream.Release();
        Assert.Equal(200, (int)(await first).StatusCode);
        Assert.Equal(200, (int)(await second).StatusCode);
        Assert.Equal(2, upstream.Count);
    }

    [Fact]
    public async Task Without_a_limit_requests_of_one_deployment_do_not_wait_for_each_other()
    {
        await using var upstream = await HeldUpstream.StartAsync();
        await using var router = await RouterHost.StartAsync(TwoGroups(upstream.Url, ConnectionConfig.Standard));

        var first = router.SendAsync(ForGroup("a"));
        var second = router.SendAsync(ForGroup("a"));
        await upstream.ArrivalAsync();
        await upstream.ArrivalAsync();

        upstream.Release();
        Assert.All(await Task.WhenAll(first, second), static response => Assert.Equal(200, (int)response.StatusCode));
    }

    [Theory]
    [InlineData(null, 2)]
    [InlineData(1, 1)]
    public async Task Over_HTTP_2_one_connection_is_the_only_limit_that_can_be_kept(int? most, int connections)
    {
        using var arrived = new SemaphoreSlim(0);
        var released = new TaskCompletionSource();
        await using var upstream = await ProtocolServer.StartAsync(
            HttpProtocols.Http2,
            async context =>
            {
                arrived.Release();
                await released.Task;
                await UpstreamServer.WriteJsonAsync(context, Requests.Answer);
            },
            streams: 1);
        await using var router = await RouterHost.StartAsync(
            TestConfig.For(TestConfig.Provider(upstream.Url) with { Connection = new ConnectionConfig { Http = HttpVersionChoice.Http2, MaxConnections = most } }));

        var requests = Task.WhenAll(router.SendAsync(Requests.Plain), router.SendAsync(Requests.Plain));
        for (var i = 0; i < connections; i++)
        {
            Assert.True(await arrived.WaitAsync(RouterHost.Patience));
        }

        await router.RoundTripsAsync();
        Assert.Equal(connections, upstream.Seen.Count);
        released.SetResult();

        Assert.All(await requests.WaitAsync(RouterHost.Patience), static response => Assert.Equal(200, (int)response.StatusCode));
        Assert.Equal(connections, upstream.Seen.Select(static call => call.Connection).Distinct().Count());
    }

    [Fact]
    public async Task Models_that_only_clients_name_share_the_connections_of_their_provider()
    {
        await using var router = await RouterHost.StartAsync(TwoGroups("http://127.0.0.1:9", ConnectionConfig.Standard));

        Assert.Same(Of(router, "up/anything"), Of(router, "up/anything-else"));
        Assert.NotSame(Of(router, "up/anything"), Of(router, "a"));
        Assert.NotSame(Of(router, "a"), Of(router, "b"));

        // By either name it is the same deployment.
        Assert.Same(Of(router, "a"), Of(router, "up/model-a"));
    }

    [Theory]
    [InlineData("nothing", true)]
    [InlineData("keys", true)]
    [InlineData("idle", true)]
    [InlineData("path", true)]
    [InlineData("origin", false)]
    [InlineData("internal", false)]
    [InlineData("connect", false)]
    [InlineData("http", false)]
    [InlineData("proxy", false)]
    [InlineData("lifetime", false)]
    [InlineData("limit", false)]
    [InlineData("certificate", false)]
    public async Task A_new_document_keeps_connections_whose_settings_are_the_same(string change, bool kept)
    {
        using var authority = new TestAuthority();
        using var other = new TestAuthority();
        var before = TwoGroups("http://127.0.0.1:9", new ConnectionConfig { TlsAuthorities = authority.RootFile });
        await using var router = await RouterHost.StartAsync(before);
        var old = (Of(router, "a"), Of(router, "up/anything"));

        if (change == "certificate")
        {
            // The same name with new content.
            authority.Write(Path.GetFileName(authority.RootFile), await File.ReadAllTextAsync(other.RootFile));
        }

        var provider = before.Providers["up"];
        var connection = provider.Connection;
        provider = change switch
        {
            "keys" => provider with { Keys = [TestConfig.KeyOf("another")] },
            "idle" => provider with { Timeouts = provider.Timeouts with { Idle = TimeSpan.FromSeconds(1) } },
            "path" => provider with { BaseUrl = new Uri("http://127.0.0.1:9/v2") },
            "origin" => provider with { BaseUrl = new Uri("http://127.0.0.1:10/v1") },
            "internal" => provider with { Internal = false },
            "connect" => provider with { Timeouts = provider.Timeouts with { Connect = TimeSpan.FromSeconds(1) } },
            "http" => provider with { Connection = connection with { Http = HttpVersionChoice.Http2 } },
            "proxy" => provider with { Connection = connection with { Proxy = new Uri("http://127.0.0.1:11") } },
            "lifetime" => provider with { Connection = connection with { Lifetime = TimeSpan.FromSeconds(1) } },
            "limit" => provider with { Connection = connection with { MaxConnections = 7 } },
            _ => provider with { Name = "up" },
        };
        router.Config.Change(before with { Providers = new Dictionary<string, ProviderConfig> { ["up"] = provider }.ToFrozenDictionary() });

        Assert.Equal((kept, kept), (ReferenceEquals(old.Item1, Of(router, "a")), ReferenceEquals(old.Item2, Of(router, "up/anything"))));
    }

    [Fact]
    public async Task A_running_stream_ends_on_its_old_connection()
    {
        var changed = new TaskCompletionSource();
        await using var upstream = await UpstreamServer.StartAsync(async context =>
        {
            await UpstreamServer.WritePieceAsync(context, Requests.Delta("one"));
            await changed.Task;
            await UpstreamServer.WritePieceAsync(context, Requests.Finish + Requests.Done);
        });
        await using var router = await RouterHost.StartAsync(upstream);
        using var response = await router.SendAsync(Requests.Stream);

        router.Config.Change(TestConfig.For(TestConfig.Provider(upstream.Url) with { Connection = new ConnectionConfig { Lifetime = TimeSpan.FromSeconds(1) } }));
        changed.SetResult();

        Assert.EndsWith(Requests.Done, await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(RequestEnding.Completed, Assert.Single(router.Journal.Finals).Ending);
    }

    [Theory]
    [InlineData(300, 1)]
    [InlineData(0, 2)]
    public async Task A_connection_takes_no_requests_past_its_lifetime(int seconds, int connections)
    {
        await using var upstream = await ProtocolServer.StartAsync(HttpProtocols.Http1, static context => UpstreamServer.WriteJsonAsync(context, Requests.Answer));
        await using var router = await RouterHost.StartAsync(TestConfig.For(TestConfig.Provider(upstream.Url) with { Connection = new ConnectionConfig { Lifetime = TimeSpan.FromSeconds(seconds) } }));

        using var first = await router.SendAsync(Requests.Plain);
        using var second = await router.SendAsync(Requests.Plain);

        Assert.Equal(2, upstream.Seen.Count);
        Assert.Equal(connections, upstream.Seen.Select(static call => call.Connection).Distinct().Count());
    }

    [Fact]
    public async Task A_request_for_another_origin_is_never_sent()
    {
        await using var router = await RouterHost.StartAsync(TwoGroups("http://127.0.0.1:9", ConnectionConfig.Standard));
        using var request = new HttpRequestMessage(HttpMethod.Post, "http://127.0.0.1:10/v1/chat/completions");

        await Assert.ThrowsAsync<InvalidOperationException>(() => Of(router, "a").SendAsync(request, CancellationToken.None));
    }

    /// <summary>So that the upstream sees the model in the path.</summary>
    private static readonly FrozenDictionary<string, string> ByModel = new Dictionary<string, string> { ["chat_completions"] = "/{model}/chat" }.ToFrozenDictionary();

    private static string ForGroup(string group) => Requests.Plain.Replace("gpt-test", group, StringComparison.Ordinal);

    private static UpstreamConnection Of(RouterHost router, string model) => router.Services.GetRequiredService<ModelCatalog>().Current.Resolve(model)!.Deployments[0].Connection;

    private static GatewayConfig TwoGroups(string url, ConnectionConfig connection) => TestConfig.For(TestConfig.Provider(url) with { Connection = connection, Paths = ByModel }) with
    {
        Models = new[] { "a", "b" }.ToFrozenDictionary(
            static name => name, static name => new ModelGroupConfig { Name = name, Deployments = [new DeploymentConfig { Provider = "up", Model = $"model-{name}" }] }),
    };

    /// <summary>Holds what is asked of model-a until it is told.</summary>
    private sealed class HeldUpstream : IAsyncDisposable
    {
        private readonly TaskCompletionSource _released = new();
        private readonly SemaphoreSlim _arrived = new(0);
        private UpstreamServer? _server;

        public string Url => _server!.Url;

        public int Count => _server!.Seen.Count(IsHeld);

        public static async Task<HeldUpstream> StartAsync()
        {
            var upstream = new HeldUpstream();
            upstream._server = await UpstreamServer.StartAsync(upstream.AnswerAsync);
            return upstream;
        }

        /// <summary>Waits for one more request.</summary>
        public async Task ArrivalAsync() => Assert.True(await _arrived.WaitAsync(RouterHost.Patience));

        public void Release() => _released.SetResult();

        public async ValueTask DisposeAsync()
        {
            await _server!.DisposeAsync();
            _arrived.Dispose();
        }

        private static bool IsHeld(SeenRequest request) => request.Path.Contains("model-a", StringComparison.Ordinal);

        private async Task AnswerAsync(HttpContext context)
        {
            if (context.Request.Path.Value!.Contains("model-a", StringComparison.Ordinal))
            {
                _arrived.Release();
                await _released.Task;
            }

            await UpstreamServer.WriteJsonAsync(context, Requests.Answer);
        }
    }
}
