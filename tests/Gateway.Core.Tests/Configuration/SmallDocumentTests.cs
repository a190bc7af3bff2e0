namespace Gateway.Core.Tests.Configuration;

public sealed class SmallDocumentTests
{
    [Fact]
    public void Load_SmallDocument_GivesDefaultsForTheRest()
    {
        var config = Documents.Good(Documents.Small);

        var provider = config.Providers["openai"];
        Assert.Equal("https://api.example.com/v1", provider.BaseUrl.AbsoluteUri);
        Assert.Equal(["sk-upstream"], provider.Keys);
        Assert.False(provider.Internal);
        Assert.Equal(TimeSpan.FromSeconds(2), provider.Timeouts.Connect);
        Assert.Equal(TimeSpan.FromMinutes(10), provider.Timeouts.Total);
        var deployment = Assert.Single(config.Models["gpt-4o"].Deployments);
        Assert.Equal("openai/gpt-4o-2024", deployment.Id);
        Assert.Null(deployment.Price);
        var key = Assert.Single(config.Keys);
        Assert.Equal(["*"], key.Providers);
        Assert.Null(key.RequestsPerMinute);
        Assert.Null(config.Server.AdminKey);
        Assert.Equal(32 * 1024 * 1024, config.Server.MaxBodyBytes);
    }
}
