using System.Buffers;
using System.Collections.Frozen;

namespace Gateway.Moderation.Checks;

/// <summary>
/// Finds every occurrence of any of many words in one pass whose cost does not depend on how many they are. Immutable, thread-safe.
/// Source: Aho, Corasick 1975, doi:10.1145/360825.360855. <c>SearchValues&lt;string&gt;</c> has the same inside but tells only where
/// the first match begins, not where it ends; it skips ahead here.
/// </summary>
internal sealed class KeywordAutomaton
{
    // A state is a prefix of some word; edges are keyed by state and next unit.
    private readonly FrozenDictionary<long, int> _edges;
    private readonly int[] _fallbacks;
    private readonly int[] _lengths;
    private readonly int[] _shorter;
    private readonly SearchValues<char> _firstUnits;

    /// <param name="words">Folded words, none empty.</param>
    public KeywordAutomaton(IEnumerable<string> words)
    {
        var edges = new Dictionary<long, int>();
        var lengths = new List<int> { 0 };
        var parents = new List<(int State, char Unit)> { default };
        foreach (var word in words)
        {
            var state = 0;
            foreach (var unit in word)
            {
                if (!edges.TryGetValue(Edge(state, unit), out var next))
                {
                    next = lengths.Count;
                    edges.Add(Edge(state, unit), next);
                    lengths.Add(0);
                    parents.Add((state, unit));
                }

                state = next;
            }

            lengths[state] = word.Length;
        }

        _edges = edges.ToFrozenDictionary();
        _lengths = [.. lengths];
        _fallbacks = new int[_lengths.Length];
        _shorter = new int[_lengths.Length];
        _firstUnits = SearchValues.Create([.. edges.Keys.Where(edge => edge >> 16 == 0).Select(edge => (char)edge)]);
        Link(parents);
    }

    /// <summary>Adds each occurrence as start and end in <paramref name="text"/>, in order of the ends.</summary>
    public void Find(ReadOnlySpan<char> text, List<TextSpan> found)
    {
        var state = 0;
        for (var index = 0; index < text.Length; index++)
        {
            if (state == 0)
            {
                var skip = text[index..].IndexOfAny(_firstUnits);
                if (skip < 0)
                {
                    return;
                }

                index += skip;
            }

            state = Next(state, text[index]);
            for (var word = _lengths[state] > 0 ? state : _shorter[state]; word != 0; word = _shorter[word])
            {
                found.Add(new TextSpan(index + 1 - _lengths[word], index + 1));
            }
        }
    }

    private int Next(int state, char unit)
    {
        while (true)
        {
            if (_edges.TryGetValue(Edge(state, unit), out var next))
            {
                return next;
            }

            if (state == 0)
            {
                return 0;
            }

            state = _fallbacks[state];
        }
    }

    /// <summary>Breadth first: a state's fallback is shorter than the state, so it is known before.</summary>
    private void Link(List<(int State, char Unit)> parents)
    {
        var depths = new int[parents.Count];
        for (var state = 1; state < depths.Length; state++)
        {
            // A parent is always made before its children.
            depths[state] = depths[parents[state].State] + 1;
        }

        foreach (var state in Enumerable.Range(1, depths.Length - 1).OrderBy(state => depths[state]))
        {
            var (parent, unit) = parents[state];
            _fallbacks[state] = parent == 0 ? 0 : Next(_fallbacks[parent], unit);
            var fallback = _fallbacks[state];
            _shorter[state] = _lengths[fallback] > 0 ? fallback : _shorter[fallback];
        }
    }

    private static long Edge(int state, char unit) => ((long)state << 16) | unit;
}
