using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Gateway.Core.Errors;
using Gateway.Moderation.Content;

namespace Gateway.Moderation.Endpoints;

/// <summary>What a moderation request asks about: one group for each string, or one for a list of parts.</summary>
internal sealed record ModerationsInput(IReadOnlyList<ContentGroup> Groups, string? Model)
{
    public static bool TryRead(ReadOnlySpan<byte> body, [NotNullWhen(true)] out ModerationsInput? input, [NotNullWhen(false)] out GatewayError? error)
    {
        (input, error) = (null, null);
        try
        {
            var reader = new Utf8JsonReader(body);
            using var document = JsonDocument.ParseValue(ref reader);
            if (reader.Read() || document.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw new JsonException("The body is not a JSON object.");
            }

            var root = document.RootElement;
            var groups = root.TryGetProperty("input"u8, out var value) ? Read(value) : [];
            if (groups.Count == 0)
            {
                error = Invalid("'input' must be a string, an array of strings, or an array of text and image parts.", "input");
                return false;
            }

            var model = root.TryGetProperty("model"u8, out var name) && name.ValueKind == JsonValueKind.String ? name.GetString() : null;
            input = new ModerationsInput(groups, model);
            return true;
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: a string with half a surrogate pair.
            error = Invalid("The body is not a JSON object with valid text.", null);
            return false;
        }
    }

    /// <returns>Empty when the value has another shape.</returns>
    private static List<ContentGroup> Read(JsonElement value)
    {
        var groups = new List<ContentGroup>();
        if (value.ValueKind == JsonValueKind.String)
        {
            Add(NewGroup(groups), value);
        }
        else if (value.ValueKind == JsonValueKind.Array)
        {
            var parts = default(ContentGroup);
            foreach (var entry in value.EnumerateArray())
            {
                if (entry.ValueKind == JsonValueKind.String && parts is null)
                {
                    Add(NewGroup(groups), entry);
                }
                else if (entry.ValueKind == JsonValueKind.Object && (parts is not null || groups.Count == 0))
                {
                    // Images have no text that a check could read.
                    parts ??= NewGroup(groups);
                    if (entry.TryGetProperty("text"u8, out var text) && text.ValueKind == JsonValueKind.String)
                    {
                        Add(parts, text);
                    }
                }
                else
                {
                    return [];
                }
            }
        }

        return groups;
    }

    private static ContentGroup NewGroup(List<ContentGroup> groups)
    {
        var group = new ContentGroup();
        groups.Add(group);
        return group;
    }

    private static void Add(ContentGroup group, JsonElement text) => group.Segments.Add(new ContentSegment(0, 0, text.GetString()!));

    private static GatewayError Invalid(string message, string? param) => new(GatewayErrorKind.InvalidRequest, message, param);
}
