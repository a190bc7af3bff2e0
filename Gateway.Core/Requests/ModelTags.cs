namespace Gateway.Core.Requests;

/// <summary>Ollama's tags: a name without one means the tag <c>latest</c>.</summary>
public static class ModelTags
{
    private const string Latest = ":latest";

    /// <summary>Whether two names are one to Ollama's clients.</summary>
    public static bool AreSame(ReadOnlySpan<char> left, ReadOnlySpan<char> right) => Bare(left).SequenceEqual(Bare(right));

    /// <summary>The other way to write a name: without <c>:latest</c>, or with it.</summary>
    /// <returns>Null for a name with another tag.</returns>
    public static string? Other(string name) =>
        name.EndsWith(Latest, StringComparison.Ordinal) ? name[..^Latest.Length]
        : HasTag(name) ? null : name + Latest;

    private static ReadOnlySpan<char> Bare(ReadOnlySpan<char> name) => name.EndsWith(Latest, StringComparison.Ordinal) ? name[..^Latest.Length] : name;

    // A colon before the last slash belongs to the port of a registry.
    private static bool HasTag(string name) => name.LastIndexOf(':') > name.LastIndexOf('/');
}
