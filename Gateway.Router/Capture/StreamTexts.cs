using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Gateway.Router.Capture;

/// <summary>
/// Joins the pieces of texts that a stream brings, each by its place: an address that comes in two events is masked only when it is one text again. By names that the protocols have for texts; all else is left out.
/// </summary>
internal sealed class StreamTexts
{
    /// <summary>Members whose strings are pieces of text.</summary>
    private static readonly HashSet<string> Pieces = new(StringComparer.Ordinal)
    {
        "content", "text", "reasoning_content", "reasoning", "refusal", "delta", "arguments", "partial_json", "thinking", "response", "transcript", "message", "name",
    };

    /// <summary>Members that hold any JSON: arguments of calls.</summary>
    private static readonly HashSet<string> Documents = new(StringComparer.Ordinal) { "args", "input", "arguments" };

    /// <summary>Members that tell one text from another.</summary>
    private static readonly string[] Indexes = ["output_index", "content_index", "summary_index", "index"];

    private readonly OrderedDictionary<string, StringBuilder> _texts = new(StringComparer.Ordinal);

    /// <summary>Each text under its place, in the order of their first pieces.</summary>
    public IEnumerable<KeyValuePair<string, string>> All => _texts.Select(static text => KeyValuePair.Create(text.Key, text.Value.ToString()));

    public void Add(JsonElement happened)
    {
        if (happened.ValueKind != JsonValueKind.Object)
        {
            return;
        }

        var type = happened.TryGetProperty("type", out var said) && said.ValueKind == JsonValueKind.String ? said.GetString()! : "";
        if (!type.StartsWith("response.", StringComparison.Ordinal))
        {
            Walk(happened, "");
        }
        else if (type.EndsWith(".delta", StringComparison.Ordinal) || type is "response.failed")
        {
            // All other events of this protocol say again what the deltas have said.
            Walk(happened, type["response.".Length..].Replace(".delta", "", StringComparison.Ordinal));
        }
    }

    private void Walk(JsonElement element, string place)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object:
                place += Number(element);
                foreach (var member in element.EnumerateObject())
                {
                    Member(member, place);
                }

                break;
            case JsonValueKind.Array:
                var i = 0;
                foreach (var item in element.EnumerateArray())
                {
                    // Where items have numbers of their own, their place in the list says nothing.
                    var isNumbered = item.ValueKind == JsonValueKind.Object && Number(item).Length > 0;
                    Walk(item, isNumbered ? place : string.Create(CultureInfo.InvariantCulture, $"{place}[{i}]"));
                    i++;
                }

                break;
            default:
                break;
        }
    }

    private void Member(JsonProperty member, string place)
    {
        var inner = place.Length == 0 ? member.Name : $"{place}.{member.Name}";
        if (member.Value.ValueKind == JsonValueKind.String)
        {
            if (Pieces.Contains(member.Name) && Text(member.Value) is { Length: > 0 } text)
            {
                Append(inner, text);
            }
        }
        else if (member.Value.ValueKind == JsonValueKind.Object && Documents.Contains(member.Name))
        {
            if (member.Value.EnumerateObject().Any())
            {
                Append(inner, member.Value.GetRawText());
            }
        }
        else
        {
            Walk(member.Value, inner);
        }
    }

    private void Append(string place, string text)
    {
        if (!_texts.TryGetValue(place, out var all))
        {
            _texts.Add(place, all = new StringBuilder());
        }

        all.Append(text);
    }

    private static string Number(JsonElement item)
    {
        var numbers = "";
        foreach (var name in Indexes)
        {
            if (item.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number))
            {
                numbers += string.Create(CultureInfo.InvariantCulture, $"#{number}");
            }
        }

        return item.TryGetProperty("thought", out var thought) && thought.ValueKind == JsonValueKind.True ? numbers + "(thought)" : numbers;
    }

    private static string Text(JsonElement value)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException)
        {
            return value.GetRawText();
        }
    }
}
