using System.Text.Json;
using Gateway.Core.Errors;
using Gateway.Core.Requests;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Ollama;

/// <summary>Reads the bodies of <c>/api/chat</c> and <c>/api/generate</c>.</summary>
internal static class OllamaRequestReader
{
    private const string NothingToLoad = "An empty prompt asks Ollama to load or unload a model, and the provider of this model has nothing to load. Send a prompt.";

    public static NeutralRequest Read(JsonElement body, ClientCall call)
    {
        // Ollama always reports usage, with its last line.
        var request = new NeutralRequest { Model = call.Model, Stream = call.Stream, IncludeUsage = true };
        foreach (var member in body.EnumerateObject())
        {
            var path = new SourcePath(member.Name);
            switch (member.Name)
            {
                case "model" or "stream":
                    break;
                case "options":
                    OllamaOptionsReader.Read(member.Value, request);
                    break;
                case "format":
                    request.Output = ReadFormat(member.Value, path);
                    break;
                case "think":
                    request.Reasoning = ReadThink(member.Value, path);
                    break;
                case "logprobs":
                    if (OllamaFields.Flag(member.Value, path) == true)
                    {
                        OllamaOptionsReader.AddForeign(member.Value, path, request, changesAnswer: true);
                    }

                    break;
                default:
                    if (!(call.Operation == LlmOperation.OllamaGenerate ? ReadOfGenerate(member, request) : ReadOfChat(member, request)))
                    {
                        // keep_alive and whatever else: how a local runner keeps its house.
                        OllamaOptionsReader.AddForeign(member.Value, path, request);
                    }

                    break;
            }
        }

        if (call.Operation == LlmOperation.OllamaGenerate)
        {
            AddPrompt(body, request);
        }

        return request.Turns.Count > 0 || request.System.Count > 0 && call.Operation == LlmOperation.OllamaChat
            ? request : throw new GatewayException(GatewayErrorKind.InvalidRequest, NothingToLoad, call.Operation == LlmOperation.OllamaGenerate ? "prompt" : "messages");
    }

    private static bool ReadOfChat(JsonProperty member, NeutralRequest request)
    {
        switch (member.Name)
        {
            case "messages":
                new OllamaMessagesReader(request).Read(member.Value);
                return true;
            case "tools":
                ReadTools(member.Value, request);
                return true;
            default:
                return false;
        }
    }

    private static bool ReadOfGenerate(JsonProperty member, NeutralRequest request)
    {
        var path = new SourcePath(member.Name);
        switch (member.Name)
        {
            case "prompt" or "images":
                return true;
            case "system":
                if (OllamaFields.Text(member.Value, path) is { Length: > 0 } system)
                {
                    request.System.Add(new TextPart(system, path));
                }

                return true;
            case "raw":
                if (OllamaFields.Flag(member.Value, path) == true)
                {
                    OllamaOptionsReader.AddForeign(member.Value, path, request, changesAnswer: true);
                }

                return true;
            case "template" or "suffix":
                if (OllamaFields.Text(member.Value, path) is { Length: > 0 })
                {
                    OllamaOptionsReader.AddForeign(member.Value, path, request, changesAnswer: true);
                }

                return true;
            default:
                return false;
        }
    }

    /// <summary>The prompt is one turn of the user.</summary>
    private static void AddPrompt(JsonElement body, NeutralRequest request)
    {
        var turn = new NeutralTurn(NeutralRole.User, new SourcePath("prompt"));
        if (OllamaFields.Text(body, "prompt"u8, turn.Path) is { Length: > 0 } prompt)
        {
            turn.Parts.Add(new TextPart(prompt, turn.Path));
        }

        if (body.TryGetProperty("images"u8, out var images) && OllamaFields.IsArray(images, new SourcePath("images")))
        {
            var index = 0;
            foreach (var image in images.EnumerateArray())
            {
                var path = new SourcePath("images", index++);
                turn.Parts.Add(OllamaImage.Read(OllamaFields.Text(image, path) ?? throw OllamaFields.Wrong(path, "a string"), path));
            }
        }

        if (turn.Parts.Count > 0)
        {
            request.Turns.Add(turn);
        }
    }

    private static void ReadTools(JsonElement tools, NeutralRequest request)
    {
        if (!OllamaFields.IsArray(tools, new SourcePath("tools")))
        {
            return;
        }

        var index = 0;
        foreach (var tool in tools.EnumerateArray())
        {
            var path = new SourcePath("tools", index++);
            if (tool.ValueKind != JsonValueKind.Object)
            {
                throw OllamaFields.Wrong(path, "an object");
            }

            if (OllamaFields.Text(tool, "type"u8, path.At("type")) is not (null or "" or "function"))
            {
                throw OllamaFields.Wrong(path.At("type"), "\"function\"");
            }

            if (!tool.TryGetProperty("function"u8, out var function) || function.ValueKind != JsonValueKind.Object)
            {
                throw OllamaFields.Wrong(path.At("function"), "an object");
            }

            if (OllamaFields.Text(function, "name"u8, path.At("function.name")) is not { Length: > 0 } name)
            {
                throw OllamaFields.Wrong(path.At("function.name"), "the name of a tool");
            }

            var parameters = function.TryGetProperty("parameters"u8, out var schema) && OllamaFields.IsObject(schema, path.At("function.parameters")) ? schema : (JsonElement?)null;
            request.Tools.Add(new NeutralTool(name, OllamaFields.Text(function, "description"u8, path.At("function.description")), parameters, Strict: null, path));
        }
    }

    private static NeutralOutput? ReadFormat(JsonElement value, SourcePath path) => value.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.Object => new NeutralOutput(OutputKind.JsonSchema, value, null, null, null, path),
        JsonValueKind.String when value.ValueEquals(""u8) => null,
        JsonValueKind.String when value.ValueEquals("json"u8) => new NeutralOutput(OutputKind.JsonObject, null, null, null, null, path),
        _ => throw OllamaFields.Wrong(path, "\"json\" or a JSON schema"),
    };

    private static NeutralReasoning? ReadThink(JsonElement value, SourcePath path)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Null:
                return null;
            case JsonValueKind.False:
                return new NeutralReasoning(ReasoningMode.Off, null, null, null, path);
            case JsonValueKind.True:
                return new NeutralReasoning(ReasoningMode.Auto, null, null, Show: true, path);
            case JsonValueKind.String when OllamaFields.Text(value, path) is "low" or "medium" or "high" or "max":
                return new NeutralReasoning(ReasoningMode.Effort, value.GetString(), null, Show: true, path);
            default:
                throw OllamaFields.Wrong(path, "true, false, \"low\", \"medium\", \"high\" or \"max\"");
        }
    }
}
