namespace Gateway.Core.Tests.Configuration;

public sealed class LocalDocumentTests
{
    [Fact]
    public void LocalDocument_WithWhatTheHostSets_Loads()
    {
        var config = Documents.Good(File.ReadAllText(RepositoryFiles.PathOf("Gateway.AppHost", "gateway.yaml")),
            ("GATEWAY_ADMIN_KEY", "gw-admin"), ("GATEWAY_DEMO_KEY", "gw-demo-key"), ("SIMULATOR_URL", "http://localhost:5001"));

        Assert.Equal("http://localhost:5001/v1", config.Providers["simulator"].BaseUrl.AbsoluteUri);
        Assert.Equal("demo", Assert.Single(config.Keys).Id);
        Assert.Equal("gpt-4o-mini", config.Aliases["fast"]);
    }
}
