using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Gateway.Edge.Tests.Rig;
using Microsoft.Extensions.Logging;

namespace Gateway.Edge.Tests.Admin.ConfigVersions;

/// <summary>An Edge whose document operators change, with a file that the test has in its hands.</summary>
internal sealed class ConfigEdge : IAsyncDisposable
{
    public const string Path = "/admin/v1/config";

    private readonly FakeService _router;
    private readonly HttpClient _operator;

    private ConfigEdge(EdgeServer edge, FakeService router, string file)
    {
        (Edge, _router, File) = (edge, router, file);
        _operator = edge.Client(EdgeServer.AdminKey);
    }

    public EdgeServer Edge { get; }

    public string File { get; }

    /// <param name="folder">Of the document and the data.</param>
    public static async Task<ConfigEdge> StartAsync(string folder, Dictionary<string, string>? settings = null, string config = EdgeServer.Config, ILoggerProvider? log = null, string data = "data")
    {
        var file = System.IO.Path.Combine(folder, "gateway.yaml");
        if (!System.IO.File.Exists(file))
        {
            await System.IO.File.WriteAllTextAsync(file, config);
        }

        var all = new Dictionary<string, string>(settings ?? []) { ["GATEWAY_DATA"] = System.IO.Path.Combine(folder, data) };
        all.TryAdd("GATEWAY_CONFIG", file);
        all.TryAdd(Gateway.Edge.VirtualKeys.KeyPepper.Variable, KeysEdge.Pepper);
        var router = await FakeService.StartAsync();
        return new ConfigEdge(await EdgeServer.StartAsync([router.Url], all, log: log), router, file);
    }

    public async Task<KeysAnswer> SendAsync(HttpMethod method, string path = "", string? body = null, string? ifMatch = null, string? comment = null)
    {
        using var request = new HttpRequestMessage(method, Path + path);
        if (body is not null)
        {
            request.Content = new StringContent(body, new UTF8Encoding(false), "application/yaml");
        }

        foreach (var (name, value) in new[] { ("If-Match", ifMatch), ("x-gateway-comment", comment) })
        {
            Assert.True(value is null || request.Headers.TryAddWithoutValidation(name, value));
        }

        using var response = await _operator.SendAsync(request);
        var text = await response.Content.ReadAsStringAsync();
        return new KeysAnswer((int)response.StatusCode, text.StartsWith('{') ? JsonDocument.Parse(text).RootElement : default, response.Headers, text);
    }

    public Task<KeysAnswer> GetAsync(string path = "") => SendAsync(HttpMethod.Get, path);

    public Task<KeysAnswer> PutAsync(string document, string? ifMatch = "*", string? comment = null) => SendAsync(HttpMethod.Put, "", document, ifMatch, comment);

    public async Task<string> ETagAsync() => (await GetAsync()).Headers.ETag!.Tag;

    /// <summary>The document as it may be shown and changed.</summary>
    public async Task<string> TextAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Path);
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("application/yaml"));
        using var response = await _operator.SendAsync(request);
        Assert.Equal("application/yaml; charset=utf-8", response.Content.Headers.ContentType?.ToString());
        return await response.Content.ReadAsStringAsync();
    }

    /// <summary>Of the list: number, source, author, comment, and a star for the one in force.</summary>
    public async Task<List<string>> VersionsAsync() =>
    [
        .. (await GetAsync("/versions")).Body.GetProperty("versions").EnumerateArray().Select(static version =>
            $"{version.GetProperty("version")} {version.GetProperty("source")} {version.GetProperty("author")} {version.GetProperty("comment")}{(version.GetProperty("in_force").GetBoolean() ? " *" : "")}"),
    ];

    /// <summary>Waits for as many versions as there must soon be.</summary>
    public async Task<List<string>> UntilAsync(int count)
    {
        using var deadline = new CancellationTokenSource(EdgeServer.Patience);
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        List<string> versions;
        while ((versions = await VersionsAsync()).Count < count || !versions[0].EndsWith('*'))
        {
            Assert.True(!deadline.IsCancellationRequested, string.Join('\n', versions));
            await tick.WaitForNextTickAsync();
        }

        return versions;
    }

    public async ValueTask DisposeAsync()
    {
        _operator.Dispose();
        await Edge.DisposeAsync();
        await _router.DisposeAsync();
    }
}
