using System.Text.Json;
using Gateway.Core.Requests;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Gemini;

/// <summary>What the writer of answers must know of the request.</summary>
/// <param name="ShowsThoughts">The client asked for thoughts; Gemini shows none otherwise.</param>
internal sealed record GeminiClientState(bool ShowsThoughts);

/// <summary>Reads a generateContent request, or one that counts its tokens.</summary>
internal static class GeminiRequestReader
{
    public static NeutralRequest Read(JsonElement body, ClientCall call)
    {
        var request = new NeutralRequest { Model = call.Model, Stream = call.Stream, IncludeUsage = true };
        if (call.Operation == LlmOperation.GeminiCountTokens && TryInner(body, out var inner))
        {
            body = inner;
        }

        Read(body, request);
        request.ClientState = new GeminiClientState(request.Reasoning is { Show: true });
        return request;
    }

    private static bool TryInner(JsonElement body, out JsonElement inner)
    {
        foreach (var member in body.EnumerateObject())
        {
            if (GeminiJson.Camel(member.Name) == "generateContentRequest" && member.Value.ValueKind != JsonValueKind.Null)
            {
                inner = GeminiJson.Object(member.Value, new SourcePath(member.Name));
                return true;
            }
        }

        inner = default;
        return false;
    }

    private static void Read(JsonElement body, NeutralRequest request)
    {
        JsonElement? contents = null;
        foreach (var member in body.EnumerateObject())
        {
            var value = member.Value;
            if (value.ValueKind == JsonValueKind.Null)
            {
                continue;
            }

            var path = new SourcePath(member.Name);
            switch (GeminiJson.Camel(member.Name))
            {
                case "contents":
                    contents = value;
                    break;
                case "systemInstruction":
                    GeminiContentReader.ReadSystem(value, path, request);
                    break;
                case "tools":
                    GeminiToolsReader.ReadTools(value, request);
                    break;
                case "toolConfig":
                    GeminiToolsReader.ReadConfig(value, request);
                    break;
                case "generationConfig":
                    GeminiConfigReader.Read(value, path, request);
                    break;
                case "labels":
                    request.Metadata = GeminiJson.Object(value, path);
                    break;
                case "serviceTier":
                    request.ServiceTier = GeminiJson.Text(value, path).ToLowerInvariant() switch
                    {
                        "standard" or "service_tier_standard" => "default",
                        "flex" or "service_tier_flex" => "flex",
                        "priority" or "service_tier_priority" => "priority",
                        _ => null,
                    };
                    break;
                case "cachedContent":
                    request.Foreign.Add(new ForeignField(path, ChangesAnswer: true));
                    break;
                case "model":
                    // The path has said it.
                    break;
                default:
                    // safetySettings among them: other providers have filters of their own.
                    request.Foreign.Add(new ForeignField(path, ChangesAnswer: false));
                    break;
            }
        }

        if (contents is not { } talk)
        {
            throw GeminiJson.Bad(new SourcePath("contents"), "contents is missing: send the talk as a list of contents.");
        }

        GeminiContentReader.ReadTalk(talk, request);
    }
}
