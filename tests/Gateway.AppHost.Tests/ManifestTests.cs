using System.Text.Json;
using System.Text.Json.Nodes;
using NJsonSchema;

namespace Gateway.AppHost.Tests;

public sealed class ManifestTests : IDisposable
{
    private readonly DataFolder _data = new();

    public void Dispose() => _data.Dispose();

    [Fact]
    public async Task Manifest_Published_FitsTheSchema()
    {
        var manifest = await PublishAsync();
        var schema = await SchemaAsync();
        Assert.Empty(schema.Validate(manifest));

        // The schema must be able to say no, or its yes means nothing.
        Assert.NotEmpty(schema.Validate(manifest.Replace("\"path\"", "\"paths\"", StringComparison.Ordinal)));
        Assert.NotEmpty(schema.Validate(manifest.Replace("\"transport\"", "\"transporter\"", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Manifest_Published_HoldsTheServicesAndNoLocalHelper()
    {
        using var manifest = JsonDocument.Parse(await PublishAsync());
        var resources = manifest.RootElement.GetProperty("resources");
        var names = resources.EnumerateObject().Where(static r => r.Value.GetProperty("type").GetString() is "project.v0" or "container.v0").Select(static r => r.Name);
        Assert.Equal(["cache", "edge", "moderation", "router", "usage"], names.Order(StringComparer.Ordinal));

        var external = resources.EnumerateObject()
            .Where(static r => r.Value.TryGetProperty("bindings", out var bindings) && bindings.EnumerateObject().Any(static b => b.Value.TryGetProperty("external", out var e) && e.GetBoolean()))
            .Select(static r => r.Name);
        Assert.Equal(["edge"], external);
    }

    [Fact]
    public async Task Manifest_Published_NamesReferencesAndSecretsByExpression()
    {
        using var manifest = JsonDocument.Parse(await PublishAsync(new() { ["GATEWAY_ADMIN_KEY"] = "must-not-be-published", ["OPENAI_API_KEY"] = "must-not-be-published", ["GATEWAY_KEY_PEPPER"] = "must-not-be-published", ["GATEWAY_DB"] = "must-not-be-published" }));
        var resources = manifest.RootElement.GetProperty("resources");
        var edge = resources.GetProperty("edge").GetProperty("env");
        Assert.Equal("{router.bindings.http.url}", edge.GetProperty("services__router__http__0").GetString());
        Assert.Equal("{router.bindings.http.url}", edge.GetProperty("ROUTER_HTTP").GetString());
        Assert.Equal("{cache.connectionString}", edge.GetProperty("ConnectionStrings__cache").GetString());
        Assert.Equal("{cache.connectionString}", resources.GetProperty("router").GetProperty("env").GetProperty("ConnectionStrings__cache").GetString());
        Assert.Equal("{key-pepper.value}", edge.GetProperty("GATEWAY_KEY_PEPPER").GetString());
        Assert.Equal("{gatewaydb.connectionString}", edge.GetProperty("ConnectionStrings__gatewaydb").GetString());
        Assert.Equal("{admin-key.value}", edge.GetProperty("GATEWAY_ADMIN_KEY").GetString());
        Assert.Equal("{openai-api-key.value}", resources.GetProperty("router").GetProperty("env").GetProperty("OPENAI_API_KEY").GetString());
        foreach (var secret in new[] { "admin-key", "context-secret", "openai-api-key", "cache-password", "key-pepper", "gatewaydb-connection" })
        {
            Assert.True(resources.GetProperty(secret).GetProperty("inputs").GetProperty("value").GetProperty("secret").GetBoolean(), secret);
        }
        Assert.DoesNotContain("must-not-be-published", manifest.RootElement.ToString(), StringComparison.Ordinal);
    }

    private async Task<string> PublishAsync(Dictionary<string, string>? environment = null)
    {
        var path = Path.Combine(_data.Path, "manifest.json");
        await using var host = AppHostProcess.Start(_data, environment, "--publisher", "manifest", "--output-path", path);
        Assert.True(await host.ExitCodeAsync() == 0, host.Output);
        return await File.ReadAllTextAsync(path);
    }

    private static async Task<JsonSchema> SchemaAsync()
    {
        var schema = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "aspire-manifest.schema.json")))!.AsObject();
        SayInOlderWords(schema);
        return await JsonSchema.FromJsonAsync(schema.ToJsonString());
    }

    // NJsonSchema knows neither "const" nor a property whose schema is just "false"; an "enum" of one value and "not anything" say the same.
    private static void SayInOlderWords(JsonNode? node)
    {
        if (node is JsonArray array)
        {
            foreach (var item in array) { SayInOlderWords(item); }
        }
        if (node is not JsonObject schema) { return; }
        if (schema["const"] is JsonValue value)
        {
            schema.Remove("const");
            schema["enum"] = new JsonArray(value);
        }
        if (schema["properties"] is JsonObject properties)
        {
            foreach (var forbidden in properties.Where(static p => p.Value is JsonValue v && v.GetValueKind() == JsonValueKind.False).Select(static p => p.Key).ToList())
            {
                properties[forbidden] = new JsonObject { ["not"] = new JsonObject() };
            }
        }
        foreach (var (_, child) in schema) { SayInOlderWords(child); }
    }
}
