using System.Text.RegularExpressions;

namespace Gateway.Core.Pricing;

/// <summary>
/// What a model's name has behind the name that a catalogue lists: a version of a day (<c>-2025-08-07</c>, <c>-20250514</c>, <c>@20250514</c>),
/// <c>-latest</c>, or a number of three digits (<c>-001</c>). Nothing else is taken off: years and months alone, sizes and places tell
/// models of different prices apart. Stateless.
/// </summary>
internal static partial class ModelVersion
{
    /// <summary>The name without its version; the name itself where it has none.</summary>
    public static string Without(string model) => Version().Replace(model, "");

    [GeneratedRegex(@"(?:-20[0-9]{2}-[01][0-9]-[0-3][0-9]|[-@]20[0-9]{2}[01][0-9][0-3][0-9]|-latest|-[0-9]{3})\z", RegexOptions.CultureInvariant)]
    private static partial Regex Version();
}
