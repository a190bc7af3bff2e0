using System.Text.Json;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.OpenAI;

/// <summary>Reads the body of an embeddings request.</summary>
internal static class OpenAIEmbeddingsReader
{
    public static NeutralEmbeddingRequest Read(JsonElement body, ClientCall call)
    {
        var request = new NeutralEmbeddingRequest { Model = call.Model };
        foreach (var member in body.EnumerateObject())
        {
            if (!OpenAIField.IsAbsent(member.Value))
            {
                ReadMember(member.Name, member.Value, request);
            }
        }

        return request;
    }

    private static void ReadMember(string name, JsonElement value, NeutralEmbeddingRequest request)
    {
        var path = new SourcePath(name);
        switch (name)
        {
            case "model" or "models" or "provider":
                break;
            case "input":
                ReadInput(value, path, request);
                break;
            case "encoding_format":
                request.Base64 = OpenAIField.Text(value, path) switch
                {
                    "float" => false,
                    "base64" => true,
                    _ => throw OpenAIField.Wrong(path, "float or base64"),
                };
                break;
            case "dimensions":
                request.Dimensions = OpenAIField.OptionalInteger(value, path) is > 0 and var size ? size : throw OpenAIField.Wrong(path, "an integer of 1 or more");
                break;
            case "user":
                request.EndUser = OpenAIField.Text(value, path);
                break;
            default:
                request.Foreign.Add(new ForeignField(path, ChangesAnswer: false));
                break;
        }
    }

    private static void ReadInput(JsonElement input, SourcePath path, NeutralEmbeddingRequest request)
    {
        if (input.ValueKind == JsonValueKind.String)
        {
            request.IsSingle = true;
            Add(input, path, request);
            return;
        }

        if (input.ValueKind != JsonValueKind.Array || input.GetArrayLength() == 0)
        {
            throw OpenAIField.Wrong(path, "a string or a list with at least one element");
        }

        if (input[0].ValueKind != JsonValueKind.String)
        {
            CheckTokens(input, path, mayNest: true);
            request.Tokens = input;
            return;
        }

        var index = 0;
        foreach (var text in input.EnumerateArray())
        {
            Add(text, path with { Index = index++ }, request);
        }
    }

    private static void Add(JsonElement text, SourcePath path, NeutralEmbeddingRequest request)
    {
        var value = OpenAIField.Text(text, path);
        request.Inputs.Add(value.Length > 0 ? value : throw OpenAIField.Wrong(path, "a text that is not empty"));
        request.Paths.Add(path);
    }

    /// <summary>Token ids: a list of them, or a list of such lists, but not a mixture.</summary>
    private static void CheckTokens(JsonElement list, SourcePath path, bool mayNest)
    {
        var nests = list[0].ValueKind == JsonValueKind.Array;
        foreach (var element in list.EnumerateArray())
        {
            if (nests && mayNest && element.ValueKind == JsonValueKind.Array && element.GetArrayLength() > 0)
            {
                CheckTokens(element, path, mayNest: false);
            }
            else if (nests || element.ValueKind != JsonValueKind.Number || !element.TryGetInt32(out _))
            {
                throw OpenAIField.Wrong(path, "a string, a list of strings, token ids or a list of lists of token ids");
            }
        }
    }
}
