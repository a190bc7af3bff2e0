using System.Text.Json;
using Gateway.Simulator.Text;

namespace Gateway.Simulator.Protocols.Anthropic;

/// <summary>One request, read and found right. Messages and the counting of tokens read the same, so that both count the same.</summary>
internal sealed class AnthropicRequest : IDisposable
{
    /// <exception cref="ProviderException">The request breaks the protocol.</exception>
    public AnthropicRequest(JsonElement body, string model, AnthropicProvider provider)
    {
        var able = new AnthropicModel(model);
        if (able.OneSampler && Json.Member(body, "temperature"u8) is not null && Json.Member(body, "top_p"u8) is not null)
        {
            throw AnthropicError.Invalid("`temperature` and `top_p` cannot both be specified for this model. Please use only one.");
        }

        if (Json.Member(body, "metadata"u8) is { } metadata)
        {
            AnthropicFields.Metadata.Check(metadata, provider, "metadata");
        }

        Stops = ReadStops(body);
        Schema = ReadSchema(body, provider);
        Tools = AnthropicTools.Read(body, provider);
        Thinking = AnthropicThinking.Read(body, able, Tools, provider);
        Prompt = new AnthropicPrompt(body, able, Thinking, provider);
    }

    public IReadOnlyList<string> Stops { get; }

    /// <summary>The schema that the answer must fit, or null for free text.</summary>
    public JsonElement? Schema { get; }

    public ToolOffer Tools { get; }

    public AnthropicThinking Thinking { get; }

    public AnthropicPrompt Prompt { get; }

    public void Dispose() => Prompt.Dispose();

    private static List<string> ReadStops(JsonElement body)
    {
        if (Json.Member(body, "stop_sequences"u8) is not { } list)
        {
            return [];
        }

        var stops = new List<string>();
        for (var index = 0; index < list.GetArrayLength(); index++)
        {
            var stop = list[index].ValueKind == JsonValueKind.String ? list[index].GetString()! : throw AnthropicError.Invalid($"stop_sequences.{index}", "Input should be a valid string");
            stops.Add(string.IsNullOrWhiteSpace(stop) ? throw AnthropicError.Invalid("stop_sequences", "each stop sequence must contain non-whitespace") : stop);
        }

        return stops;
    }

    private static JsonElement? ReadSchema(JsonElement body, AnthropicProvider provider)
    {
        if (Json.Member(body, "output_config"u8) is not { } config)
        {
            return null;
        }

        AnthropicFields.OutputConfig.Check(config, provider, "output_config");
        if (Json.Member(config, "format"u8) is not { } format)
        {
            return null;
        }

        AnthropicFields.OutputFormat.Check(format, provider, "output_config.format");
        AnthropicSchema.Check(format.GetProperty("schema"u8), "output_config.format.schema");
        return format.GetProperty("schema"u8);
    }
}
