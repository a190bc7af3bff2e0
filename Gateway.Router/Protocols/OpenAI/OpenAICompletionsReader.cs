using System.Text.Json;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.OpenAI;

/// <summary>Reads the body of an old completions request: its prompt becomes one turn of the user (protocols.md 7.4).</summary>
internal static class OpenAICompletionsReader
{
    public static NeutralRequest Read(JsonElement body, ClientCall call)
    {
        var request = new NeutralRequest { Model = call.Model, Stream = call.Stream, ClientState = OpenAIClientState.Plain };
        foreach (var member in body.EnumerateObject())
        {
            if (!OpenAIField.IsAbsent(member.Value))
            {
                ReadMember(member.Name, member.Value, request);
            }
        }

        return request;
    }

    private static void ReadMember(string name, JsonElement value, NeutralRequest request)
    {
        var path = new SourcePath(name);
        switch (name)
        {
            case "model" or "stream" or "models" or "provider":
                break;
            case "prompt":
                ReadPrompt(value, path, request);
                break;
            case "stream_options":
                request.IncludeUsage = OpenAIField.OptionalFlag(OpenAIField.Member(OpenAIField.Object(value, path), "include_usage"u8), path.At("include_usage")) ?? false;
                break;
            case "suffix" when OpenAIField.Text(value, path).Length == 0:
                break;
            case "echo" when OpenAIField.OptionalFlag(value, path) == false:
                break;
            case "best_of" when OpenAIField.OptionalInteger(value, path) == 1:
                break;
            case "suffix" or "echo" or "best_of" or "logprobs":
                throw OpenAIField.Invalid(path, $"'{name}' is not possible for this model, which holds a talk and does not complete a text. Leave it out.");
            default:
                if (!OpenAISampling.TryRead(name, value, request))
                {
                    request.Foreign.Add(new ForeignField(path, ChangesAnswer: false));
                }

                break;
        }
    }

    private static void ReadPrompt(JsonElement prompt, SourcePath path, NeutralRequest request)
    {
        var text = prompt;
        if (prompt.ValueKind == JsonValueKind.Array)
        {
            text = prompt.GetArrayLength() == 1 ? prompt[0] : throw OpenAIField.Invalid(path, "'prompt' must be one text for this model. Send a request for each.");
        }

        if (text.ValueKind != JsonValueKind.String)
        {
            throw OpenAIField.Wrong(path, "text for this model, whose provider does not take token ids");
        }

        var turn = new NeutralTurn(NeutralRole.User, path);
        turn.Parts.Add(new TextPart(OpenAIField.Text(text, path), path));
        request.Turns.Add(turn);
    }
}
