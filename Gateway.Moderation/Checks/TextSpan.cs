namespace Gateway.Moderation.Checks;

/// <summary>A run of UTF-16 units in the checked text.</summary>
internal readonly record struct TextSpan(int Start, int End);
