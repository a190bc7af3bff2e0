using Gateway.Core.Requests;

namespace Gateway.Router.Catalog;

/// <summary>Capabilities in the words of the document.</summary>
internal static class CapabilityWords
{
    private static readonly (ModelCapabilities One, string Word)[] Words =
    [
        (ModelCapabilities.Tools, "tools"), (ModelCapabilities.Vision, "vision"), (ModelCapabilities.JsonSchema, "json_schema"), (ModelCapabilities.Reasoning, "reasoning"),
    ];

    public static string Of(ModelCapabilities capabilities) =>
        string.Join(", ", Words.Where(pair => (capabilities & pair.One) != 0).Select(static pair => pair.Word));
}
