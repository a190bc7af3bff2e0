using System.Buffers.Text;
using System.Security.Cryptography;
using Gateway.Edge.VirtualKeys;

namespace Gateway.Edge.Admin.Console;

/// <summary>
/// Who is signed in to the console. Kept in memory as digests only: a restart signs everybody out, and each Edge knows its own. Thread-safe: one lock; operators are few.
/// </summary>
internal sealed class AdminSessions(SecretDigests digests, TimeProvider time)
{
    /// <summary>Past that the one that was used longest ago ends.</summary>
    public const int MaxSessions = 256;

    /// <summary>From sign-in to the end, whatever is done.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(12);

    /// <summary>From the last thing that a person did to the end.</summary>
    public static readonly TimeSpan Idle = TimeSpan.FromHours(1);

    private const int SecretBytes = 32;

    private readonly Lock _lock = new();
    private readonly Dictionary<SecretDigest, Entry> _entries = [];

    /// <summary>Begins a session.</summary>
    /// <param name="adminKey">The key that it was begun with; it ends when there is another one.</param>
    /// <returns>What the browser is given. Nobody else ever sees it again.</returns>
    public NewSession Open(SecretDigest adminKey)
    {
        var session = new NewSession(NewSecret(), NewSecret());
        lock (_lock)
        {
            var now = time.GetUtcNow();
            foreach (var (id, entry) in _entries)
            {
                if (IsOver(entry, now))
                {
                    _entries.Remove(id);
                }
            }

            if (_entries.Count >= MaxSessions)
            {
                _entries.Remove(_entries.MinBy(static known => known.Value.LastUse).Key);
            }

            _entries[digests.Of(session.Id)] = new Entry(digests.Of(session.Token), adminKey, now) { LastUse = now };
        }

        return session;
    }

    /// <summary>Whether a session goes on.</summary>
    /// <param name="id">As the browser sent it.</param>
    /// <param name="adminKey">The key that counts now.</param>
    /// <param name="isUse">Whether a person did something: then the idle time begins anew.</param>
    public bool IsOpen(string id, SecretDigest adminKey, bool isUse) => Find(id, adminKey, isUse) is not null;

    /// <summary>Whether a session goes on, and the caller knows its token, which the browser does not send by itself.</summary>
    public SessionState Check(string id, string? token, SecretDigest adminKey, bool isUse) =>
        Find(id, adminKey, isUse) is not { } entry ? SessionState.Over
        : digests.Of(token).FixedTimeEquals(entry.Token) ? SessionState.Good
        : SessionState.TokenMissing;

    public void Close(string id)
    {
        lock (_lock)
        {
            _entries.Remove(digests.Of(id));
        }
    }

    private Entry? Find(string id, SecretDigest adminKey, bool isUse)
    {
        var digest = digests.Of(id);
        lock (_lock)
        {
            if (!_entries.TryGetValue(digest, out var entry))
            {
                return null;
            }

            var now = time.GetUtcNow();
            if (IsOver(entry, now) || !entry.AdminKey.FixedTimeEquals(adminKey))
            {
                _entries.Remove(digest);
                return null;
            }

            entry.LastUse = isUse ? now : entry.LastUse;
            return entry;
        }
    }

    private static bool IsOver(Entry entry, DateTimeOffset now) => now - entry.Opened >= Lifetime || now - entry.LastUse >= Idle;

    private static string NewSecret() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));

    private sealed class Entry(SecretDigest token, SecretDigest adminKey, DateTimeOffset opened)
    {
        public SecretDigest Token { get; } = token;

        public SecretDigest AdminKey { get; } = adminKey;

        public DateTimeOffset Opened { get; } = opened;

        public DateTimeOffset LastUse { get; set; }
    }
}

/// <param name="Id">For the cookie that no script can read.</param>
/// <param name="Token">For the console's scripts, which send it in a header: other sites cannot.</param>
internal sealed record NewSession(string Id, string Token)
{
    public override string ToString() => "***";
}

internal enum SessionState
{
    Good,
    TokenMissing,
    Over,
}
