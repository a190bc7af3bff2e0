using System.Text.Json;
using Gateway.Core;
using Gateway.Core.Admission.Shared;
using Gateway.Core.Context;
using Gateway.Edge.Admission;
using Gateway.Edge.Tests.Rig;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Gateway.Edge.Tests.Admission;

public sealed class UsageSettlementsTests : IAsyncLifetime
{
    private static readonly SpentQuery Query = new("default", [new BudgetSlot("key:demo|day:2026-11-21@UTC", 0), new BudgetSlot("org:default|rolling:3600", 7)]);

    private readonly LogLines _log = new();
    private FakeService _service = null!;
    private ServiceProvider _services = null!;
    private UsageSettlements _usage = null!;
    private ContextToken _tokens = null!;

    public async Task InitializeAsync()
    {
        _service = await FakeService.StartAsync();
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("services:usage:http:0", _service.Url.ToString()), new(ContextKeys.SecretVariable, EdgeServer.Secret)]).Build();
        _tokens = new ContextToken(ContextKeys.FromConfiguration(configuration), TimeProvider.System);
        var services = new ServiceCollection().AddSingleton<IConfiguration>(configuration).AddLogging(builder => builder.AddProvider(_log));
        services.AddServiceDiscovery();
        services.AddHttpClient(UsageSettlements.HttpClientName, UsageSettlements.Configure).ConfigurePrimaryHttpMessageHandler(UsageSettlements.CreateHandler).AddServiceDiscovery();
        _services = services.BuildServiceProvider();
        _usage = new UsageSettlements(_services.GetRequiredService<IHttpClientFactory>(), _tokens, _services.GetRequiredService<ILogger<UsageSettlements>>());
    }

    public async Task DisposeAsync()
    {
        await _services.DisposeAsync();
        await _service.DisposeAsync();
    }

    [Fact]
    public async Task What_was_spent_is_asked_with_a_signed_context_and_read_in_order()
    {
        _service.Answer = static context => context.Response.WriteAsync("""{"spent":[12,9000000000000000]}""");

        Assert.Equal([12L, 9_000_000_000_000_000L], (await _usage.SpentAsync(Query, CancellationToken.None))!);

        var seen = await _service.NextAsync();
        Assert.Equal(("POST", "/internal/usage/budgets"), (seen.Method, seen.Target));
        Assert.Equal("""{"organisation":"default","slots":[{"id":"key:demo|day:2026-11-21@UTC","slot":0},{"id":"org:default|rolling:3600","slot":7}]}""", JsonText(seen.Body));
        Assert.Equal(ContextRole.Service, _tokens.Verify(seen.Headers[GatewayHeaders.Context], ContextAudience.Usage, "/internal/usage/budgets")?.Role);
    }

    [Fact]
    public async Task Ends_are_asked_by_id()
    {
        var id = Guid.CreateVersion7();
        _service.Answer = context => context.Response.WriteAsync($$"""{"settled":[{"id":"{{id}}","cost_nano_usd":5,"tokens":7}]}""");

        Assert.Equal([new SettledRequest(id, 5, 7)], (await _usage.SettledAsync(new SettledQuery([id]), CancellationToken.None))!);

        var seen = await _service.NextAsync();
        Assert.Equal(("/internal/usage/settled", $$"""{"requests":["{{id}}"]}"""), (seen.Target, JsonText(seen.Body)));
    }

    [Theory]
    [InlineData(503, "")]
    [InlineData(200, "{")]
    [InlineData(200, "null")]
    [InlineData(200, """{"spent":[1]}""")]
    [InlineData(200, """{"spent":null}""")]
    public async Task An_answer_that_is_none_is_null_and_said_once(int status, string body)
    {
        _service.Answer = context =>
        {
            context.Response.StatusCode = status;
            return context.Response.WriteAsync(body);
        };

        Assert.Null(await _usage.SpentAsync(Query, CancellationToken.None));
        Assert.Null(await _usage.SpentAsync(Query, CancellationToken.None));

        Assert.Single(_log.Lines, static line => line.Contains("Usage does not tell", StringComparison.Ordinal));
        _service.Answer = static context => context.Response.WriteAsync("""{"spent":[1,2]}""");
        Assert.NotNull(await _usage.SpentAsync(Query, CancellationToken.None));
        Assert.Single(_log.Lines, static line => line.Contains("Usage tells", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_service_that_is_not_there_is_no_answer()
    {
        await _service.DisposeAsync();

        Assert.Null(await _usage.SettledAsync(new SettledQuery([Guid.NewGuid()]), CancellationToken.None));

        Assert.DoesNotContain(_log.Lines, line => line.Contains(_service.Url.Port.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal) && line.StartsWith("Usage", StringComparison.Ordinal));
    }

    private static string JsonText(byte[] body) => JsonDocument.Parse(body).RootElement.GetRawText();
}
