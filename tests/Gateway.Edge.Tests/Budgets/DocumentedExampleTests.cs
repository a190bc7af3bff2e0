using Gateway.Core.Configuration;

namespace Gateway.Edge.Tests.Budgets;

public sealed class DocumentedExampleTests
{
    [Fact]
    public void ExampleOfThePage_IsADocumentThatLoads()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder.FullName, "Gateway.sln")))
        {
            folder = folder.Parent!;
        }

        var page = File.ReadAllText(Path.Combine(folder.FullName, "docs", "limits-and-budgets.md"));
        var example = page.Split("```yaml\n")[1].Split("```")[0];
        var result = GatewayConfigLoader.Load("""
            version: 1
            providers: { openai: { protocol: openai, base_url: "https://api.openai.com/v1" } }
            models: { gpt-4o-mini: { deployments: [ { provider: openai, model: gpt-4o-mini } ] } }

            """ + example, static _ => "secret-of-the-demo", "example");

        Assert.Empty(result.Errors);
        var config = Assert.IsType<GatewayConfig>(result.Config);
        Assert.Equal(("acme", "gpt-4o-mini"), (config.OrganisationOf(config.Keys[0]), config.Keys[0].Budgets[0].FallbackModel));
    }
}
