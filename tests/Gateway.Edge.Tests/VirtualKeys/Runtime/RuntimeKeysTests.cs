using Gateway.Core.Configuration;
using Gateway.Core.Errors;
using Gateway.Edge.Tests.Rig;
using Gateway.Edge.VirtualKeys;
using Gateway.Edge.VirtualKeys.Runtime;
using Gateway.Edge.VirtualKeys.Store;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Edge.Tests.VirtualKeys.Runtime;

/// <summary>What an Edge knows of the store, beside requests.</summary>
public sealed class RuntimeKeysTests : IDisposable
{
    private readonly ManualTime _time = new();
    private readonly HeldStore _store = new();
    private readonly SecretDigests _digests = new(new KeyPepper(KeysEdge.Pepper));
    private readonly RuntimeKeys _keys;
    private readonly VirtualKeySnapshot _document;

    public RuntimeKeysTests()
    {
        _keys = new RuntimeKeys(_digests.Pepper, _time, NullLogger<RuntimeKeys>.Instance, _store);
        _document = new VirtualKeySnapshot(new ConfigSnapshot(HeldConfigStore.Document, 1, "", "test"), _digests, _keys);
    }

    public void Dispose() => _keys.Dispose();

    [Fact]
    public async Task Before_the_store_was_read_no_key_is_called_wrong()
    {
        var secret = KeySecret.Make("demo");
        Assert.Equal(GatewayErrorKind.KeyStoreUnavailable, Refusal(secret));

        Assert.True(await _keys.RefreshAsync(default));

        Assert.Equal(GatewayErrorKind.InvalidKey, Refusal(secret));
    }

    [Fact]
    public async Task While_the_store_hangs_no_key_is_called_wrong()
    {
        await _keys.RefreshAsync(default);
        var secret = KeySecret.Make("demo");
        _store.Gate = new TaskCompletionSource();
        var refresh = _keys.RefreshAsync(default).AsTask();
        _time.Advance(TimeSpan.FromSeconds(5) - TimeSpan.FromMilliseconds(1));
        Assert.Equal(GatewayErrorKind.InvalidKey, Refusal(secret));

        _time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal(GatewayErrorKind.KeyStoreUnavailable, Refusal(secret));
        _store.Gate.SetResult();
        await refresh;
    }

    [Fact]
    public async Task All_is_asked_at_first_and_every_quarter_of_an_hour()
    {
        foreach (var expected in new[] { 0, 7, 7 })
        {
            await _keys.RefreshAsync(default);
            Assert.Equal(expected, _store.Since);
        }

        _time.Advance(TimeSpan.FromMinutes(15));
        await _keys.RefreshAsync(default);
        Assert.Equal(0, _store.Since);
        await _keys.RefreshAsync(default);
        Assert.Equal(7, _store.Since);
    }

    [Fact]
    public async Task What_is_gone_from_all_keys_is_gone()
    {
        var secret = KeySecret.Make("demo");
        _store.Keys = [Stored("demo", 5, secret)];
        await _keys.RefreshAsync(default);
        Assert.Null(Refusal(secret));
        Assert.Equal(1, _keys.Count);

        _store.Keys = [];
        await _keys.RefreshAsync(default);

        Assert.Equal(GatewayErrorKind.InvalidKey, Refusal(secret));
        Assert.Equal(0, _keys.Count);
    }

    [Fact]
    public async Task An_older_version_does_not_take_the_place_of_a_newer_one()
    {
        var (old, fresh) = (KeySecret.Make("demo"), KeySecret.Make("demo"));
        _store.IsAll = false;
        _store.Keys = [Stored("demo", 6, fresh), Stored("demo", 5, old)];

        await _keys.RefreshAsync(default);

        Assert.Null(Refusal(fresh));
        Assert.Equal(GatewayErrorKind.InvalidKey, Refusal(old));
    }

    private GatewayErrorKind? Refusal(string secret) => _document.Authenticate(secret, _time.GetUtcNow(), out _)?.Kind;

    private StoredKey Stored(string id, long version, string secret) => new()
    {
        Id = id,
        Version = version,
        Secrets = [new StoredSecret(_digests.Of(secret).ToHex(), _digests.Pepper.Id, _time.GetUtcNow(), null)],
        Document = """{"models":["*"]}""",
    };

    private sealed class HeldStore : IKeyStore
    {
        public string Name => "test";

        public bool MayHaveKeys => true;

        public IReadOnlyList<StoredKey> Keys { get; set; } = [];

        public bool IsAll { get; set; } = true;

        public long Since { get; private set; } = -1;

        public TaskCompletionSource? Gate { get; set; }

        public async ValueTask<KeyChanges> ReadAsync(long since, CancellationToken cancellationToken)
        {
            Since = since;
            await (Gate?.Task ?? Task.CompletedTask);
            return new KeyChanges(7, IsAll, Keys);
        }

        public ValueTask<StoredKey?> PutAsync(StoredKey key, long expectedVersion, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<StoredKey?> DeleteAsync(string id, long expectedVersion, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
