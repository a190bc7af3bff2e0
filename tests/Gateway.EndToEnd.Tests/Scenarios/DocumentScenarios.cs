namespace Gateway.EndToEnd.Tests.Scenarios;

/// <summary>What must not even start.</summary>
public sealed class DocumentScenarios
{
    [Theory]
    [InlineData("one: two, two: one", "", "one")]
    [InlineData("", "first: [second], second: [first]", "first")]
    [InlineData("", "first: [nowhere], second: []", "nowhere")]
    public async Task Loop_OrDeadReference_IsRefusedWhenTheDocumentLoads(string aliases, string fallbacks, string named)
    {
        var folder = Directory.CreateTempSubdirectory("gateway-document-").FullName;
        try
        {
            var file = Path.Combine(folder, "gateway.yaml");
            var models = (fallbacks.Length > 0 ? fallbacks : "first: [], second: []").Split("], ").Select(line => line.TrimEnd(']').Split(": ["))
                .Select(parts => $"  {parts[0]}: {{ deployments: [ {{ provider: sim, model: {parts[0]}, price: {{ input: 1, output: 1 }} }} ], fallbacks: [{parts[1]}] }}");
            await File.WriteAllTextAsync(file, $$"""
                version: 1
                providers:
                  sim: { protocol: openai, base_url: "http://127.0.0.1:9/v1", keys: [key-of-sim], internal: true }
                models:
                {{string.Join('\n', models)}}
                aliases: { {{aliases}} }
                keys:
                  - { id: demo, secret: a-key-of-the-test, models: ["*"] }
                """);
            await using var edge = RigProcess.Service("Gateway.Edge", "edge", () => new Dictionary<string, string?>
            {
                ["GATEWAY_CONFIG"] = file,
                ["GATEWAY_DATA"] = folder,
                ["GATEWAY_CONTEXT_SECRET"] = "rig-context-secret-0123456789abcdef0123456789",
                ["services__router__http__0"] = "http://127.0.0.1:9",
                ["services__usage__http__0"] = "http://127.0.0.1:9",
            }, RigProcess.FreePort());

            edge.Start();
            await edge.WaitForExitAsync(TimeSpan.FromSeconds(60));

            Assert.NotEqual(0, edge.ExitCode);
            Assert.Contains(named, edge.Output, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
