using System.Text;
using System.Text.Json;
using Gateway.Core.Requests;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Gemini;

/// <summary>Reads embedContent and batchEmbedContents requests.</summary>
internal static class GeminiEmbeddingReader
{
    public static NeutralEmbeddingRequest Read(JsonElement body, ClientCall call)
    {
        var request = new NeutralEmbeddingRequest { Model = call.Model };
        if (call.Operation == LlmOperation.EmbedContent)
        {
            request.IsSingle = true;
            ReadOne(body, new SourcePath(""), request);
            return request;
        }

        var path = new SourcePath("requests");
        foreach (var member in body.EnumerateObject())
        {
            if (GeminiJson.Camel(member.Name) != "requests")
            {
                if (member.Value.ValueKind != JsonValueKind.Null && member.Name != "model")
                {
                    request.Foreign.Add(new ForeignField(new SourcePath(member.Name), ChangesAnswer: false));
                }

                continue;
            }

            var index = 0;
            foreach (var one in GeminiJson.List(member.Value, path).EnumerateArray())
            {
                var at = path with { Index = index++ };
                ReadOne(GeminiJson.Object(one, at), at, request);
            }
        }

        return request.Inputs.Count > 0 ? request : throw GeminiJson.Bad(path, "requests must hold at least one request.");
    }

    private static void ReadOne(JsonElement one, SourcePath path, NeutralEmbeddingRequest request)
    {
        var isFirst = request.Inputs.Count == 0;
        string? text = null;
        long? dimensions = null;
        string? task = null;
        string? title = null;
        foreach (var member in one.EnumerateObject())
        {
            var value = member.Value;
            var at = path.At(member.Name);
            switch (GeminiJson.Camel(member.Name), value.ValueKind)
            {
                case (_, JsonValueKind.Null) or ("model", _):
                    break;
                case ("content", _):
                    text = ReadContent(value, at);
                    break;
                case ("outputDimensionality", _):
                    dimensions = GeminiJson.Whole(value, at);
                    break;
                case ("taskType", _):
                    task = GeminiJson.Text(value, at);
                    break;
                case ("title", _):
                    title = GeminiJson.Text(value, at);
                    break;
                default:
                    request.Foreign.Add(new ForeignField(at, ChangesAnswer: false));
                    break;
            }
        }

        if (string.IsNullOrEmpty(text))
        {
            throw GeminiJson.Bad(path.At("content"), $"{path.At("content")} must hold text.");
        }

        // Others say these once for all texts.
        if (isFirst)
        {
            (request.Dimensions, request.TaskType, request.Title) = (dimensions, task, title);
        }
        else if (request.Dimensions != dimensions)
        {
            throw GeminiJson.Bad(path.At("outputDimensionality"), $"{path.At("outputDimensionality")} must be the same in all requests for this model.");
        }
        else if (request.TaskType != task)
        {
            throw GeminiJson.Bad(path.At("taskType"), $"{path.At("taskType")} must be the same in all requests for this model.");
        }
        else if (request.Title != title)
        {
            throw GeminiJson.Bad(path.At("title"), $"{path.At("title")} must be the same in all requests for this model.");
        }

        request.Inputs.Add(text);
        request.Paths.Add(path.At("content"));
    }

    private static string ReadContent(JsonElement content, SourcePath path)
    {
        if (content.ValueKind == JsonValueKind.String)
        {
            return GeminiJson.Text(content, path);
        }

        var text = new StringBuilder();
        foreach (var member in GeminiJson.Object(content, path).EnumerateObject())
        {
            if (member.Name != "parts")
            {
                continue;
            }

            var at = path.At($"{path.Member}.parts");
            foreach (var part in GeminiJson.List(member.Value, at).EnumerateArray())
            {
                foreach (var piece in GeminiJson.Object(part, at).EnumerateObject())
                {
                    if (piece.Name != "text")
                    {
                        throw GeminiJson.Bad(at, $"{at} can hold only text for this model.");
                    }

                    // Several parts make one vector.
                    text.Append(text.Length == 0 ? "" : "\n").Append(GeminiJson.Text(piece.Value, at));
                }
            }
        }

        return text.ToString();
    }
}
