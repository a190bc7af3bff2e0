using System.Text.Json;
using Gateway.Simulator.Protocols.Anthropic;
using Gateway.Simulator.Text;

namespace Gateway.Simulator.Protocols.Bedrock;

/// <summary>One request of Converse, read and found right.</summary>
internal sealed class BedrockRequest : IDisposable
{
    private const int UsualReasoning = 12;

    private static readonly string[] ModelFields =
        ["anthropic_beta", "inferenceConfig", "output_config", "reasoningConfig", "reasoning_config", "reasoning_effort", "thinking", "top_k"];

    /// <exception cref="ProviderException">The request breaks the protocol.</exception>
    public BedrockRequest(JsonElement body, string model, BedrockProvider provider)
    {
        var inference = Json.Member(body, "inferenceConfig"u8);
        if (inference is { } config)
        {
            BedrockFields.Inference.Check(config, provider, "inferenceConfig");
            MaxTokens = Json.Integer(config, "maxTokens"u8, int.MaxValue);
            Stops = ReadStops(config);
        }

        Tools = BedrockTools.Read(body, provider);
        Schema = ReadSchema(body);
        ReadModelFields(body, inference, new AnthropicModel(model));
        Prompt = new BedrockPrompt(body, provider);
    }

    public int MaxTokens { get; } = int.MaxValue;

    public IReadOnlyList<string> Stops { get; } = [];

    public ToolOffer Tools { get; }

    /// <summary>The schema that the answer must fit, or null for free text.</summary>
    public JsonElement? Schema { get; }

    public BedrockPrompt Prompt { get; }

    private int ReasoningTokens { get; set; }

    /// <summary>How many tokens this request reasons; a directive may ask for any number.</summary>
    public int Reasoning(int? directive) => directive ?? ReasoningTokens;

    public void Dispose() => Prompt.Dispose();

    private static List<string> ReadStops(JsonElement config)
    {
        var stops = new List<string>();
        foreach (var stop in Json.Member(config, "stopSequences"u8)?.EnumerateArray() ?? default)
        {
            stops.Add(stop.ValueKind != JsonValueKind.String ? throw BedrockError.Serialization("Unexpected value type in payload")
                : stop.GetString()!.Length > 0 ? stop.GetString()!
                : throw BedrockError.Constraint("inferenceConfig.stopSequences", "'[]'", "Member must satisfy constraint: [Member must have length greater than or equal to 1]"));
        }

        return stops;
    }

    private static JsonElement? ReadSchema(JsonElement body)
    {
        if (Json.Member(body, "outputConfig"u8) is not { } config || Json.Member(config, "textFormat"u8) is not { } format)
        {
            return null;
        }

        // Here a schema is a text with JSON in it.
        var text = Json.Member(format, "structure"u8) is { } structure && Json.Member(structure, "jsonSchema"u8) is { } holder ? Json.Text(holder, "schema"u8) : null;
        if (Json.Text(format, "type"u8) != "json_schema" || text is null)
        {
            throw BedrockError.Invalid("The value at outputConfig.textFormat must have the type json_schema and structure.jsonSchema.schema.");
        }

        try
        {
            var schema = JsonElement.Parse(text);
            BedrockTools.Model(() => AnthropicSchema.Check(schema, "output_config.format.schema"));
            return schema;
        }
        catch (JsonException)
        {
            throw BedrockError.Invalid("The value at outputConfig.textFormat.structure.jsonSchema.schema is not valid JSON.");
        }
    }

    private void ReadModelFields(JsonElement body, JsonElement? inference, AnthropicModel model)
    {
        var temperature = inference is { } config ? Json.Member(config, "temperature"u8) : null;
        var top = inference is { } other ? Json.Member(other, "topP"u8) : null;
        if (model.OneSampler && temperature is not null && top is not null)
        {
            throw BedrockError.OfModel("`temperature` and `top_p` cannot both be specified for this model. Please use only one.");
        }

        if (Json.Member(body, "additionalModelRequestFields"u8) is not { } fields)
        {
            return;
        }

        foreach (var member in fields.EnumerateObject())
        {
            if (!ModelFields.Contains(member.Name, StringComparer.Ordinal))
            {
                throw BedrockError.OfModel($"{member.Name}: Extra inputs are not permitted");
            }
        }

        // The model behind the interface has Anthropic's rules; it sees the same values under its own names.
        var same = JsonElement.Parse(Json.Write(json =>
        {
            json.WriteStartObject();
            Copy(json, "thinking", Json.Member(fields, "thinking"u8));
            Copy(json, "top_k", Json.Member(fields, "top_k"u8));
            Copy(json, "temperature", temperature);
            Copy(json, "top_p", top);
            Copy(json, "max_tokens", inference is { } limits ? Json.Member(limits, "maxTokens"u8) : null);
            json.WriteEndObject();
        }).Span);
        BedrockTools.Model(() =>
        {
            var thinking = AnthropicThinking.Read(same, model, Tools, new AnthropicProvider());
            ReasoningTokens = thinking.On ? Math.Min(UsualReasoning, thinking.Budget) : 0;
        });
    }

    private static void Copy(Utf8JsonWriter json, string name, JsonElement? value)
    {
        if (value is { } given)
        {
            json.WritePropertyName(name);
            given.WriteTo(json);
        }
    }
}
