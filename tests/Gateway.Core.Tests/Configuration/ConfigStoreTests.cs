using Gateway.Core.Configuration;
using Gateway.Core.Configuration.Store;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.Core.Tests.Configuration;

/// <summary>The store over a real file. Time stands still but where the test moves it to the next poll.</summary>
public sealed class ConfigStoreTests : IDisposable
{
    private readonly ConfigFolder _folder = new();
    private readonly ManualTime _time = new();
    private readonly ListLogger<ConfigStore> _log = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Document_ReplacedByAGoodOne_RaisesTheGenerationAndTellsBuilders()
    {
        _folder.Write("admin-key-a");
        using var store = Open();
        var seen = new List<(long, string?)>();
        using var subscription = store.OnChange(snapshot => seen.Add((snapshot.Generation, snapshot.Config.Server.AdminKey)));
        var first = store.Current;

        _folder.Write("admin-key-b");
        _time.Advance(ConfigWatcher.Poll);

        Assert.Equal([(1L, "admin-key-a"), (2L, "admin-key-b")], seen);
        Assert.Equal(2, store.Current.Generation);
        Assert.Equal("admin-key-a", first.Config.Server.AdminKey);
        Assert.NotEqual(first.Fingerprint, store.Current.Fingerprint);
        Assert.Equal(12, store.Current.Fingerprint.Length);
        Assert.Null(store.Problem);
    }

    [Fact]
    public void Document_ReplacedByABadOne_KeepsTheGoodOneAndLogsOnce()
    {
        _folder.Write("admin-key-a");
        using var store = Open();

        _folder.WriteText("version: 1\nsever: {}\n");
        _time.Advance(ConfigWatcher.Poll);
        _time.Advance(ConfigWatcher.Poll);
        _time.Advance(ConfigWatcher.Poll);

        Assert.Equal((1L, "admin-key-a"), (store.Current.Generation, store.Current.Config.Server.AdminKey));
        Assert.Contains("gateway.yaml:2:1 sever: unknown key; did you mean \"server\"?", store.Problem, StringComparison.Ordinal);
        var error = Assert.Single(_log.Entries, static entry => entry.Level == LogLevel.Error);
        Assert.Contains("did you mean \"server\"?", error.Text, StringComparison.Ordinal);
        Assert.Contains("generation 1 stays in force", error.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Document_RepairedAfterABadOne_IsTheNextGeneration()
    {
        _folder.Write("admin-key-a");
        using var store = Open();
        _folder.WriteText("version: 2");
        _time.Advance(ConfigWatcher.Poll);

        _folder.Write("admin-key-b");
        _time.Advance(ConfigWatcher.Poll);

        Assert.Equal((2L, "admin-key-b"), (store.Current.Generation, store.Current.Config.Server.AdminKey));
        Assert.Null(store.Problem);
    }

    [Fact]
    public void Document_PutBackAsItWas_ClearsTheProblemWithoutANewGeneration()
    {
        _folder.Write("admin-key-a");
        using var store = Open();
        _folder.WriteText("version: 2");
        _time.Advance(ConfigWatcher.Poll);

        _folder.Write("admin-key-a");
        _time.Advance(ConfigWatcher.Poll);

        Assert.Equal(1, store.Current.Generation);
        Assert.Null(store.Problem);
    }

    [Fact]
    public void Document_DeletedWhileRunning_StaysInForceAndIsAProblem()
    {
        _folder.Write("admin-key-a");
        using var store = Open();

        File.Delete(_folder.File);
        _time.Advance(ConfigWatcher.Poll);
        _time.Advance(ConfigWatcher.Poll);

        Assert.Equal("admin-key-a", store.Current.Config.Server.AdminKey);
        Assert.Contains("there is no such file", store.Problem, StringComparison.Ordinal);
        Assert.Single(_log.Entries, static entry => entry.Level == LogLevel.Error);
    }

    [Fact]
    public async Task Builder_ThatFails_DoesNotKeepOthersFromTheNewDocument()
    {
        _folder.Write("admin-key-a");
        using var store = Open();
        var seen = 0L;
        using var failing = store.OnChange(static snapshot => _ = snapshot.Generation == 1 ? 0 : throw new InvalidOperationException("boom"));
        using var working = store.OnChange(snapshot => seen = snapshot.Generation);

        _folder.Write("admin-key-b");
        _time.Advance(ConfigWatcher.Poll);

        Assert.Equal(2, seen);
        Assert.Equal("a feature could not take over generation 2", store.Problem);
        var health = await new ConfigHealthCheck(store).CheckHealthAsync(new());
        Assert.Equal((HealthStatus.Degraded, store.Problem), (health.Status, health.Description));
        Assert.Single(_log.Entries, static entry => entry.Level == LogLevel.Error);
    }

    [Fact]
    public void Builder_AfterItsSubscriptionEnded_HearsNothing()
    {
        _folder.Write("admin-key-a");
        using var store = Open();
        var calls = 0;
        store.OnChange(_ => calls++).Dispose();

        _folder.Write("admin-key-b");
        _time.Advance(ConfigWatcher.Poll);

        Assert.Equal(1, calls);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task File_ReplacedAsEditorsAndKubernetesDo_IsNoticedWithoutPolling(bool link)
    {
        _folder.Write("admin-key-a", link);
        // Real time: what is tested is the notification of the operating system, and the clock of the poll stands still.
        using var store = new ConfigStore(_folder.Source, ConfigStore.LoadFirst(_folder.Source), new NoPolling(), _log);
        var changed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using var subscription = store.OnChange(snapshot =>
        {
            if (snapshot.Config.Server.AdminKey == "admin-key-b")
            {
                changed.TrySetResult();
            }
        });

        _folder.Write("admin-key-b", link);

        await changed.Task.WaitAsync(TimeSpan.FromSeconds(60));
    }

    [Theory]
    [InlineData("version: 1\nsever: {}", "unknown key")]
    [InlineData(null, "there is no such file; GATEWAY_CONFIG must be the path of the configuration document")]
    public void Start_WithABadDocument_ThrowsTheWholeList(string? text, string expected)
    {
        if (text is not null)
        {
            _folder.WriteText(text);
        }

        var exception = Assert.Throws<GatewayConfigurationException>(() => ConfigStore.LoadFirst(_folder.Source));

        Assert.Contains(expected, exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Start_WithAFileThatIsNoText_SaysSo()
    {
        File.WriteAllBytes(_folder.File, [0x76, 0xFF, 0xFE, 0xC0]);

        Assert.Contains("not UTF-8", Assert.Throws<GatewayConfigurationException>(() => ConfigStore.LoadFirst(_folder.Source)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Start_WithAFolderAsDocument_SaysSo() =>
        Assert.Contains("the file cannot be read",
            Assert.Throws<GatewayConfigurationException>(() => ConfigStore.LoadFirst(new ConfigSource(Path.GetTempPath(), static _ => null))).Message, StringComparison.Ordinal);

    [Fact]
    public void Start_WithAByteOrderMark_IsGood()
    {
        File.WriteAllBytes(_folder.File, [0xEF, 0xBB, 0xBF, .. "version: 1"u8]);

        ConfigStore.LoadFirst(_folder.Source);
    }

    [Fact]
    public void Start_WithNothingAtAll_NamesTheThreeWays()
    {
        var message = Assert.Throws<GatewayConfigurationException>(() => ConfigStore.LoadFirst(new ConfigSource(null, static _ => null))).Message;

        Assert.Contains("GATEWAY_CONFIG", message, StringComparison.Ordinal);
        Assert.Contains("OPENAI_API_KEY, ANTHROPIC_API_KEY, GEMINI_API_KEY, OLLAMA_HOST", message, StringComparison.Ordinal);
        Assert.Contains("make run", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Start_WithAProviderKeyOnly_ComesFromTheEnvironment()
    {
        var source = new ConfigSource("", static name => name == "OPENAI_API_KEY" ? "sk" : null);
        using var store = new ConfigStore(source, ConfigStore.LoadFirst(source), _time, _log);

        Assert.Equal(("environment", 1L), (store.Current.Origin, store.Current.Generation));
        Assert.Contains("openai", store.Current.Config.Providers.Keys);
    }

    [Fact]
    public async Task Host_WithGatewayConfiguration_ServesTheDocumentAndItsHealth()
    {
        _folder.Write("admin-key-a");
        var builder = Host.CreateEmptyApplicationBuilder(new() { Args = [] });
        builder.Configuration.AddInMemoryCollection([KeyValuePair.Create("GATEWAY_CONFIG", (string?)_folder.File)]);
        builder.Services.AddSingleton<TimeProvider>(_time);
        builder.AddGatewayConfiguration().AddGatewayConfiguration();
        using var host = builder.Build();
        var store = host.Services.GetRequiredService<IConfigStore>();
        var health = host.Services.GetRequiredService<HealthCheckService>();

        var good = await health.CheckHealthAsync();
        _folder.WriteText("version: 2");
        _time.Advance(ConfigWatcher.Poll);
        var bad = await health.CheckHealthAsync();

        Assert.Equal("admin-key-a", store.Current.Config.Server.AdminKey);
        Assert.Equal(HealthStatus.Healthy, good.Entries["configuration"].Status);
        Assert.Equal(HealthStatus.Degraded, bad.Entries["configuration"].Status);
        Assert.Equal("configuration refused, generation 1 in force", bad.Entries["configuration"].Description);
    }

    private ConfigStore Open() => new(_folder.Source, ConfigStore.LoadFirst(_folder.Source), _time, _log);

    /// <summary>Real timers that do nothing by themselves: only a notification sets them off.</summary>
    private sealed class NoPolling : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            base.CreateTimer(callback, state, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }
}
