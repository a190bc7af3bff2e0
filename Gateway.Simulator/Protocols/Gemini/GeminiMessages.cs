namespace Gateway.Simulator.Protocols.Gemini;

/// <summary>The messages of the API, as far as a request may carry them.</summary>
internal static class GeminiMessages
{
    public static readonly ProtoMessage Generate = new("GenerateContentRequest");

    public static readonly ProtoMessage VertexGenerate = new("GenerateContentRequest");

    public static readonly ProtoMessage Count = new("CountTokensRequest");

    public static readonly ProtoMessage VertexCount = new("CountTokensRequest");

    public static readonly ProtoMessage Embed = new("EmbedContentRequest");

    public static readonly ProtoMessage BatchEmbed = new("BatchEmbedContentsRequest");

    /// <summary>Instances and parameters are free JSON to the API; the model reads them.</summary>
    public static readonly ProtoMessage Predict = new("PredictRequest");

    private static readonly ProtoField Text = new(ProtoType.Text);
    private static readonly ProtoField Bytes = new(ProtoType.Bytes);
    private static readonly ProtoField Texts = new(ProtoType.Text, Repeated: true);
    private static readonly ProtoField Integer = new(ProtoType.Integer);
    private static readonly ProtoField Number = new(ProtoType.Number);
    private static readonly ProtoField Flag = new(ProtoType.Flag);
    private static readonly ProtoField Struct = new(ProtoType.Struct);
    private static readonly ProtoField Value = new(ProtoType.Value);

    static GeminiMessages()
    {
        var schema = Schema("Schema");
        var content = Content();
        var tool = Tool(schema);
        var config = GenerationConfig(schema);
        var toolConfig = ToolConfig();
        var safety = new ProtoMessage("SafetySetting") { ["category", "threshold", "method"] = Text };
        foreach (var request in new[] { Generate, VertexGenerate })
        {
            request["model", "cachedContent", "serviceTier"] = Text;
            request["contents"] = new(ProtoType.Message, content, Repeated: true);
            request["systemInstruction"] = new(ProtoType.Message, content);
            request["tools"] = new(ProtoType.Message, tool, Repeated: true);
            request["toolConfig"] = new(ProtoType.Message, toolConfig);
            request["safetySettings"] = new(ProtoType.Message, safety, Repeated: true);
            request["generationConfig"] = new(ProtoType.Message, config);
        }

        Generate["store"] = Flag;
        VertexGenerate["labels"] = new(ProtoType.Text, IsMap: true);
        VertexGenerate["modelArmorConfig"] = Struct;

        Count["contents"] = new(ProtoType.Message, content, Repeated: true);
        Count["generateContentRequest"] = new(ProtoType.Message, Generate);
        Count["model"] = Text;
        VertexCount["contents"] = new(ProtoType.Message, content, Repeated: true);
        VertexCount["systemInstruction"] = new(ProtoType.Message, content);
        VertexCount["tools"] = new(ProtoType.Message, tool, Repeated: true);
        VertexCount["generationConfig"] = new(ProtoType.Message, config);
        VertexCount["model"] = Text;

        Embed["model", "title"] = Text;
        Embed["content"] = new(ProtoType.Message, content);
        Embed["outputDimensionality"] = Integer;
        Embed["taskType"] = new(ProtoType.Enum, OneOf:
        [
            "TASK_TYPE_UNSPECIFIED", "RETRIEVAL_QUERY", "RETRIEVAL_DOCUMENT", "SEMANTIC_SIMILARITY", "CLASSIFICATION", "CLUSTERING", "QUESTION_ANSWERING",
            "FACT_VERIFICATION", "CODE_RETRIEVAL_QUERY",
        ]);
        Predict["instances"] = new(ProtoType.Value, Repeated: true);
        Predict["parameters"] = Value;
        BatchEmbed["requests"] = new(ProtoType.Message, Embed, Repeated: true);
    }

    private static ProtoMessage Content()
    {
        var blob = new ProtoMessage("Blob") { ["mimeType", "displayName"] = Text, ["data"] = Bytes };
        var resultPart = new ProtoMessage("FunctionResponsePart")
        {
            ["inlineData"] = new(ProtoType.Message, blob),
            ["fileData"] = new(ProtoType.Message, new ProtoMessage("FileData") { ["fileUri", "mimeType", "displayName"] = Text }),
        };
        var part = new ProtoMessage("Part")
        {
            ["text"] = Text,
            ["thought"] = Flag,
            ["thoughtSignature"] = Bytes,
            ["inlineData"] = new(ProtoType.Message, blob),
            ["fileData"] = new(ProtoType.Message, new ProtoMessage("FileData") { ["fileUri", "mimeType", "displayName"] = Text }),
            ["functionCall"] = new(ProtoType.Message, new ProtoMessage("FunctionCall") { ["id", "name"] = Text, ["args"] = Struct }),
            ["functionResponse"] = new(ProtoType.Message, new ProtoMessage("FunctionResponse")
            {
                ["id", "name", "scheduling"] = Text,
                ["response"] = Struct,
                ["willContinue"] = Flag,
                ["parts"] = new(ProtoType.Message, resultPart, Repeated: true),
            }),
            ["executableCode"] = new(ProtoType.Message, new ProtoMessage("ExecutableCode") { ["id", "language", "code"] = Text }),
            ["codeExecutionResult"] = new(ProtoType.Message, new ProtoMessage("CodeExecutionResult") { ["id", "outcome", "output"] = Text }),
            ["videoMetadata", "mediaResolution", "partMetadata", "toolCall", "toolResponse"] = Struct,
        };
        return new ProtoMessage("Content") { ["role"] = Text, ["parts"] = new(ProtoType.Message, part, Repeated: true) };
    }

    private static ProtoMessage Tool(ProtoMessage schema)
    {
        var declaration = new ProtoMessage("FunctionDeclaration")
        {
            ["name", "description", "behavior"] = Text,
            ["parameters", "response"] = new(ProtoType.Message, schema),
            ["parametersJsonSchema", "responseJsonSchema"] = Value,
        };
        return new ProtoMessage("Tool")
        {
            ["functionDeclarations"] = new(ProtoType.Message, declaration, Repeated: true),
            ["googleSearch", "googleSearchRetrieval", "codeExecution", "urlContext", "computerUse", "fileSearch", "googleMaps", "retrieval", "enterpriseWebSearch"] = Struct,
        };
    }

    private static ProtoMessage ToolConfig() => new("ToolConfig")
    {
        ["functionCallingConfig"] = new(ProtoType.Message, new ProtoMessage("FunctionCallingConfig")
        {
            ["mode"] = new(ProtoType.Enum, OneOf: ["MODE_UNSPECIFIED", "AUTO", "ANY", "NONE", "VALIDATED"]),
            ["allowedFunctionNames"] = Texts,
            ["streamFunctionCallArguments"] = Flag,
        }),
        ["retrievalConfig"] = Struct,
        ["includeServerSideToolInvocations"] = Flag,
    };

    private static ProtoMessage GenerationConfig(ProtoMessage schema) => new("GenerationConfig")
    {
        ["stopSequences", "responseModalities"] = Texts,
        ["responseMimeType", "mediaResolution"] = Text,
        ["responseSchema"] = new(ProtoType.Message, schema),
        ["responseJsonSchema", "_responseJsonSchema"] = Value,
        ["candidateCount", "maxOutputTokens", "seed", "logprobs"] = Integer,
        ["temperature", "topP", "topK", "presencePenalty", "frequencyPenalty"] = Number,
        ["responseLogprobs", "enableEnhancedCivicAnswers", "audioTimestamp"] = Flag,
        ["speechConfig", "imageConfig", "routingConfig", "modelConfig"] = Struct,
        ["thinkingConfig"] = new(ProtoType.Message, new ProtoMessage("ThinkingConfig")
        {
            ["includeThoughts"] = Flag,
            ["thinkingBudget"] = Integer,
            ["thinkingLevel"] = new(ProtoType.Enum, OneOf: ["THINKING_LEVEL_UNSPECIFIED", "MINIMAL", "LOW", "MEDIUM", "HIGH"]),
        }),
    };

    /// <summary>The part of OpenAPI that <c>parameters</c> and <c>responseSchema</c> know; any other keyword is an unknown name.</summary>
    private static ProtoMessage Schema(string name)
    {
        var schema = new ProtoMessage(name)
        {
            ["type"] = new(ProtoType.Enum, OneOf: ["TYPE_UNSPECIFIED", "STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL"]),
            ["format", "title", "description", "pattern"] = Text,
            ["nullable"] = Flag,
            ["enum", "required", "propertyOrdering"] = Texts,
            ["minItems", "maxItems", "minProperties", "maxProperties", "minLength", "maxLength"] = Integer,
            ["minimum", "maximum"] = Number,
            ["example", "default"] = Value,
        };
        schema["items"] = new(ProtoType.Message, schema);
        schema["anyOf"] = new(ProtoType.Message, schema, Repeated: true);
        schema["properties"] = new(ProtoType.Message, schema, IsMap: true);
        return schema;
    }
}
