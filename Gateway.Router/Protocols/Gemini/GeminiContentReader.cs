using System.Text.Json;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Gemini;

/// <summary>Reads <c>contents</c>, in all the forms that Google's clients send: a text, a content, or a list of contents, parts and texts.</summary>
internal static class GeminiContentReader
{
    public static void ReadSystem(JsonElement value, SourcePath path, NeutralRequest request)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                request.System.Add(new TextPart(GeminiJson.Text(value, path), path));
                return;
            case JsonValueKind.Object:
                break;
            default:
                throw GeminiJson.Wrong(path, "a content or a string");
        }

        foreach (var member in value.EnumerateObject())
        {
            if (GeminiJson.Camel(member.Name) != "parts" || member.Value.ValueKind == JsonValueKind.Null)
            {
                continue;
            }

            var parts = new GeminiPartReader(request);
            var index = 0;
            foreach (var part in Parts(member.Value, path.At("parts")))
            {
                parts.Read(part, new SourcePath(path.List, -1, "parts", index++), request.System);
            }
        }

        foreach (var part in request.System)
        {
            if (part is not TextPart)
            {
                throw GeminiJson.Bad(part.Path, $"{part.Path}: instructions can hold only text.");
            }
        }
    }

    public static void ReadTalk(JsonElement contents, NeutralRequest request)
    {
        var parts = new GeminiPartReader(request);
        var path = new SourcePath("contents");
        switch (contents.ValueKind)
        {
            case JsonValueKind.String or JsonValueKind.Object:
                ReadTurn(contents, path, parts, request);
                break;
            case JsonValueKind.Array:
                var index = 0;
                foreach (var content in contents.EnumerateArray())
                {
                    ReadTurn(content, path with { Index = index++ }, parts, request);
                }

                break;
            default:
                throw GeminiJson.Wrong(path, "a list of contents");
        }
    }

    private static void ReadTurn(JsonElement content, SourcePath path, GeminiPartReader reader, NeutralRequest request)
    {
        if (content.ValueKind == JsonValueKind.String)
        {
            var text = new NeutralTurn(NeutralRole.User, path);
            text.Parts.Add(new TextPart(GeminiJson.Text(content, path), path));
            request.Turns.Add(text);
            return;
        }

        JsonElement? parts = null;
        var role = NeutralRole.User;
        var isContent = false;
        foreach (var member in GeminiJson.Object(content, path).EnumerateObject())
        {
            switch (GeminiJson.Camel(member.Name))
            {
                case "parts":
                    isContent = true;
                    parts = member.Value;
                    break;
                case "role":
                    isContent = true;
                    role = Role(member.Value, path.At("role"));
                    break;
                default:
                    break;
            }
        }

        var read = new List<NeutralPart>();
        if (!isContent)
        {
            // A part without a content around it is the user's.
            reader.Read(content, path, read);
        }
        else if (parts is { ValueKind: not JsonValueKind.Null } list)
        {
            if (role == NeutralRole.Assistant)
            {
                reader.BeginModelTurn(request.Turns is [.., { Role: NeutralRole.Assistant }]);
            }

            var index = 0;
            foreach (var part in Parts(list, path.At("parts")))
            {
                reader.Read(part, path with { Inner = "parts", InnerIndex = index++ }, read);
            }
        }

        Add(role, path, read, request);
    }

    /// <summary>Results go into turns of their own, before what else the user says.</summary>
    private static void Add(NeutralRole role, SourcePath path, List<NeutralPart> parts, NeutralRequest request)
    {
        NeutralTurn? results = null;
        var rest = new NeutralTurn(role, path);
        foreach (var part in parts)
        {
            if (part is not ToolResultPart)
            {
                if (part is ToolCallPart && role != NeutralRole.Assistant)
                {
                    throw GeminiJson.Bad(part.Path, $"{part.Path}: only the model's contents can hold a functionCall.");
                }

                rest.Parts.Add(part);
                continue;
            }

            if (role == NeutralRole.Assistant)
            {
                throw GeminiJson.Bad(part.Path, $"{part.Path}: the model's contents cannot hold a functionResponse.");
            }

            (results ??= new NeutralTurn(NeutralRole.Tool, path)).Parts.Add(part);
        }

        if (results is not null)
        {
            request.Turns.Add(results);
        }

        if (rest.Parts.Count > 0 || results is null)
        {
            request.Turns.Add(rest);
        }
    }

    private static NeutralRole Role(JsonElement value, SourcePath path) =>
        value.ValueKind == JsonValueKind.Null ? NeutralRole.User : GeminiJson.Text(value, path) switch
        {
            "user" or "function" or "" => NeutralRole.User,
            "model" => NeutralRole.Assistant,
            _ => throw GeminiJson.Wrong(path, "user or model"),
        };

    /// <summary>A list, or one part without the list around it.</summary>
    private static IEnumerable<JsonElement> Parts(JsonElement value, SourcePath path) => value.ValueKind switch
    {
        JsonValueKind.Array => value.EnumerateArray(),
        JsonValueKind.Object or JsonValueKind.String => [value],
        _ => throw GeminiJson.Wrong(path, "a list of parts"),
    };
}
