namespace Gateway.AppHost;

/// <summary>What the user is told once the gateway answers. The lines to copy work as they are, or say what to put in.</summary>
internal sealed record WelcomeText(GatewaySettings Settings, string Url, string DemoKey, string AdminKeyPlace)
{
    public override string ToString()
    {
        var (key, model, hint) = Sample();
        return $$"""

              The gateway is up.

                Gateway    {{Url}}
                Console    {{Url}}/console
                Demo key   {{DemoKey}}{{(Settings.HasOwnDocument ? "   (where your document uses ${GATEWAY_DEMO_KEY})" : "")}}
                Admin key  {{AdminKeyPlace}}

              Ask it{{hint}}:

                curl {{Url}}/v1/chat/completions -H "Authorization: Bearer {{key}}" -H "Content-Type: application/json" \
                  -d '{"model": "{{model}}", "messages": [{"role": "user", "content": "Hello"}]}'

              The same as a stream:

                curl -N {{Url}}/v1/chat/completions -H "Authorization: Bearer {{key}}" -H "Content-Type: application/json" \
                  -d '{"model": "{{model}}", "stream": true, "messages": [{"role": "user", "content": "Hello"}]}'

              Ctrl-C stops everything.

            """;
    }

    /// <summary>A key and a model that this run has. With several providers, the first in the order in which they are documented.</summary>
    private (string Key, string Model, string Hint) Sample()
    {
        if (Settings.HasOwnDocument) { return ("YOUR_KEY", "YOUR_MODEL", ", with a key and a model of your document"); }
        if (Settings.NeedsSimulator) { return (DemoKey, "gpt-4o-mini", ""); }
        return Settings.Providers[0].Key switch
        {
            "ANTHROPIC_API_KEY" => (DemoKey, "claude-haiku-4-5", ""),
            "GEMINI_API_KEY" => (DemoKey, "gemini-2.5-flash", ""),
            "OLLAMA_HOST" => (DemoKey, "YOUR_MODEL", ", with the name of a model that you have pulled (\"ollama list\" shows them)"),
            _ => (DemoKey, "gpt-4o-mini", ""),
        };
    }
}
