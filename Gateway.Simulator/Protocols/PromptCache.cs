using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Gateway.Simulator.Protocols;

/// <summary>The parts of one prompt in the order in which a cache sees them, and the marks that the client set.</summary>
internal sealed class PromptPrefix : IDisposable
{
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly List<(string Key, int Tokens)> _points = [];
    private readonly List<(int Point, TimeSpan Life)> _marks = [];
    private int _tokens;

    /// <summary>Every place up to which a cached prefix may reach.</summary>
    public IReadOnlyList<(string Key, int Tokens)> Points => _points;

    /// <summary>Indexes into <see cref="Points"/>, each with how long the prefix is to be kept.</summary>
    public IReadOnlyList<(int Point, TimeSpan Life)> Marks => _marks;

    /// <param name="place">Role or kind; the same text in another place is another prefix.</param>
    /// <param name="part">What stands there.</param>
    /// <param name="tokens">What it costs.</param>
    /// <param name="ignore">A member that is no content: marks move from request to request, and the prefix stays the same.</param>
    public void Add(string place, JsonElement part, int tokens, string ignore = "")
    {
        _hash.AppendData(Encoding.UTF8.GetBytes(place));
        _hash.AppendData(Json.Write(json => Copy(json, part, ignore)).Span);
        _tokens += tokens;
        _points.Add((Convert.ToHexStringLower(_hash.GetCurrentHash()), _tokens));
    }

    /// <summary>The prefix up to and with the last part is to be kept.</summary>
    public void Mark(TimeSpan life)
    {
        if (_points.Count > 0)
        {
            _marks.Add((_points.Count - 1, life));
        }
    }

    public void Dispose() => _hash.Dispose();

    private static void Copy(Utf8JsonWriter json, JsonElement part, string ignore)
    {
        if (part.ValueKind != JsonValueKind.Object)
        {
            part.WriteTo(json);
            return;
        }

        json.WriteStartObject();
        foreach (var member in part.EnumerateObject())
        {
            if (member.Name != ignore)
            {
                member.WriteTo(json);
            }
        }

        json.WriteEndObject();
    }
}

/// <summary>Remembers prefixes of prompts, as providers do whose clients mark them. Thread-safe.</summary>
/// <remarks>There is no least length (the real ones want 1024 tokens and more): a test needs no long prompt.</remarks>
internal sealed class PromptCache(TimeProvider time)
{
    private const int MaxEntries = 100_000;

    private readonly ConcurrentDictionary<string, DateTimeOffset> _ends = new(StringComparer.Ordinal);

    /// <summary>Looks for the longest prefix that is known and keeps those that are marked.</summary>
    /// <returns>Tokens that were read, and tokens that were written for how long; all 0 when nothing is marked.</returns>
    public (int Read, int Write, TimeSpan Life) Use(string model, PromptPrefix prefix)
    {
        if (prefix.Marks.Count == 0)
        {
            return (0, 0, TimeSpan.Zero);
        }

        var now = time.GetUtcNow();
        var last = prefix.Marks[^1].Point;
        var read = 0;
        for (var point = last; point >= 0 && read == 0; point--)
        {
            read = _ends.TryGetValue(model + prefix.Points[point].Key, out var end) && end > now ? prefix.Points[point].Tokens : 0;
        }

        if (_ends.Count > MaxEntries)
        {
            _ends.Clear();
        }

        foreach (var (point, life) in prefix.Marks)
        {
            _ends[model + prefix.Points[point].Key] = now + life;
        }

        return (read, prefix.Points[last].Tokens - read, prefix.Marks[^1].Life);
    }
}
