namespace Gateway.Moderation.Content;

/// <summary>One string value, or one member name, of a body that a model reads.</summary>
/// <param name="Start">Offset of its opening quote.</param>
/// <param name="Length">Bytes with both quotes.</param>
/// <param name="Text">What the JSON string means, or what the file in it says.</param>
/// <param name="FilePrefix">What stands before the base64 of a text file (empty for bare base64); null for a plain string.</param>
internal readonly record struct ContentSegment(int Start, int Length, string Text, string? FilePrefix = null);

/// <summary>Segments that a model reads as one text, such as the parts of one message: a phrase may run from one into the next.</summary>
internal sealed class ContentGroup
{
    public List<ContentSegment> Segments { get; } = [];
}

/// <summary>What a body says.</summary>
internal sealed class BodyContent
{
    /// <summary>In the order in which they begin in the body; segments of one may stand between those of another.</summary>
    public List<ContentGroup> Groups { get; } = [];

    /// <summary>Some of it is token ids, whose words nobody here knows.</summary>
    public bool HasTokenIds { get; set; }

    /// <summary>Length of all texts in UTF-16 units.</summary>
    public int Characters { get; set; }

    /// <summary>Starts a text of its own.</summary>
    public ContentGroup AddGroup()
    {
        var group = new ContentGroup();
        Groups.Add(group);
        return group;
    }

    public void Add(ContentGroup group, ContentSegment segment)
    {
        group.Segments.Add(segment);
        Characters += segment.Text.Length;
    }
}
