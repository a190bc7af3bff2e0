using System.Text.Json;
using Gateway.Core.Requests;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Anthropic;

/// <summary>Reads a request for a message, or for the count of its tokens.</summary>
internal static class AnthropicRequestReader
{
    public static NeutralRequest Read(JsonElement body, ClientCall call, TranslationNotes notes)
    {
        var request = new NeutralRequest { Model = call.Model, Stream = call.Stream, IncludeUsage = true };
        var messages = new MessageReader(request, new ContentReader(request.Foreign, notes));
        var reasoning = new ReasoningReader();
        var hasMessages = false;
        foreach (var member in body.EnumerateObject())
        {
            var value = member.Value;
            if (AnthropicFields.IsNull(value))
            {
                continue;
            }

            switch (member.Name)
            {
                case "messages":
                    messages.ReadMessages(value);
                    hasMessages = true;
                    break;
                case "system":
                    messages.ReadSystem(value);
                    break;
                case "thinking":
                    reasoning.ReadThinking(value);
                    break;
                case "output_config":
                    ReadOutputConfig(value, request, reasoning);
                    break;
                default:
                    ReadScalar(member, request);
                    break;
            }
        }

        request.Reasoning = reasoning.ToNeutral(request.Foreign);
        if (!hasMessages)
        {
            throw AnthropicFields.Missing(new SourcePath("messages"));
        }

        if (request.MaxOutput is null && call.Operation == LlmOperation.Messages)
        {
            throw AnthropicFields.Missing(new SourcePath("max_tokens"));
        }

        return request;
    }

    private static void ReadScalar(JsonProperty member, NeutralRequest request)
    {
        var value = member.Value;
        var path = new SourcePath(member.Name);
        switch (member.Name)
        {
            case "model" or "stream" or "models" or "provider" or "cache_control":
                // Cache marks mean nothing elsewhere and are dropped in silence; the others were read with the facts.
                break;
            case "max_tokens":
                request.MaxOutput = AnthropicFields.Whole(value, path) is > 0 and var most ? most : throw AnthropicFields.Wrong(path, "greater than 0");
                break;
            case "temperature":
                request.Temperature = AnthropicFields.Number(value, path);
                break;
            case "top_p":
                request.TopP = AnthropicFields.Number(value, path);
                break;
            case "top_k":
                request.TopK = AnthropicFields.Whole(value, path);
                break;
            case "stop_sequences":
                ReadStops(value, request);
                break;
            case "tools":
                ToolReader.ReadTools(value, request);
                break;
            case "tool_choice":
                ToolReader.ReadChoice(value, request);
                break;
            case "metadata":
                ReadMetadata(AnthropicFields.Object(value, path), request);
                break;
            case "service_tier":
                request.ServiceTier = AnthropicFields.Text(value, path) switch
                {
                    "auto" => "auto",
                    "standard_only" => "default",
                    _ => throw AnthropicFields.Wrong(path, "auto or standard_only"),
                };
                break;
            case "output_format":
                // What output_config.format was called in its beta.
                request.Output = ReadFormat(value, path);
                break;
            default:
                // A container or a server of tools gives the model what it answers with; a place of inference is a promise.
                request.Foreign.Add(new ForeignField(path, ChangesAnswer: member.Name is "container" or "mcp_servers" or "inference_geo"));
                break;
        }
    }

    private static void ReadStops(JsonElement value, NeutralRequest request)
    {
        var index = 0;
        foreach (var stop in AnthropicFields.List(value, new SourcePath("stop_sequences")).EnumerateArray())
        {
            if (AnthropicFields.Text(stop, new SourcePath("stop_sequences", index++)) is { Length: > 0 } text)
            {
                request.Stop.Add(text);
            }
        }
    }

    private static void ReadMetadata(JsonElement metadata, NeutralRequest request)
    {
        foreach (var member in metadata.EnumerateObject())
        {
            var path = new SourcePath("metadata", Member: member.Name);
            if (AnthropicFields.IsNull(member.Value))
            {
                continue;
            }

            if (member.Name == "user_id")
            {
                request.EndUser = AnthropicFields.Text(member.Value, path);
            }
            else
            {
                request.Foreign.Add(new ForeignField(path, ChangesAnswer: false));
            }
        }
    }

    private static void ReadOutputConfig(JsonElement config, NeutralRequest request, ReasoningReader reasoning)
    {
        foreach (var member in AnthropicFields.Object(config, new SourcePath("output_config")).EnumerateObject())
        {
            var path = new SourcePath("output_config", Member: member.Name);
            if (AnthropicFields.IsNull(member.Value))
            {
                continue;
            }

            switch (member.Name)
            {
                case "effort":
                    reasoning.ReadEffort(member.Value, path);
                    break;
                case "format":
                    request.Output = ReadFormat(member.Value, path);
                    break;
                default:
                    request.Foreign.Add(new ForeignField(path, ChangesAnswer: false));
                    break;
            }
        }
    }

    private static NeutralOutput ReadFormat(JsonElement format, SourcePath path)
    {
        AnthropicFields.Object(format, path);
        var prefix = path.Member is null ? "" : path.Member + ".";
        if (AnthropicFields.RequiredText(format, "type"u8, path.At(prefix + "type")) != "json_schema")
        {
            throw AnthropicFields.Wrong(path.At(prefix + "type"), "json_schema");
        }

        return format.TryGetProperty("schema"u8, out var schema) && !AnthropicFields.IsNull(schema)
            ? new NeutralOutput(OutputKind.JsonSchema, AnthropicFields.Object(schema, path.At(prefix + "schema")), null, null, null, path)
            : throw AnthropicFields.Missing(path.At(prefix + "schema"));
    }
}
