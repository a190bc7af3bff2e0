using System.Text.Json;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.OpenAI;

/// <summary>Reads the body of a chat completions request into its neutral form. One request.</summary>
internal sealed class OpenAIRequestReader(ClientCall call)
{
    private readonly NeutralRequest _request = new() { Model = call.Model, Stream = call.Stream };
    private bool _usesFunctions;

    public NeutralRequest Read(JsonElement body)
    {
        foreach (var member in body.EnumerateObject())
        {
            if (!OpenAIField.IsAbsent(member.Value) && !ReadContent(member.Name, member.Value) && !OpenAISampling.TryRead(member.Name, member.Value, _request))
            {
                NoteForeign(member.Name, member.Value);
            }
        }

        HashSet<string>? custom = null;
        foreach (var tool in _request.Tools)
        {
            if (tool.IsCustom)
            {
                (custom ??= new(StringComparer.Ordinal)).Add(tool.Name);
            }
        }

        if (_usesFunctions)
        {
            // An answer in this dialect has place for one call.
            _request.ParallelToolCalls = false;
        }

        _request.ClientState = _usesFunctions || custom is not null ? new OpenAIClientState(_usesFunctions, custom) : OpenAIClientState.Plain;
        return _request;
    }

    private bool ReadContent(string name, JsonElement value)
    {
        var path = new SourcePath(name);
        switch (name)
        {
            case "model" or "stream" or "models" or "provider":
                // Read with the facts; the last two steer the gateway.
                return true;
            case "messages":
                new OpenAIMessageReader(_request).Read(value);
                return true;
            case "tools":
                OpenAIToolReader.Read(value, _request);
                return true;
            case "tool_choice":
                _request.ToolChoice = OpenAIToolReader.ReadChoice(value);
                return true;
            case "parallel_tool_calls":
                _request.ParallelToolCalls = OpenAIField.OptionalFlag(value, path);
                return true;
            case "functions":
                _usesFunctions = true;
                OpenAIToolReader.ReadFunctions(value, _request);
                return true;
            case "function_call":
                _usesFunctions = true;
                _request.ToolChoice = OpenAIToolReader.ReadFunctionChoice(value);
                return true;
            case "response_format":
                _request.Output = ReadOutput(value, path);
                return true;
            case "stream_options":
                _request.IncludeUsage = OpenAIField.OptionalFlag(OpenAIField.Member(OpenAIField.Object(value, path), "include_usage"u8), path.At("include_usage")) ?? false;
                return true;
            default:
                return false;
        }
    }

    private static NeutralOutput? ReadOutput(JsonElement format, SourcePath path)
    {
        OpenAIField.Object(format, path);
        switch (OpenAIField.Text(OpenAIField.Member(format, "type"u8), path.At("type")))
        {
            case "text":
                return null;
            case "json_object":
                return new NeutralOutput(OutputKind.JsonObject, null, null, null, null, path);
            case "json_schema":
                var inner = OpenAIField.Object(OpenAIField.Member(format, "json_schema"u8), path.At("json_schema"));
                return new NeutralOutput(
                    OutputKind.JsonSchema,
                    OpenAIField.Object(OpenAIField.Member(inner, "schema"u8), path.At("json_schema.schema")),
                    OpenAIField.OptionalText(OpenAIField.Member(inner, "name"u8), path.At("json_schema.name")),
                    OpenAIField.OptionalText(OpenAIField.Member(inner, "description"u8), path.At("json_schema.description")),
                    OpenAIField.OptionalFlag(OpenAIField.Member(inner, "strict"u8), path.At("json_schema.strict")),
                    path);
            default:
                throw OpenAIField.Wrong(path.At("type"), "text, json_object or json_schema");
        }
    }

    private void NoteForeign(string name, JsonElement value)
    {
        var changes = name switch
        {
            "modalities" => WantsMoreThanText(value),
            "audio" or "web_search_options" or "moderation" => true,
            _ => false,
        };
        if (name != "modalities" || changes)
        {
            _request.Foreign.Add(new ForeignField(new SourcePath(name), changes));
        }
    }

    private static bool WantsMoreThanText(JsonElement modalities)
    {
        var path = new SourcePath("modalities");
        foreach (var modality in OpenAIField.List(modalities, path).EnumerateArray())
        {
            if (OpenAIField.Text(modality, path) != "text")
            {
                return true;
            }
        }

        return false;
    }
}
