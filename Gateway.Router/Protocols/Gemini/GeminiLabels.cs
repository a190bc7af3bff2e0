using System.Text.Json;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Gemini;

/// <summary>Google Cloud's <c>labels</c>: the end user and the metadata, where their characters are legal there. What is not is dropped by name.</summary>
internal static class GeminiLabels
{
    private const int MaxLength = 63;
    private const int MaxLabels = 64;

    public static void Write(Translation translation, Utf8JsonWriter json)
    {
        var labels = new List<(string Name, string Value)>();
        if (translation.Request.EndUser is { } user)
        {
            if (IsValue(user))
            {
                labels.Add(("end_user", user));
            }
            else
            {
                translation.Drop(NeutralField.EndUser);
            }
        }

        if (translation.Request.Metadata is { ValueKind: JsonValueKind.Object } metadata)
        {
            var name = translation.NameOf(NeutralField.Metadata);
            foreach (var pair in metadata.EnumerateObject())
            {
                if (IsName(pair.Name) && pair.Value.ValueKind == JsonValueKind.String && pair.Value.GetString() is { } value && IsValue(value) && labels.Count < MaxLabels)
                {
                    labels.Add((pair.Name, value));
                }
                else
                {
                    translation.Notes.Drop($"{name}.{pair.Name}");
                }
            }
        }

        if (labels.Count == 0)
        {
            return;
        }

        json.WriteStartObject("labels"u8);
        foreach (var (name, value) in labels)
        {
            json.WriteString(name, value);
        }

        json.WriteEndObject();
    }

    private static bool IsName(string name) => name.Length > 0 && char.IsAsciiLetterLower(name[0]) && IsValue(name);

    private static bool IsValue(string value)
    {
        if (value.Length > MaxLength)
        {
            return false;
        }

        foreach (var character in value)
        {
            if (!char.IsAsciiLetterLower(character) && !char.IsAsciiDigit(character) && character is not ('_' or '-'))
            {
                return false;
            }
        }

        return true;
    }
}
