using System.Globalization;
using Gateway.Simulator.Faults;

namespace Gateway.Simulator.Protocols.Anthropic;

/// <summary>What a model of this name can do; names that are not Anthropic's are taken for an old one.</summary>
internal sealed class AnthropicModel
{
    private readonly Version _version;

    public AnthropicModel(string name) => _version = Parse(FaultDirectives.ModelName(name));

    /// <summary>Only one of <c>temperature</c> and <c>top_p</c> may be set.</summary>
    public bool OneSampler => _version >= new Version(4, 1);

    /// <summary>The last message must be the user's.</summary>
    public bool NoPrefill => _version >= new Version(4, 6);

    public bool AdaptiveThinking => _version >= new Version(4, 6);

    /// <summary>claude-opus-4-1-20250805, anthropic.claude-sonnet-4-5-20250929-v1:0, claude-3-5-haiku-latest.</summary>
    private static Version Parse(string name)
    {
        var start = name.IndexOf("claude-", StringComparison.Ordinal);
        var numbers = start < 0 ? [] : name[start..].Split('-')
            .Where(part => part.Length <= 2 && int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            .Select(part => int.Parse(part, CultureInfo.InvariantCulture)).ToArray();
        return numbers.Length switch
        {
            0 => new Version(3, 0),
            1 => new Version(numbers[0], 0),
            _ => new Version(numbers[0], numbers[1]),
        };
    }
}
