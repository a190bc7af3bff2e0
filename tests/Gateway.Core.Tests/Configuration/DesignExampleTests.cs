namespace Gateway.Core.Tests.Configuration;

/// <summary>The whole document of the design: what of it works, what is refused, and nothing in between.</summary>
public sealed class DesignExampleTests
{
    private static readonly (string, string)[] Environment =
        [("GATEWAY_ADMIN_KEY", "gw-admin"), ("OPENAI_API_KEY", "sk-1"), ("GATEWAY_DEMO_KEY", "gw-demo-key")];

    [Fact]
    public void DesignExample_AsItStands_IsRefusedForWhatIsNotAvailableYetOnly()
    {
        var text = Example();
        // The example names providers that it does not define, to stay short; they are defined here.
        text = text.Replace("\nmodels:\n", """

              azure-eu:  { protocol: azure-openai, base_url: https://azure.example.com }
              anthropic: { protocol: anthropic, base_url: https://anthropic.example.com }
              gemini:    { protocol: gemini, base_url: https://gemini.example.com }
            models:

            """, StringComparison.Ordinal);

        // As the example has it, dots stand for what it leaves out.
        text = text.Replace("limits: {...}", "limits: { tokens_per_day: 1000000 }", StringComparison.Ordinal);

        var errors = Documents.Load(text, Environment).Errors;

        Assert.Equal(Expected, errors.Select(static error => $"{error.Path}: {error.Message}"));
    }

    [Fact]
    public void DesignExample_Verbatim_AlsoMissesTheProvidersItDoesNotDefine()
    {
        var errors = Documents.Load(Example(), Environment).Errors.Select(static error => $"{error.Path}: {error.Message}");

        Assert.Equal(
            [
                "models.gpt-4o.deployments[1].provider: unknown provider \"azure-eu\"",
                "resolve.prefixes[\"claude-*\"]: unknown provider \"anthropic\"",
                "resolve.prefixes[\"gemini-*\"]: unknown provider \"gemini\"",
                "teams.research.limits[\"...\"]: unknown key; the keys here are requests_per_second, requests_per_minute, requests_per_hour, requests_per_day, " +
                "tokens_per_second, tokens_per_minute, tokens_per_hour, tokens_per_day, concurrency, sessions_5m, sessions_1h, sessions_1d, burst, shadow, models",
            ],
            errors.Except(Expected));
    }

    private static readonly string[] Expected =
    [
        "server.cors: not available yet",
        "server.streams: not available yet",
        "rules: not available yet",
        "cache: not available yet",
        "moderation.policies.default.input[0].check: \"pii\" is not available yet; use keywords or regex",
        "moderation.policies.default.output: not available yet",
    ];

    private static string Example() => File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Configuration", "design-example.yaml"));
}
