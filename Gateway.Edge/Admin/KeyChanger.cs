using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Gateway.Core.Configuration;
using Gateway.Core.Context;
using Gateway.Core.Errors;
using Gateway.Edge.VirtualKeys;
using Gateway.Edge.VirtualKeys.Runtime;
using Gateway.Edge.VirtualKeys.Store;

namespace Gateway.Edge.Admin;

/// <summary>Makes and changes keys in the store, by the rules of the document in force, and tells the other Edges. Thread-safe: who changes the same key at the same time is noticed by its version.</summary>
internal sealed class KeyChanger(RuntimeKeys runtime, KeyNotices notices, IConfigStore configs, SecretDigests digests, TimeProvider time, ILogger<KeyChanger> logger)
{
    /// <summary>Others may come between; so many in a row is no chance.</summary>
    private const int MaxTries = 8;

    private const int MadeIdLength = 12;
    private const string MadeIdCharacters = "0123456789abcdefghijklmnopqrstuvwxyz";

    public static readonly GatewayError StoreAway = new(
        GatewayErrorKind.KeyStoreUnavailable, "The gateway's store of keys does not answer, so it is not known whether the change was made. Look at the key, and try again.", RetryAfter: TimeSpan.FromSeconds(1));

    private static readonly GatewayError Off = new(
        GatewayErrorKind.EndpointNotFound, $"Keys cannot be made at run time, because {KeyPepper.Variable} is not set for the Edge. Set it to at least 32 characters ('openssl rand -base64 48' makes them).");

    public static GatewayException NotFound(string id) => new(GatewayErrorKind.KeyNotFound, $"There is no key with the id '{(id.Length <= 128 ? id : id[..128])}'.", "id");

    /// <param name="body">Members of the key.</param>
    /// <returns>The key, and its secret: nobody can find it out later.</returns>
    /// <exception cref="GatewayException">A member is wrong, or there is such a key.</exception>
    public async Task<(StoredKey Key, string Secret)> CreateAsync(JsonObject body, CancellationToken cancellationToken)
    {
        CheckIsOn();
        RefuseSecrets(body);
        var wanted = WantedId(body);
        for (var tries = 0; ; tries++)
        {
            var id = wanted ?? $"key-{RandomNumberGenerator.GetString(MadeIdCharacters, MadeIdLength)}";
            CheckIsFree(id);
            body["id"] = id;
            var document = KeyMerge.Check(body, stored: null, configs.Current.Config);
            var secret = KeySecret.Make(id);
            var now = time.GetUtcNow();
            var key = new StoredKey { Id = id, Created = now, Updated = now, Secrets = [Keep(secret, now)], Document = document };
            if (await PutAsync(key, 0, "made", cancellationToken) is { } stored)
            {
                return (stored, secret);
            }

            if (wanted is not null || tries >= MaxTries)
            {
                throw Taken(id);
            }
        }
    }

    /// <summary>Merges members into a key; null takes one away (RFC 7396).</summary>
    public Task<StoredKey> UpdateAsync(string id, JsonObject patch, long? expectedVersion, CancellationToken cancellationToken)
    {
        RefuseSecrets(patch);
        return ChangeAsync(
            id, expectedVersion, "changed", stored => stored with { Document = KeyMerge.Apply(stored, patch, configs.Current.Config), Updated = time.GetUtcNow() }, cancellationToken);
    }

    /// <param name="overlap">How long the secret of today goes on. One that goes on from an earlier rotation ends.</param>
    /// <returns>The key, and its new secret.</returns>
    public async Task<(StoredKey Key, string Secret)> RotateAsync(string id, TimeSpan overlap, long? expectedVersion, CancellationToken cancellationToken)
    {
        var secret = KeySecret.IsId(id) ? KeySecret.Make(id) : "";
        var key = await ChangeAsync(
            id,
            expectedVersion,
            "rotated",
            stored =>
            {
                var now = time.GetUtcNow();
                var made = Keep(secret, now);
                return stored with { Updated = now, Secrets = overlap > TimeSpan.Zero ? [made, stored.Secrets[0] with { Until = now + overlap }] : [made] };
            },
            cancellationToken);
        return (key, secret);
    }

    public async Task DeleteAsync(string id, long? expectedVersion, CancellationToken cancellationToken)
    {
        for (var tries = 0; ; tries++)
        {
            var now = await FindAsync(id, expectedVersion, mayBeHidden: true, cancellationToken);
            var gone = await runtime.ChangeAsync(static (store, key, token) => store.DeleteAsync(key.Id, key.Version, token), now, cancellationToken);
            if (gone is not null)
            {
                Tell(gone, "deleted");
                return;
            }

            CheckTries(id, tries);
        }
    }

    private async Task<StoredKey> ChangeAsync(string id, long? expectedVersion, string action, Func<StoredKey, StoredKey> change, CancellationToken cancellationToken)
    {
        for (var tries = 0; ; tries++)
        {
            var now = await FindAsync(id, expectedVersion, mayBeHidden: false, cancellationToken);
            if (await PutAsync(change(now), now.Version, action, cancellationToken) is { } stored)
            {
                return stored;
            }

            CheckTries(id, tries);
        }
    }

    /// <summary>The key as the store has it now, not as this Edge has heard of it.</summary>
    private async Task<StoredKey> FindAsync(string id, long? expectedVersion, bool mayBeHidden, CancellationToken cancellationToken)
    {
        var isOwn = configs.Current.Config.Keys.Any(key => string.Equals(key.Id, id, StringComparison.Ordinal));
        if (isOwn && !(mayBeHidden && runtime.Find(id) is not null))
        {
            throw new GatewayException(GatewayErrorKind.KeyConflict, $"The key '{id}' is one of the gateway's document: change it there.", "id");
        }

        CheckIsOn();
        if (!await runtime.RefreshAsync(cancellationToken))
        {
            throw new GatewayException(StoreAway);
        }

        var stored = runtime.Find(id)?.Stored ?? throw NotFound(id);
        return expectedVersion is null || expectedVersion == stored.Version ? stored : throw new GatewayException(
            GatewayErrorKind.KeyConflict, $"The key '{id}' was changed meanwhile: it has version {stored.Version}, not {expectedVersion}. Look at it, and try again with the new version.", "version");
    }

    private async Task<StoredKey?> PutAsync(StoredKey key, long expectedVersion, string action, CancellationToken cancellationToken)
    {
        var stored = await runtime.ChangeAsync(static (store, change, token) => store.PutAsync(change.Key, change.Expected, token), (Key: key, Expected: expectedVersion), cancellationToken);
        if (stored is not null)
        {
            Tell(stored, action);
        }

        return stored;
    }

    private void Tell(StoredKey key, string action)
    {
        logger.KeyChanged(key.Id, action, key.Version);
        notices.Tell();
    }

    private StoredSecret Keep(string secret, DateTimeOffset now) => new(digests.Of(secret).ToHex(), digests.Pepper.Id, now, Until: null);

    private void CheckIsOn()
    {
        if (!runtime.IsOn)
        {
            throw new GatewayException(Off);
        }
    }

    private void CheckIsFree(string id)
    {
        if (configs.Current.Config.Keys.Any(key => string.Equals(key.Id, id, StringComparison.Ordinal)))
        {
            throw new GatewayException(GatewayErrorKind.KeyConflict, $"The gateway's document has a key with the id '{id}'. Choose another id.", "id");
        }
    }

    private static void CheckTries(string id, int tries)
    {
        if (tries >= MaxTries)
        {
            throw new GatewayException(GatewayErrorKind.KeyConflict, $"The key '{id}' is being changed by others all the time. Try again.", "version");
        }
    }

    private static string? WantedId(JsonObject body)
    {
        if (!body.TryGetPropertyValue("id", out var node) || node is null)
        {
            return null;
        }

        var id = node is JsonValue value && value.TryGetValue(out string? text) ? text : "";
        return KeySecret.IsId(id) && id != ContextClaims.PublicKeyId
            ? id
            : throw new GatewayException(
                GatewayErrorKind.InvalidRequest,
                $"'id' must begin with a letter or digit, go on with letters, digits, '.', '_' and '-', have at most {KeySecret.MaxIdLength} characters, and not be '{ContextClaims.PublicKeyId}'. Leave it out to have one made.",
                "id");
    }

    private static GatewayException Taken(string id) => new(GatewayErrorKind.KeyConflict, $"There is a key with the id '{id}'. Choose another id, or change that key.", "id");

    private static void RefuseSecrets(JsonObject body)
    {
        foreach (var name in (ReadOnlySpan<string>)["secret", "hash"])
        {
            if (body.ContainsKey(name))
            {
                throw new GatewayException(GatewayErrorKind.InvalidRequest, $"'{name}' cannot be given: the gateway makes the secret. Leave it out; POST {KeysAdmin.Path}/ID/rotate makes another one.", name);
            }
        }
    }
}
