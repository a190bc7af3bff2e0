using System.Text.Json;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Ollama;

/// <summary>Reads <c>options</c>.</summary>
internal static class OllamaOptionsReader
{
    private const string Options = "options";

    public static void Read(JsonElement options, NeutralRequest request)
    {
        if (!OllamaFields.IsObject(options, new SourcePath(Options)))
        {
            return;
        }

        foreach (var option in options.EnumerateObject())
        {
            var value = option.Value;
            var path = new SourcePath(Options, Member: option.Name);
            switch (option.Name)
            {
                case "num_predict":
                    // -1 is "no limit" and -2 "until the context is full": both leave it to the model.
                    request.MaxOutput = OllamaFields.Integer(value, path) is { } cap and >= 0 ? cap : null;
                    break;
                case "temperature":
                    request.Temperature = OllamaFields.Number(value, path);
                    break;
                case "top_p":
                    request.TopP = OllamaFields.Number(value, path);
                    break;
                case "top_k":
                    request.TopK = OllamaFields.Integer(value, path);
                    break;
                case "frequency_penalty":
                    request.FrequencyPenalty = OllamaFields.Number(value, path);
                    break;
                case "presence_penalty":
                    request.PresencePenalty = OllamaFields.Number(value, path);
                    break;
                case "seed":
                    request.Seed = OllamaFields.Integer(value, path);
                    break;
                case "num_ctx":
                    request.ContextWindow = OllamaFields.Integer(value, path);
                    break;
                case "stop":
                    ReadStop(value, path, request);
                    break;
                default:
                    // mirostat, repeat_penalty and the like: how a local runner samples, which nobody else can be told.
                    AddForeign(value, path, request);
                    break;
            }
        }
    }

    public static void AddForeign(JsonElement value, SourcePath path, NeutralRequest request, bool changesAnswer = false)
    {
        if (value.ValueKind != JsonValueKind.Null)
        {
            request.Foreign.Add(new ForeignField(path, changesAnswer));
        }
    }

    private static void ReadStop(JsonElement value, SourcePath path, NeutralRequest request)
    {
        if (!OllamaFields.IsArray(value, path))
        {
            return;
        }

        var index = 0;
        foreach (var item in value.EnumerateArray())
        {
            if (OllamaFields.Text(item, new SourcePath(Options, -1, "stop", index++)) is { Length: > 0 } stop)
            {
                request.Stop.Add(stop);
            }
        }
    }
}
