using Gateway.Core.Configuration;

namespace Gateway.Core.Tests.Configuration;

/// <summary>Loads texts as tests write them.</summary>
internal static class Documents
{
    public const string Origin = "gateway.yaml";

    /// <summary>The smallest document that can serve a request.</summary>
    public const string Small = """
        version: 1
        providers:
          openai:
            protocol: openai
            base_url: https://api.example.com/v1
            keys: ["sk-upstream"]
        models:
          gpt-4o:
            deployments:
              - { provider: openai, model: gpt-4o-2024 }
        keys:
          - { id: demo, secret: gw-demo-secret, models: [gpt-4o] }
        """;

    public static ConfigLoadResult Load(string yaml, params (string Name, string Value)[] environment) =>
        GatewayConfigLoader.Load(yaml, name => Array.Find(environment, variable => variable.Name == name).Value, Origin);

    public static GatewayConfig Good(string yaml, params (string Name, string Value)[] environment)
    {
        var result = Load(yaml, environment);
        Assert.True(result.Config is not null, result.Describe());
        return result.Config;
    }

    /// <summary>The errors of a document, one a line, as an operator reads them.</summary>
    public static string Errors(string yaml, params (string Name, string Value)[] environment)
    {
        var result = Load(yaml, environment);
        Assert.Null(result.Config);
        return result.Describe();
    }
}
