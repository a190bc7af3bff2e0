using Gateway.Core.Context;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Gateway.Core.Tests.Context;

public sealed class ContextKeyWatcherTests : IDisposable
{
    private const string First = "first-secret-0123456789abcdef0123456789";
    private const string Second = "second-secret-0123456789abcdef012345678";
    private const string Third = "third-secret-0123456789abcdef0123456789";
    private const string Path = "/v1/chat/completions";

    private readonly string _file = System.IO.Path.GetTempFileName();
    private readonly ManualTime _time = new();
    private readonly ListLogger<ContextKeyWatcher> _log = new();

    [Fact]
    public void Keys_FromAFile_AreThoseOfItsLines_WhateverTheVariableSays()
    {
        Write($"{Second}\r\n{First}\n\n");

        var keys = ContextKeys.FromConfiguration(With(("GATEWAY_CONTEXT_SECRET_FILE", _file), ("GATEWAY_CONTEXT_SECRET", Third)));

        Assert.Equal(new ContextKeys(Second).CurrentId, keys.CurrentId);
        Assert.False(keys.Find(IdOf(First)).IsEmpty);
        Assert.True(keys.Find(IdOf(Third)).IsEmpty);
    }

    [Theory]
    [InlineData("", "The first line of GATEWAY_CONTEXT_SECRET_FILE must be set to at least 32 characters")]
    [InlineData("short", "The first line of GATEWAY_CONTEXT_SECRET_FILE must be set to at least 32 characters")]
    [InlineData(First + "\nshort", "The second line of GATEWAY_CONTEXT_SECRET_FILE must be set to at least 32 characters")]
    [InlineData(First + "\n" + Second + "\n" + Third, "The file of GATEWAY_CONTEXT_SECRET_FILE has more than two lines")]
    public void File_ThatIsWrong_StopsTheStart_WithoutItsContent(string content, string message)
    {
        Write(content);

        var refused = Assert.Throws<ContextConfigurationException>(() => ContextKeys.FromConfiguration(With(("GATEWAY_CONTEXT_SECRET_FILE", _file))));

        Assert.StartsWith(message, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(First, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void File_Missing_StopsTheStart() => Assert.StartsWith(
        "The file of GATEWAY_CONTEXT_SECRET_FILE cannot be read (FileNotFoundException)",
        Assert.Throws<ContextConfigurationException>(() => ContextKeys.FromConfiguration(With(("GATEWAY_CONTEXT_SECRET_FILE", _file + ".missing")))).Message, StringComparison.Ordinal);

    [Fact]
    public async Task File_Rotated_IsAcceptedWithinFiveSeconds_AndSignsOnlyWhenEveryServiceAcceptsIt()
    {
        Write(First);
        var keys = await WatchAsync();

        Write($"{Second}\n{First}");
        _time.Advance(ContextKeyWatcher.Poll);

        Assert.False(keys.Find(IdOf(Second)).IsEmpty);
        Assert.Equal(new ContextKeys(First).CurrentId, keys.CurrentId);

        _time.Advance(ContextKeyWatcher.Overlap - TimeSpan.FromSeconds(1));
        Assert.Equal(new ContextKeys(First).CurrentId, keys.CurrentId);

        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(new ContextKeys(Second).CurrentId, keys.CurrentId);
        Assert.False(keys.Find(IdOf(First)).IsEmpty);
    }

    [Fact]
    public async Task TwoServices_ThatReadTheFileAtDifferentMoments_UnderstandEachOtherThroughout()
    {
        Write(First);
        var early = await WatchAsync();
        _time.Advance(TimeSpan.FromSeconds(3));
        var late = await WatchAsync();
        Write($"{Second}\n{First}");

        for (var second = 0; second < 30; second++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            Assert.True(Understands(early, late), $"late refuses early after {second + 1} s");
            Assert.True(Understands(late, early), $"early refuses late after {second + 1} s");
        }

        Assert.Equal(new ContextKeys(Second).CurrentId, early.CurrentId);
        Assert.Equal(new ContextKeys(Second).CurrentId, late.CurrentId);
    }

    [Fact]
    public async Task Secret_GoneFromTheFile_IsGoneAtTheNextReading()
    {
        Write(First);
        var keys = await WatchAsync();

        Write(Third);
        _time.Advance(ContextKeyWatcher.Poll);

        Assert.True(keys.Find(IdOf(First)).IsEmpty);
        Assert.Equal(new ContextKeys(Third).CurrentId, keys.CurrentId);
    }

    [Fact]
    public async Task File_ThatTurnsBad_ChangesNothing_AlarmsOnce_AndIsTakenAgainWhenItIsGood()
    {
        Write(First);
        var keys = await WatchAsync();

        Write("short");
        _time.Advance(4 * ContextKeyWatcher.Poll);

        Assert.Equal(new ContextKeys(First).CurrentId, keys.CurrentId);
        Assert.Single(_log.Entries, static entry => entry is { Level: LogLevel.Error, Id: 1052 });
        File.Delete(_file);
        _time.Advance(ContextKeyWatcher.Poll);
        Assert.Equal(2, _log.Entries.Count(static entry => entry.Id == 1052));
        Assert.Equal(new ContextKeys(First).CurrentId, keys.CurrentId);

        Write(Second);
        _time.Advance(ContextKeyWatcher.Poll);
        Assert.Equal(new ContextKeys(Second).CurrentId, keys.CurrentId);
        Assert.Contains(_log.Entries, static entry => entry.Id == 1053);
        Assert.DoesNotContain(_log.Entries, static entry => entry.Text.Contains("secret-0", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Service_WithAFile_WatchesIt_AndIsDegradedWhileItIsBad()
    {
        Write(First);
        var services = new ServiceCollection().AddSingleton<TimeProvider>(_time).AddLogging();
        services.AddContextKeys(With(("GATEWAY_CONTEXT_SECRET_FILE", _file)));
        await using var provider = services.BuildServiceProvider();
        foreach (var hosted in provider.GetServices<IHostedService>())
        {
            await hosted.StartAsync(CancellationToken.None);
        }

        Write("short");
        _time.Advance(ContextKeyWatcher.Poll);
        var bad = await provider.GetRequiredService<HealthCheckService>().CheckHealthAsync(static check => check.Name == "context-keys");
        Write(Second);
        _time.Advance(ContextKeyWatcher.Poll);
        var good = await provider.GetRequiredService<HealthCheckService>().CheckHealthAsync(static check => check.Name == "context-keys");

        Assert.Equal((HealthStatus.Degraded, HealthStatus.Healthy), (bad.Status, good.Status));
        Assert.Equal(new ContextKeys(Second).CurrentId, provider.GetRequiredService<ContextKeys>().CurrentId);
        Assert.NotNull(new ContextToken(new ContextKeys(Second), _time).Verify(Sign(provider.GetRequiredService<ContextToken>()), ContextAudience.Router, Path));
    }

    public void Dispose() => File.Delete(_file);

    private static IConfigurationRoot With(params (string Name, string? Value)[] values) =>
        new ConfigurationBuilder().AddInMemoryCollection(values.Select(static value => KeyValuePair.Create(value.Name, value.Value))).Build();

    private static byte[] IdOf(string secret) => System.Text.Encoding.ASCII.GetBytes(new ContextKeys(secret).CurrentId);

    private void Write(string content) => File.WriteAllText(_file, content);

    private async Task<ContextKeys> WatchAsync()
    {
        var keys = ContextKeys.FromConfiguration(With(("GATEWAY_CONTEXT_SECRET_FILE", _file)));
        await new ContextKeyWatcher(keys, _file, _time, _log).StartAsync(CancellationToken.None);
        return keys;
    }

    private bool Understands(ContextKeys from, ContextKeys to) => new ContextToken(to, _time).Verify(Sign(new ContextToken(from, _time)), ContextAudience.Router, Path) is not null;

    private static string Sign(ContextToken tokens) => tokens.Sign(new ContextClaims
    {
        Audience = ContextAudience.Router,
        Role = ContextRole.Client,
        RequestId = Guid.NewGuid(),
        Path = Path,
        ExpiresUnixMs = tokens.ExpiryFromNow(),
    });
}
