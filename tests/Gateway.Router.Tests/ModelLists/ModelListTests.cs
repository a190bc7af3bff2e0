using System.Net;
using System.Text;
using System.Text.Json;
using Gateway.Core.Configuration;
using Gateway.Core.Context;
using Gateway.Router.ModelLists;
using Gateway.Router.Tests.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Gateway.Router.Tests.ModelLists;

public sealed class ModelListTests
{
    [Theory]
    [InlineData("openai-models-perplexity-plain")]
    [InlineData("anthropic-models-models")]
    [InlineData("gemini-models-plain")]
    [InlineData("ollama-models-models")]
    public void Recording_OfAModelList_HasNames(string id)
    {
        var names = ModelListReader.Read(Recordings.Load(id).Response);

        Assert.NotEmpty(names);
        Assert.DoesNotContain(names, static name => name.StartsWith("models/", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("""{"data":[{"id":"a"},{"id":"b c"},{"id":"a"},{"id":7},7,{"name":"d/e:f"}]}""", "a|d/e:f")]
    [InlineData("""[{"id":"a"}]""", "a")]
    [InlineData("""{"models":[{"name":"models/gemini-x"}]}""", "gemini-x")]
    public void List_WithNamesThatCannotBeAskedFor_LeavesThemOut(string document, string expected) =>
        Assert.Equal(expected, string.Join('|', ModelListReader.Read(Encoding.UTF8.GetBytes(document))));

    [Theory]
    [InlineData("<html>")]
    [InlineData("""{"object":"list"}""")]
    [InlineData("""{"data":"a"}""")]
    [InlineData("7")]
    public void Document_ThatIsNoList_IsRefused(string document) =>
        Assert.Throws<InvalidDataException>(() => ModelListReader.Read(Encoding.UTF8.GetBytes(document)));

    [Theory]
    [InlineData(ProviderProtocol.OpenAI, "/v1/models", "authorization", "Bearer " + TestConfig.Key)]
    public async Task Providers_ThatListModels_AreAskedWithTheirOwnCredential(ProviderProtocol protocol, string path, string header, string value)
    {
        await using var upstream = await UpstreamServer.StartJsonAsync("""{"data":[{"id":"one"},{"id":"two"}]}""");
        var config = TestConfig.For(TestConfig.Provider(upstream.Url) with { Protocol = protocol, ListModels = true }, TestConfig.Provider(upstream.Url, "silent"));
        await using var router = await RouterHost.StartAsync(config);

        Assert.True(await Refresher(router).RefreshAsync(CancellationToken.None));

        Assert.Equal("""{"providers":{"up":["one","two"]}}""", await ListAsync(router));
        Assert.All(upstream.Seen, seen => Assert.Equal((path, value), (seen.Path, seen.Headers[header])));
    }

    [Fact]
    public async Task Provider_ThatFails_KeepsTheListThatItHad()
    {
        var status = 200;
        await using var upstream = await UpstreamServer.StartAsync(context => UpstreamServer.WriteJsonAsync(context, """{"data":[{"id":"one"}]}""", status));
        await using var router = await RouterHost.StartAsync(TestConfig.For(TestConfig.Provider(upstream.Url) with { ListModels = true }));
        Assert.True(await Refresher(router).RefreshAsync(CancellationToken.None));

        status = StatusCodes.Status500InternalServerError;

        Assert.False(await Refresher(router).RefreshAsync(CancellationToken.None));
        Assert.Equal("""{"providers":{"up":["one"]}}""", await ListAsync(router));
        Assert.Contains(router.Logs.Lines, static line => line.Message.Contains("could not be listed (HttpRequestException, status 500)", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(ContextRole.Client)]
    [InlineData(null)]
    public async Task List_AskedWithoutAServiceContext_IsRefused(ContextRole? role)
    {
        await using var upstream = await UpstreamServer.StartJsonAsync("{}");
        await using var router = await RouterHost.StartAsync(upstream);
        using var request = new HttpRequestMessage(HttpMethod.Get, ModelListEndpoint.Path);
        if (role is { } signed)
        {
            request.Headers.Add("x-gateway-context", Context(signed));
        }

        using var response = await router.Client.SendAsync(request);

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
    }

    private static ModelListRefresher Refresher(RouterHost router) => router.Services.GetServices<IHostedService>().OfType<ModelListRefresher>().Single();

    private static string Context(ContextRole role) => RouterHost.Tokens.Sign(new ContextClaims
    {
        Audience = ContextAudience.Router,
        Role = role,
        RequestId = Guid.NewGuid(),
        Path = ModelListEndpoint.Path,
        ExpiresUnixMs = RouterHost.Tokens.ExpiryFromNow(),
    });

    private static async Task<string> ListAsync(RouterHost router)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, ModelListEndpoint.Path);
        request.Headers.Add("x-gateway-context", Context(ContextRole.Service));
        using var response = await router.Client.SendAsync(request);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return JsonSerializer.Serialize(await JsonSerializer.DeserializeAsync<JsonElement>(await response.Content.ReadAsStreamAsync()));
    }
}
