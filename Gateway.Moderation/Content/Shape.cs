using System.Text;

namespace Gateway.Moderation.Content;

/// <summary>What a string in a body is.</summary>
internal enum StringUse
{
    /// <summary>Only machines read it: an id, a kind, an encoding.</summary>
    Ignored,

    /// <summary>A text of its own.</summary>
    Text,

    /// <summary>A piece of the text around it.</summary>
    Part,

    /// <summary>A picture, sound or file, by its address or as data. Read only when it is a text file.</summary>
    File,
}

/// <summary>
/// What a model reads of one JSON value. A protocol is a graph of these. Members that have no rule follow <see cref="Other"/>, which
/// is never "ignored" where a provider could give a model something to read.
/// </summary>
internal sealed class Shape
{
    /// <summary>Nothing in it is read, at any depth.</summary>
    public static readonly Shape Nothing = new();

    private readonly List<(byte[] Name, Shape Shape)> _members = [];

    public StringUse Strings { get; init; }

    /// <summary>All <see cref="StringUse.Part"/> strings in it are one text.</summary>
    public bool IsOneText { get; init; }

    /// <summary>An object with data beside its type: only the type tells whether the data is text.</summary>
    public bool IsFile { get; init; }

    /// <summary>Numbers in it are token ids.</summary>
    public bool NumbersAreTokens { get; init; }

    /// <summary>The names of its members are free words too.</summary>
    public bool NamesAreText { get; init; }

    /// <summary>Entries of an array. Default the same shape.</summary>
    public Shape Items
    {
        get => field ?? this;
        set;
    }

    /// <summary>Members without a rule. Default the same shape.</summary>
    public Shape Other
    {
        get => field ?? this;
        set;
    }

    public IReadOnlyList<(byte[] Name, Shape Shape)> Members => _members;

    /// <summary>
    /// The shape of the members with these names; of two rules for one name the first counts. Shapes refer to each other, so rules are
    /// added until the protocol is whole, and never after.
    /// </summary>
    public Shape this[params string[] names]
    {
        set
        {
            foreach (var name in names)
            {
                _members.Add((Encoding.UTF8.GetBytes(name), value));
            }
        }
    }

    /// <summary>Takes over the member rules of another shape, after its own.</summary>
    public void AddRulesOf(Shape other) => _members.AddRange(other._members);
}
