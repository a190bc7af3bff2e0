using System.Net.Http.Headers;
using System.Text.Json;
using Gateway.Edge.Endpoints;
using Gateway.Edge.Tests.Rig;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Edge.Tests.Admin;

/// <summary>The description of the admin endpoints is whole and true.</summary>
public sealed class OpenApiTests(EdgeFixture rig) : IClassFixture<EdgeFixture>
{
    private const string Path = "/admin/v1/openapi.json";

    [Fact]
    public async Task Description_names_every_admin_endpoint_and_no_other()
    {
        var api = await ReadAsync(rig.Edge);
        var mapped = rig.Edge.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(static endpoint => endpoint.Metadata.GetMetadata<EdgePolicy>() is { Access: EdgeAccess.Admin } && !endpoint.RoutePattern.RawText!.Contains("**", StringComparison.Ordinal))
            .SelectMany(static endpoint => endpoint.Metadata.GetMetadata<IHttpMethodMetadata>()!.HttpMethods.Select(method => $"{method} {endpoint.RoutePattern.RawText}"));

        Assert.Equal(mapped.Order(StringComparer.Ordinal), api.Operations.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Description_is_for_operators_only()
    {
        using var client = rig.Edge.Client();
        using var response = await client.GetAsync(Path);

        await EdgeServer.AssertErrorAsync(response, 401, "admin_key_required");
    }

    [Fact]
    public async Task Description_is_well_formed_and_every_property_of_every_answer_is_described()
    {
        var api = await ReadAsync(rig.Edge);
        var components = api.Root.GetProperty("components");
        Assert.Equal("3.1.0", api.Root.GetProperty("openapi").GetString());
        Assert.All(
            components.GetProperty("schemas").EnumerateObject().SelectMany(static schema => ApiDescription.Below(schema.Value, schema.Name)),
            schema =>
            {
                Assert.Empty(ApiDescription.UnknownWords(schema.Schema));
                Assert.True(schema.Schema.TryGetProperty("description", out var text) || api.Resolve(schema.Schema).TryGetProperty("description", out text), schema.Path);
                Assert.True(text.GetString() is { Length: > 3 } said && said.EndsWith('.'), $"{schema.Path}: {text}");
                var required = schema.Schema.TryGetProperty("required", out var names) ? names.EnumerateArray().Select(static name => name.GetString()!) : [];
                Assert.All(required, name => Assert.True(schema.Schema.GetProperty("properties").TryGetProperty(name, out _), $"{schema.Path}.{name}"));
            });

        var operations = api.Operations.Select(operation => (Name: operation, Value: api.Operation(operation))).ToArray();
        Assert.Equal(operations.Length, operations.Select(static operation => operation.Value.GetProperty("operationId").GetString()).Distinct().Count());
        Assert.All(operations, operation =>
        {
            Assert.NotEmpty(operation.Value.GetProperty("summary").GetString()!);
            Assert.True(operation.Value.GetProperty("responses").TryGetProperty("401", out _));
            var given = Parameters(api, operation.Value).Concat(Parameters(api, api.Root.GetProperty("paths").GetProperty(operation.Name.Split(' ')[1]))).ToArray();
            Assert.All(given, static parameter => Assert.NotEmpty(parameter.GetProperty("description").GetString()!));
            Assert.Equal(operation.Name.Split('{').Skip(1).Select(static name => name.Split('}')[0]), given.Where(static parameter => parameter.GetProperty("in").GetString() == "path").Select(static parameter => parameter.GetProperty("name").GetString()));
        });
        Assert.All(References(api.Root), reference => Assert.NotEqual(JsonValueKind.Undefined, reference.Split('/').Skip(1).Aggregate(api.Root, static (at, name) => at.GetProperty(name)).ValueKind));
    }

    [Fact]
    public async Task Answers_about_keys_are_as_described()
    {
        var data = Directory.CreateTempSubdirectory("edge-openapi-").FullName;
        try
        {
            await using var keys = await KeysEdge.StartAsync(data);
            var api = await ReadAsync(keys.Edge);
            using var client = keys.Edge.Client(EdgeServer.AdminKey);
            const string Full = """
                {"id":"whole","models":["gpt-*"],"providers":["openai"],"team":"t","user":"u","disabled":true,"expires":"2030-01-01","priority":"batch","requires":{"region":"eu"},"may_steer":false,"addresses":["10.0.0.0/8"],
                 "labels":{"app":"x"},"moderation":"own","limits":{"requests_per_minute":5,"tokens_per_day":9,"concurrency":2,"sessions_1h":3,"burst":"10s","shadow":true,"models":{"gpt-*":{"requests_per_second":1}}},
                 "budgets":[{"usd":1.5,"window":"rolling","length":"2h","alerts":[50,90],"webhook":"https://example.com/x"},{"usd":2,"window":"day","mode":"hard","fallback":"gpt-4o-mini","raise":{"usd":1,"until":"2030-01-01"}}]}
                """;
            using var deployable = EdgeServer.Json(Full.Replace(",\"requires\":{\"region\":\"eu\"}", "", StringComparison.Ordinal));
            await AssertAsync(api, "POST /admin/v1/keys", await client.PostAsync("/admin/v1/keys", deployable));
            await AssertAsync(api, "GET /admin/v1/keys", await client.GetAsync("/admin/v1/keys"));
            await AssertAsync(api, "GET /admin/v1/keys/{id}", await client.GetAsync("/admin/v1/keys/whole"));
            using var patch = EdgeServer.Json("""{"weight":3,"team":null,"budgets":null,"budget":{"usd":3,"window":"lifetime"}}""");
            await AssertAsync(api, "PATCH /admin/v1/keys/{id}", await client.PatchAsync("/admin/v1/keys/whole", patch));
            using var rotation = EdgeServer.Json("""{"overlap":"24h"}""");
            await AssertAsync(api, "POST /admin/v1/keys/{id}/rotate", await client.PostAsync("/admin/v1/keys/whole/rotate", rotation));
            await AssertAsync(api, "DELETE /admin/v1/keys/{id}", await client.DeleteAsync("/admin/v1/keys/whole"));
            await AssertAsync(api, "GET /admin/v1/keys/{id}", await client.GetAsync("/admin/v1/keys/whole"), 404);
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    [Fact]
    public async Task Answers_about_the_document_deployments_and_refused_questions_are_as_described()
    {
        var api = await ReadAsync(rig.Edge);
        using var client = rig.Edge.Client(EdgeServer.AdminKey);
        await AssertAsync(api, "GET /admin/v1/config", await client.GetAsync("/admin/v1/config"));
        using var document = new StringContent("version: 1\nproviderz: {}\n");
        document.Headers.ContentType = new MediaTypeHeaderValue("application/yaml");
        await AssertAsync(api, "POST /admin/v1/config/validate", await client.PostAsync("/admin/v1/config/validate", document));
        using var question = EdgeServer.Json("""{"key":"narrow","request":{"model":"gpt-4o","messages":[{"role":"user","content":"hi"}]}}""");
        await AssertAsync(api, "POST /admin/v1/explain", await client.PostAsync("/admin/v1/explain", question));

        rig.Router.Answer = static context => context.Response.WriteAsync("""
            {"router":"one","routers_alive":1,"deployments":[{"id":"openai/gpt-4o","provider":"openai","models":[{"model":"gpt-4o","order":1,"weight":1}],"state":"open","reason":"probe_failed",
             "open_until":"2026-11-21T12:00:00.000Z","ramp":1,"soft":false,"failures_in_a_row":1,"times_in_a_row":0,"calls_30s":3,"failures_30s":1,"in_flight":2,"ttft_ms":null,"error_share":0.1,"tokens_per_second":21.5,
             "credentials":[{"label":"openai#1","state":"usable","until":null,"quota_left":1,"in_flight":2}],"endpoint":{"state":"closed","reason":"","open_until":null},"queue":{"waiting":1}}]}
            """);
        await AssertAsync(api, "GET /admin/v1/deployments", await client.GetAsync("/admin/v1/deployments"));
    }

    [Fact]
    public async Task Answers_about_versions_of_the_document_are_as_described()
    {
        var folder = Directory.CreateTempSubdirectory("edge-openapi-").FullName;
        try
        {
            await using var edge = await ConfigVersions.ConfigEdge.StartAsync(folder);
            await edge.UntilAsync(1);
            var api = await ReadAsync(edge.Edge);
            using var client = edge.Edge.Client(EdgeServer.AdminKey);
            client.DefaultRequestHeaders.TryAddWithoutValidation("If-Match", "*");
            const string Path = "/admin/v1/config";
            foreach (var (text, status) in new[] { (EdgeServer.Config + "# more\n", 200), ("version: 1\nproviderz: {}\n", 400) })
            {
                using var document = new StringContent(text);
                await AssertAsync(api, $"PUT {Path}", await client.PutAsync(Path, document), status);
            }

            await AssertAsync(api, $"GET {Path}/versions", await client.GetAsync(Path + "/versions"));
            await AssertAsync(api, $"GET {Path}/versions/{{version}}", await client.GetAsync(Path + "/versions/1"));
            await AssertAsync(api, $"GET {Path}/versions/{{version}}", await client.GetAsync(Path + "/versions/9"), 404);
            await AssertAsync(api, $"POST {Path}/versions/{{version}}/restore", await client.PostAsync(Path + "/versions/1/restore", null));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task AssertAsync(ApiDescription api, string operation, HttpResponseMessage answer, int? status = null)
    {
        using (answer)
        {
            var text = await answer.Content.ReadAsStringAsync();
            Assert.True(status is null ? answer.IsSuccessStatusCode : status == (int)answer.StatusCode, $"{operation}: {(int)answer.StatusCode} {text}");
            using var body = JsonDocument.Parse(text);
            Assert.Empty(api.Differences(operation, (int)answer.StatusCode, body.RootElement));
        }
    }

    private static async Task<ApiDescription> ReadAsync(EdgeServer edge)
    {
        using var client = edge.Client(EdgeServer.AdminKey);
        return ApiDescription.Parse(await client.GetStringAsync(Path));
    }

    private static IEnumerable<JsonElement> Parameters(ApiDescription api, JsonElement owner) =>
        owner.TryGetProperty("parameters", out var given) ? given.EnumerateArray().Select(api.Resolve) : [];

    private static IEnumerable<string> References(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject().SelectMany(static member => member.Name == "$ref" ? [member.Value.GetString()!] : References(member.Value)),
        JsonValueKind.Array => element.EnumerateArray().SelectMany(References),
        _ => [],
    };
}
