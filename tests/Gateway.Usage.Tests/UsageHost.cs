using System.Net;
using System.Text.Json;
using Gateway.Core;
using Gateway.Core.Configuration;
using Gateway.Core.Context;
using Gateway.Core.Journal;
using Gateway.Usage.Ledger;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace Gateway.Usage.Tests;

/// <summary>The Usage service on a loopback port and a folder of its own. It can be stopped and started again on the same folder.</summary>
internal sealed class UsageHost : IAsyncDisposable
{
    private const string Secret = "a secret for tests that is long enough";

    private readonly ContextToken _tokens = new(new ContextKeys(Secret), TimeProvider.System);
    private readonly bool _ownsFolder;
    private WebApplication? _app;
    private HttpClient? _http;

    private UsageHost(string? folder)
    {
        _ownsFolder = folder is null;
        Folder = folder ?? Path.Combine(Path.GetTempPath(), "usage-" + Guid.NewGuid().ToString("N"));
    }

    public string Folder { get; }

    public string LedgerFolder => Path.Combine(Folder, "usage");

    public LogLines Log { get; } = new();

    public FixedConfig Config { get; } = new();

    /// <summary>Connection string of the shared store; empty for none.</summary>
    public string Cache { get; init; } = "";

    /// <summary>Connection string of the ledger's database; empty for none.</summary>
    public string Database { get; init; } = "";

    /// <summary>Whether sums of the database are answered from columns on this machine; null leaves it as it is by default.</summary>
    public bool? Columns { get; init; }

    /// <summary>What a test puts in the place of the service's own.</summary>
    public required Action<IServiceCollection> Replace { get; init; }

    public ILedgerStore Ledger => _app!.Services.GetRequiredService<ILedgerStore>();

    public T Service<T>()
        where T : notnull => _app!.Services.GetRequiredService<T>();

    public static async Task<UsageHost> StartAsync(string? folder = null, long segmentBytes = 64 * 1024 * 1024, long minFreeBytes = 0, string cache = "", string database = "", Action<IServiceCollection>? replace = null, bool? columns = null)
    {
        var host = new UsageHost(folder) { Cache = cache, Database = database, Columns = columns, Replace = replace ?? (static _ => { }) };
        await host.StartAgainAsync(segmentBytes, minFreeBytes);
        return host;
    }

    public async Task StartAgainAsync(long segmentBytes = 64 * 1024 * 1024, long minFreeBytes = 0)
    {
        await StopAsync();
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRouting();
        builder.Services.AddMetrics();
        builder.Services.AddSingleton<IConfigStore>(Config);
        builder.Logging.AddProvider(Log);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["GATEWAY_DATA"] = Folder,
            ["ConnectionStrings:cache"] = Cache,
            ["ConnectionStrings:gatewaydb"] = Database,
            [ContextKeys.SecretVariable] = Secret,
            ["Gateway:Ledger:SegmentBytes"] = segmentBytes.ToString(System.Globalization.CultureInfo.InvariantCulture),
            ["Gateway:Ledger:MinFreeBytes"] = minFreeBytes.ToString(System.Globalization.CultureInfo.InvariantCulture),
        });
        if (Columns is { } columns)
        {
            // Files of few rows: most tests have no more.
            builder.Configuration["Gateway:Ledger:ColumnCache"] = columns.ToString();
            builder.Configuration["Gateway:Ledger:ColumnFileRows"] = "50";
        }

        Replace(builder.Services);
        builder.AddUsage();
        var app = builder.Build();
        app.MapUsage();
        try
        {
            await app.StartAsync();
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }

        _app = app;
        _http = new HttpClient { BaseAddress = new Uri(app.Urls.Single()) };
    }

    public async Task<HealthStatus> HealthAsync() => (await ReportAsync()).Status;

    public Task<HealthReport> ReportAsync() => _app!.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();

    public async Task StopAsync()
    {
        _http?.Dispose();
        if (_app is not null)
        {
            await _app.DisposeAsync();
            _app = null;
        }
    }

    /// <summary>Posts a batch as a Router does.</summary>
    /// <returns>Status, and the number in the answer.</returns>
    public async Task<(int Status, long Seq)> PostAsync(byte[] batch, ContextRole role = ContextRole.Service)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, UsageBatch.Path) { Content = new ByteArrayContent(batch) };
        Sign(request, role, UsageBatch.Path);
        using var response = await _http!.SendAsync(request);
        var body = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        return ((int)response.StatusCode, response.StatusCode switch
        {
            HttpStatusCode.OK => body.GetProperty("to_seq").GetInt64(),
            HttpStatusCode.Conflict => body.GetProperty("expected_seq").GetInt64(),
            _ => 0,
        });
    }

    /// <summary>Posts captured content as a Router does.</summary>
    /// <returns>Status.</returns>
    public async Task<int> PostContentAsync(byte[] frames, ContextRole role = ContextRole.Service)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Core.Capture.ContentShipment.Path) { Content = new ByteArrayContent(frames) };
        Sign(request, role, Core.Capture.ContentShipment.Path);
        using var response = await _http!.SendAsync(request);
        return (int)response.StatusCode;
    }

    /// <summary>Posts JSON as another service does.</summary>
    public async Task<HttpResponseMessage> AskAsync(string path, string json, ContextRole role = ContextRole.Service)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(json, System.Text.Encoding.UTF8, "application/json") };
        Sign(request, role, path);
        return await _http!.SendAsync(request);
    }

    public async Task<(int Status, JsonElement Body)> GetAsync(string pathAndQuery, ContextRole? role = ContextRole.Admin, ContextAudience audience = ContextAudience.Usage, string key = "")
    {
        using var response = await SendAsync(pathAndQuery, role, audience, key);
        return ((int)response.StatusCode, JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement);
    }

    public Task<HttpResponseMessage> SendAsync(string pathAndQuery, ContextRole? role, ContextAudience audience = ContextAudience.Usage, string key = "")
    {
        var request = new HttpRequestMessage(HttpMethod.Get, pathAndQuery);
        if (role is { } given)
        {
            Sign(request, given, pathAndQuery.Split('?')[0], audience, key);
        }

        return _http!.SendAsync(request);
    }

    /// <summary>As an operator, without waiting for the end of the answer.</summary>
    public Task<HttpResponseMessage> OpenAsync(string pathAndQuery)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, pathAndQuery);
        Sign(request, ContextRole.Admin, pathAndQuery.Split('?')[0]);
        return _http!.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    /// <summary>All requests by pages of <paramref name="limit"/>.</summary>
    public async Task<List<JsonElement>> AllRequestsAsync(int limit = 1000, string filter = "")
    {
        var all = new List<JsonElement>();
        string? cursor = null;
        do
        {
            var (status, page) = await GetAsync($"/admin/v1/requests?limit={limit}{filter}{(cursor is null ? "" : "&cursor=" + cursor)}");
            Assert.Equal(200, status);
            all.AddRange(page.GetProperty("requests").EnumerateArray());
            cursor = page.GetProperty("next").GetString();
        }
        while (cursor is not null);
        return all;
    }

    public async Task<JsonElement> TotalAsync(string query = "") => (await GetAsync("/admin/v1/usage" + query)).Body.GetProperty("total");

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        if (_ownsFolder && Directory.Exists(Folder))
        {
            Directory.Delete(Folder, recursive: true);
        }
    }

    private void Sign(HttpRequestMessage request, ContextRole role, string path, ContextAudience audience = ContextAudience.Usage, string key = "") =>
        request.Headers.TryAddWithoutValidation(GatewayHeaders.Context, _tokens.Sign(new ContextClaims
        {
            Audience = audience,
            Role = role,
            RequestId = Guid.NewGuid(),
            Path = path,
            KeyId = key,
            ExpiresUnixMs = _tokens.ExpiryFromNow(),
        }));
}

/// <summary>What the service logged.</summary>
internal sealed class LogLines : ILoggerProvider, ILogger
{
    private readonly List<(int Id, LogLevel Level, string Text)> _lines = [];

    public string[] Of(int eventId)
    {
        lock (_lines)
        {
            return [.. _lines.Where(line => line.Id == eventId).Select(static line => line.Text)];
        }
    }

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (_lines)
        {
            _lines.Add((eventId.Id, logLevel, formatter(state, exception)));
        }
    }

    public void Dispose()
    {
    }
}
