using System.Text;
using System.Text.Json;
using Gateway.Core.Requests;

namespace Gateway.Router.ModelLists;

/// <summary>Reads the model lists of providers, whatever their shape: <c>data[].id</c>, <c>models[].name</c>, or a bare array of either.</summary>
internal static class ModelListReader
{
    /// <summary>More than any provider has; what is longer is cut.</summary>
    private const int MaxModels = 10_000;

    /// <returns>Names that can stand behind <c>provider/</c>, in the provider's order; others are left out.</returns>
    /// <exception cref="InvalidDataException">The document is no model list.</exception>
    public static IReadOnlyList<string> Read(ReadOnlyMemory<byte> document)
    {
        try
        {
            using var json = JsonDocument.Parse(document);
            var list = json.RootElement;
            if (list.ValueKind == JsonValueKind.Object && !list.TryGetProperty("data", out list) && !json.RootElement.TryGetProperty("models", out list))
            {
                throw new InvalidDataException("The document has neither 'data' nor 'models'.");
            }

            if (list.ValueKind != JsonValueKind.Array)
            {
                throw new InvalidDataException("The list of models is no list.");
            }

            var names = new List<string>();
            foreach (var entry in list.EnumerateArray())
            {
                if (names.Count < MaxModels && NameOf(entry) is { } name && ModelNames.IsValid(Encoding.UTF8.GetBytes(name)) && !names.Contains(name, StringComparer.Ordinal))
                {
                    names.Add(name);
                }
            }

            return names;
        }
        catch (JsonException broken)
        {
            throw new InvalidDataException("The document is no JSON.", broken);
        }
    }

    private static string? NameOf(JsonElement entry)
    {
        if (entry.ValueKind != JsonValueKind.Object || !(entry.TryGetProperty("id", out var name) || entry.TryGetProperty("name", out name)) || name.ValueKind != JsonValueKind.String)
        {
            return null;
        }

        // Gemini names its models by their path.
        const string Path = "models/";
        var text = name.GetString()!;
        return text.StartsWith(Path, StringComparison.Ordinal) ? text[Path.Length..] : text;
    }
}
