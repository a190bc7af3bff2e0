using System.Text.Json;
using Gateway.Simulator.Faults;
using Gateway.Simulator.Protocols.OpenAI;
using Gateway.Simulator.Text;

namespace Gateway.Simulator.Protocols.Responses;

/// <summary>One request, read and found right.</summary>
internal sealed class ResponsesRequest
{
    private const int UsualReasoning = 12;

    /// <exception cref="ProviderException">The request breaks the protocol.</exception>
    public ResponsesRequest(JsonElement body, string model, OpenAIProvider provider, ResponseShelf shelf)
    {
        model = FaultDirectives.ModelName(model);
        Body = body;
        CheckSampling(body, model);
        ReadReasoning(body, model, provider);
        ReadInclude(body);
        Tools = ResponsesTools.Read(body, provider);
        Input = new ResponsesInput(body, provider, shelf);
        Schema = ReadFormat(body, provider);
    }

    public JsonElement Body { get; }

    public ResponsesInput Input { get; }

    public ToolOffer Tools { get; }

    /// <summary>The schema that the answer must fit, or null for free text.</summary>
    public JsonElement? Schema { get; }

    /// <summary>Any JSON object will do.</summary>
    public bool JsonObject { get; private set; }

    /// <summary>The reasoning is shown as a summary; otherwise it is only counted.</summary>
    public bool ShowReasoning { get; private set; }

    /// <summary>Reasoning items carry their encrypted content.</summary>
    public bool Encrypt { get; private set; }

    private int ReasoningTokens { get; set; }

    /// <summary>How many tokens this request reasons; a directive may ask for any number.</summary>
    public int Reasoning(int? directive) => directive ?? ReasoningTokens;

    private static void CheckSampling(JsonElement body, string model)
    {
        foreach (var name in (string[])["temperature", "top_p"])
        {
            if (OpenAIModel.Reasons(model) && body.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null)
            {
                throw OpenAIError.Unsupported(name);
            }
        }

        if (Json.Member(body, "stream_options"u8) is { } options && !Json.Flag(body, "stream"u8))
        {
            throw OpenAIError.Bad("The 'stream_options' parameter is only allowed when 'stream' is enabled.", "stream_options", null);
        }
    }

    private void ReadReasoning(JsonElement body, string model, OpenAIProvider provider)
    {
        if (Json.Member(body, "reasoning"u8) is not { } reasoning)
        {
            ReasoningTokens = OpenAIModel.Reasons(model) ? UsualReasoning : 0;
            return;
        }

        ResponsesFields.Reasoning.Check(reasoning, provider, "reasoning");
        if (OpenAIModel.CannotReason(model))
        {
            throw OpenAIError.Unsupported(Json.Member(reasoning, "effort"u8) is not null ? "reasoning.effort" : "reasoning.summary");
        }

        ReasoningTokens = Json.Text(reasoning, "effort"u8) == "none" ? 0 : UsualReasoning;
        ShowReasoning = Json.Text(reasoning, "summary"u8) is not null;
    }

    private void ReadInclude(JsonElement body)
    {
        if (Json.Member(body, "include"u8) is not { } include)
        {
            return;
        }

        for (var index = 0; index < include.GetArrayLength(); index++)
        {
            var name = include[index].ValueKind == JsonValueKind.String ? include[index].GetString()! : throw OpenAIError.WrongType($"include[{index}]", "a string", OpenAIFields.KindOf(include[index]));
            switch (name)
            {
                case "reasoning.encrypted_content":
                    Encrypt = true;
                    break;
                case "message.output_text.logprobs":
                    throw OpenAIError.Unsupported("include");
                case var _ when !ResponsesFields.Includes.Contains(name, StringComparer.Ordinal):
                    throw OpenAIError.NotOneOf($"include[{index}]", name, ResponsesFields.Includes);
            }
        }
    }

    private JsonElement? ReadFormat(JsonElement body, OpenAIProvider provider)
    {
        if (Json.Member(body, "text"u8) is not { } text)
        {
            return null;
        }

        ResponsesFields.Text.Check(text, provider, "text");
        if (Json.Member(text, "format"u8) is not { } format)
        {
            return null;
        }

        switch (Json.Text(format, "type"u8))
        {
            case "text":
                ResponsesFields.PlainFormat.Check(format, provider, "text.format");
                return null;
            case "json_object":
                ResponsesFields.PlainFormat.Check(format, provider, "text.format");
                JsonObject = Input.SaysJson
                    ? true : throw OpenAIError.Bad("Response input messages must contain the word 'json' in some form to use 'text.format' of type 'json_object'.", "input", null);
                return null;
            case "json_schema":
                ResponsesFields.SchemaFormat.Check(format, provider, "text.format");
                var schema = format.GetProperty("schema"u8);
                if (Json.Flag(format, "strict"u8))
                {
                    OpenAISchema.Check(schema, $"response_format '{Json.Text(format, "name"u8)}'", "text.format.schema", "invalid_json_schema");
                }

                return schema;
            case null:
                throw OpenAIError.Missing("text.format.type");
            case var other:
                throw OpenAIError.NotOneOf("text.format.type", other, ["json_object", "json_schema", "text"]);
        }
    }
}
