using Gateway.Core.Configuration.Documents;
using Gateway.Core.Configuration.Settings;

namespace Gateway.Core.Configuration;

/// <summary>Turns the text of a document into a configuration. Pure: same text and environment, same answer. Thread-safe.</summary>
public static class GatewayConfigLoader
{
    /// <summary>Largest document. A gateway with thousands of keys stays far below; a wrong file does not fill the memory.</summary>
    public const int MaxCharacters = 8 * 1024 * 1024;

    /// <param name="text">YAML (or JSON, which is YAML too).</param>
    /// <param name="environment">Value of a variable for <c>${NAME}</c>, or null when it is not set.</param>
    /// <param name="origin">Named in errors, e.g. <c>gateway.yaml</c>.</param>
    /// <returns>The configuration, or all errors at once.</returns>
    public static ConfigLoadResult Load(string text, Func<string, string?> environment, string origin) => Load(text, environment, origin, hidden: null);

    /// <param name="hidden">Whose hidden secrets the text may name; null for none.</param>
    internal static ConfigLoadResult Load(string text, Func<string, string?> environment, string origin, MaskedDocument? hidden)
    {
        var errors = new ConfigErrors(origin);
        if (text.Length > MaxCharacters)
        {
            errors.Add(new Position(1, 1), "", $"the document has more than {MaxCharacters} characters");
            return new(null, errors.Sorted());
        }

        // 1. Text to tree: what YAML itself refuses ends here, because nothing behind it can be trusted.
        if (YamlTreeReader.Read(text, errors) is not { } tree)
        {
            return new(null, errors.Sorted());
        }

        // Positions stay those of the text, so that errors are told where they are seen.
        tree = hidden?.Unmask(tree, errors) ?? tree;

        // 2. Tree to values: names, types, ranges, environment. 3. What values say about each other.
        var root = new DocumentReader(environment, errors).Read(SettingsTable.Root, tree);
        if (root is null)
        {
            return new(null, errors.Sorted());
        }

        DocumentRules.Check(root, errors);
        return errors.Any ? new(null, errors.Sorted()) : new(ConfigBuilder.Build(root), []);
    }
}
