using System.Text;
using System.Text.Json;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Gemini;

/// <summary>
/// Reads single parts, and pairs calls with their results: many clients send no ids, so a result belongs to the first open call of
/// its name. For one request.
/// </summary>
internal sealed class GeminiPartReader(NeutralRequest request)
{
    private readonly List<(string Id, string? Given, string Name)> _open = [];
    private int _calls;

    /// <param name="goesOn">The turn before was the model's as well: its calls are still waiting.</param>
    public void BeginModelTurn(bool goesOn)
    {
        if (!goesOn)
        {
            _open.Clear();
        }
    }

    public void Read(JsonElement part, SourcePath path, List<NeutralPart> parts)
    {
        if (part.ValueKind == JsonValueKind.String)
        {
            parts.Add(new TextPart(GeminiJson.Text(part, path), path));
            return;
        }

        string? text = null;
        string? signature = null;
        var isThought = false;
        JsonElement? inline = null, file = null, call = null, result = null;
        foreach (var member in GeminiJson.Object(part, path).EnumerateObject())
        {
            var value = member.Value;
            if (value.ValueKind == JsonValueKind.Null)
            {
                continue;
            }

            switch (GeminiJson.Camel(member.Name))
            {
                case "text":
                    text = GeminiJson.Text(value, path.At("text"));
                    break;
                case "thought":
                    isThought = GeminiJson.Flag(value, path.At("thought"));
                    break;
                case "thoughtSignature":
                    signature = GeminiJson.Text(value, path.At(member.Name));
                    break;
                case "inlineData":
                    inline = GeminiJson.Object(value, path.At(member.Name));
                    break;
                case "fileData":
                    file = GeminiJson.Object(value, path.At(member.Name));
                    break;
                case "functionCall":
                    call = GeminiJson.Object(value, path.At(member.Name));
                    break;
                case "functionResponse":
                    result = GeminiJson.Object(value, path.At(member.Name));
                    break;
                case "executableCode" or "codeExecutionResult":
                    request.Foreign.Add(new ForeignField(path.At(member.Name), ChangesAnswer: true));
                    return;
                default:
                    // videoMetadata, mediaResolution, partMetadata.
                    request.Foreign.Add(new ForeignField(path.At(member.Name), ChangesAnswer: false));
                    break;
            }
        }

        if (call is { } made)
        {
            parts.Add(ReadCall(made, path, signature));
            return;
        }

        if (isThought)
        {
            AddThought(text ?? "", signature, path, parts);
            return;
        }

        if (signature is not null)
        {
            AddThought("", signature, path, parts);
        }

        if (text is not null)
        {
            if (text.Length > 0 || signature is null)
            {
                parts.Add(new TextPart(text, path));
            }
        }
        else if (inline is { } data)
        {
            parts.Add(ReadInline(data, path.At("inlineData")));
        }
        else if (file is { } address)
        {
            parts.Add(ReadFile(address, path.At("fileData")));
        }
        else if (result is { } given)
        {
            parts.Add(ReadResult(given, path));
        }
    }

    /// <summary>Thoughts come in pieces, the signature with the last or on what follows them: together they are one.</summary>
    private static void AddThought(string text, string? signature, SourcePath path, List<NeutralPart> parts)
    {
        if (parts is [.., ReasoningPart { Signature: null } before])
        {
            parts[^1] = before with { Text = before.Text + text, Signature = signature };
            return;
        }

        parts.Add(new ReasoningPart(text, path) { Signature = signature });
    }

    private ToolCallPart ReadCall(JsonElement call, SourcePath path, string? signature)
    {
        string? name = null;
        string? given = null;
        var arguments = "{}";
        foreach (var member in call.EnumerateObject())
        {
            switch (GeminiJson.Camel(member.Name), member.Value.ValueKind)
            {
                case (_, JsonValueKind.Null):
                    break;
                case ("name", _):
                    name = GeminiJson.Text(member.Value, path.At("functionCall.name"));
                    break;
                case ("id", _):
                    given = GeminiJson.Text(member.Value, path.At("functionCall.id"));
                    break;
                case ("args", _):
                    arguments = Encoding.UTF8.GetString(CanonicalJson.Of(GeminiJson.Object(member.Value, path.At("functionCall.args"))));
                    break;
                default:
                    request.Foreign.Add(new ForeignField(path.At($"functionCall.{member.Name}"), ChangesAnswer: false));
                    break;
            }
        }

        if (string.IsNullOrEmpty(name))
        {
            throw GeminiJson.Bad(path.At("functionCall.name"), $"{path.At("functionCall.name")} is missing.");
        }

        var ordinal = _calls++;
        var id = string.IsNullOrEmpty(given) ? ToolIds.ForHistory(name, ordinal) : given;
        _open.Add((id, given, name));
        return new ToolCallPart(id, name, arguments, path) { Signature = signature };
    }

    private ToolResultPart ReadResult(JsonElement result, SourcePath path)
    {
        string? name = null;
        string? given = null;
        JsonElement? response = null;
        var parts = new List<NeutralPart>();
        foreach (var member in result.EnumerateObject())
        {
            var value = member.Value;
            var at = path.At($"functionResponse.{member.Name}");
            switch (GeminiJson.Camel(member.Name), value.ValueKind)
            {
                case (_, JsonValueKind.Null):
                    break;
                case ("name", _):
                    name = GeminiJson.Text(value, at);
                    break;
                case ("id", _):
                    given = GeminiJson.Text(value, at);
                    break;
                case ("response", _):
                    response = GeminiJson.Object(value, at);
                    break;
                case ("parts", _):
                    foreach (var part in GeminiJson.List(value, at).EnumerateArray())
                    {
                        Read(part, at, parts);
                    }

                    break;
                default:
                    request.Foreign.Add(new ForeignField(at, ChangesAnswer: false));
                    break;
            }
        }

        if (string.IsNullOrEmpty(name))
        {
            throw GeminiJson.Bad(path.At("functionResponse.name"), $"{path.At("functionResponse.name")} is missing.");
        }

        var isError = false;
        if (response is { } given2)
        {
            parts.Insert(0, new TextPart(Unwrap(given2, out isError), path));
        }

        return new ToolResultPart(Pair(given, name, path), name, parts, isError, path) { Object = response };
    }

    private string Pair(string? given, string name, SourcePath path)
    {
        var match = string.IsNullOrEmpty(given) ? -1 : _open.FindIndex(open => open.Given == given);
        match = match >= 0 ? match : _open.FindIndex(open => open.Name == name && (string.IsNullOrEmpty(given) || string.IsNullOrEmpty(open.Given)));
        if (match < 0)
        {
            throw GeminiJson.Bad(path.At("functionResponse"), $"{path.At("functionResponse")} answers no functionCall of the model's content before it.");
        }

        var id = _open[match].Id;
        _open.RemoveAt(match);
        return id;
    }

    /// <summary>The text inside the wrapping that Google's clients put around texts; else the object's JSON.</summary>
    private static string Unwrap(JsonElement response, out bool isError)
    {
        isError = false;
        var members = response.EnumerateObject();
        if (members.MoveNext() && members.Current is { Name: "output" or "result" or "error", Value.ValueKind: JsonValueKind.String } only && !members.MoveNext())
        {
            isError = only.Name == "error";
            return GeminiJson.Text(only.Value, new SourcePath(only.Name));
        }

        return Encoding.UTF8.GetString(CanonicalJson.Of(response));
    }

    private MediaPart ReadInline(JsonElement data, SourcePath path)
    {
        string? type = null;
        byte[]? base64 = null;
        foreach (var member in data.EnumerateObject())
        {
            switch (GeminiJson.Camel(member.Name), member.Value.ValueKind)
            {
                case (_, JsonValueKind.Null):
                    break;
                case ("mimeType", _):
                    type = GeminiJson.Text(member.Value, path.At($"{path.Member}.{member.Name}"));
                    break;
                case ("data", _):
                    base64 = GeminiBase64.Normal(member.Value, path.At($"{path.Member}.data"));
                    break;
                case ("displayName", _):
                    break;
                default:
                    request.Foreign.Add(new ForeignField(path.At($"{path.Member}.{member.Name}"), ChangesAnswer: false));
                    break;
            }
        }

        if (base64 is null)
        {
            throw GeminiJson.Bad(path.At($"{path.Member}.data"), $"{path.At($"{path.Member}.data")} is missing.");
        }

        return new MediaPart(KindOf(type), path) { Base64 = base64, MimeType = type };
    }

    private MediaPart ReadFile(JsonElement file, SourcePath path)
    {
        string? type = null;
        string? uri = null;
        foreach (var member in file.EnumerateObject())
        {
            switch (GeminiJson.Camel(member.Name), member.Value.ValueKind)
            {
                case (_, JsonValueKind.Null):
                    break;
                case ("mimeType", _):
                    type = GeminiJson.Text(member.Value, path.At($"{path.Member}.{member.Name}"));
                    break;
                case ("fileUri", _):
                    uri = GeminiJson.Text(member.Value, path.At($"{path.Member}.{member.Name}"));
                    break;
                case ("displayName", _):
                    break;
                default:
                    request.Foreign.Add(new ForeignField(path.At($"{path.Member}.{member.Name}"), ChangesAnswer: false));
                    break;
            }
        }

        if (string.IsNullOrEmpty(uri))
        {
            throw GeminiJson.Bad(path.At($"{path.Member}.fileUri"), $"{path.At($"{path.Member}.fileUri")} is missing.");
        }

        return new MediaPart(KindOf(type), path) { Url = uri, MimeType = type };
    }

    private static MediaKind KindOf(string? type) =>
        type is null ? MediaKind.File
        : type.StartsWith("image/", StringComparison.OrdinalIgnoreCase) ? MediaKind.Image
        : type.StartsWith("audio/", StringComparison.OrdinalIgnoreCase) ? MediaKind.Audio
        : type.StartsWith("video/", StringComparison.OrdinalIgnoreCase) ? MediaKind.Video
        : MediaKind.File;
}
