using System.Text.Json;

namespace Gateway.Simulator.Text;

internal enum ToolDemand
{
    /// <summary>The text decides.</summary>
    Auto,

    /// <summary>At least one call.</summary>
    Any,

    /// <summary>Exactly the one that is named.</summary>
    Named,

    None,
}

/// <summary>The tools of one request and what it wants of them, read from any protocol.</summary>
internal sealed record ToolOffer
{
    /// <summary>Names in the order of the request, with the schema of the arguments.</summary>
    public required OrderedDictionary<string, JsonElement> Tools { get; init; }

    public ToolDemand Demand { get; init; }

    /// <summary>The tool of <see cref="ToolDemand.Named"/>.</summary>
    public string? Name { get; init; }

    /// <summary>Several calls in one answer are allowed.</summary>
    public bool Parallel { get; init; } = true;

    /// <summary>Decides which tools are called: the ones that the text asks for by <c>call NAME</c>, or what the request demands.</summary>
    /// <param name="text">The last user text.</param>
    /// <param name="endsWithResult">The conversation ends with the result of a tool, so the model should talk now.</param>
    /// <param name="count">How many calls a directive wants; null for as many as the text names.</param>
    /// <param name="seed">Equal seeds, equal arguments.</param>
    /// <returns>Names with their arguments as compact JSON.</returns>
    public IReadOnlyList<KeyValuePair<string, string>> Choose(string text, bool endsWithResult, int? count, ulong seed)
    {
        if (Tools.Count == 0 || Demand == ToolDemand.None)
        {
            return [];
        }

        if (Demand == ToolDemand.Named)
        {
            return [Call(Name!, seed)];
        }

        var called = endsWithResult ? [] : CalledIn(text);
        if (called.Count == 0 && (Demand == ToolDemand.Any || (count > 0 && !endsWithResult)))
        {
            called.AddRange(count > 0 ? Tools.Keys : [Tools.GetAt(0).Key]);
        }

        var calls = called.Count == 0 ? 0 : Parallel ? count ?? called.Count : 1;
        return [.. Enumerable.Range(0, calls).Select(index => Call(called[index % called.Count], seed + (ulong)index))];
    }

    private KeyValuePair<string, string> Call(string name, ulong seed) => new(name, SchemaSampler.Sample(Tools[name], seed));

    /// <summary>Names after the word <c>call</c>, in the order of the text; one that stands there twice is called twice.</summary>
    private List<string> CalledIn(string text)
    {
        var words = text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        var called = new List<string>();
        for (var index = 0; index + 1 < words.Length; index++)
        {
            var name = words[index + 1].TrimEnd('.', ',', '!', '?', ';', ':');
            if (words[index].Equals("call", StringComparison.OrdinalIgnoreCase) && Tools.ContainsKey(name))
            {
                called.Add(name);
            }
        }

        return called;
    }
}
