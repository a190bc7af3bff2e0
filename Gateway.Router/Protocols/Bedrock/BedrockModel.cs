using System.Globalization;

namespace Gateway.Router.Protocols.Bedrock;

/// <summary>What the id of a model tells: Converse takes some fields in the words of the model's maker.</summary>
/// <param name="Major">Of Claude; 0 when not known.</param>
/// <param name="Minor">Of Claude.</param>
internal readonly record struct BedrockModel(bool IsClaude, bool IsNova, int Major, int Minor)
{
    /// <summary>Takes <c>thinking</c>.</summary>
    public bool CanThink => IsClaude && IsAtLeast(3, 7);

    /// <summary>Decides itself how much it thinks, by effort.</summary>
    public bool IsAdaptive => IsClaude && IsAtLeast(4, 6);

    /// <summary>Takes a schema for its output.</summary>
    public bool HasOutputConfig => IsClaude && IsAtLeast(4, 5);

    /// <summary>Refuses temperature and top_p together.</summary>
    public bool WantsOneSampling => IsClaude && IsAtLeast(4, 1);

    public bool HasCache => IsClaude || IsNova;

    /// <param name="id"><c>us.anthropic.claude-sonnet-4-5-20250929-v1:0</c> and the like, or an ARN that holds one.</param>
    public static BedrockModel Of(string id)
    {
        var claude = id.IndexOf("claude-", StringComparison.Ordinal);
        if (claude < 0)
        {
            return new BedrockModel(false, id.Contains("amazon.nova", StringComparison.Ordinal), 0, 0);
        }

        int major = 0, minor = 0, seen = 0;
        foreach (var piece in id[claude..].Split('-', ':'))
        {
            // Versions have one or two digits, dates eight.
            if (piece.Length is 1 or 2 && int.TryParse(piece, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && seen < 2)
            {
                (major, minor) = seen++ == 0 ? (number, 0) : (major, number);
            }
            else if (seen > 0 || piece.StartsWith('v'))
            {
                // What follows v1, v2 is the revision of the id.
                break;
            }
        }

        return new BedrockModel(true, false, major, minor);
    }

    private bool IsAtLeast(int major, int minor) => Major > major || (Major == major && Minor >= minor);
}
