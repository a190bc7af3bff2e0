using Gateway.Core.Requests;
using static Gateway.Router.Tests.Translating.ProtocolFeatures;

namespace Gateway.Router.Tests.Translating;

/// <summary>Every feature in the words of Gemini's generateContent.</summary>
internal static class ProtocolTableGemini
{
    private const string User = """{"role":"user","parts":[{"text":"PLAINTEXT"}]}""";
    private const string Other = """{"role":"user","parts":[{"text":"other"}]}""";
    private const string Tool = """ "tools":[{"functionDeclarations":[{"name":"get_weather","description":"d","parametersJsonSchema":{"type":"object","properties":{"CITYPARAM":{"type":"string"}}}}]}] """;
    private const string Calls = """{"role":"model","parts":[{"functionCall":{"name":"get_weather","args":{}}},{"functionCall":{"name":"get_time","args":{}}}]}""";
    private const string OneCall = """{"role":"model","parts":[{"functionCall":{"name":"get_weather","args":{}}}]}""";

    public static readonly IReadOnlyList<ProtocolTableRow> Rows =
    [
        Talk(ProtocolFeatures.Plain, "contents", User),
        Talk(ProtocolFeatures.Stream, ":streamGenerateContent", User) with { StreamsByPath = true },
        Config(MaxOutput, "maxOutputTokens", "\"maxOutputTokens\":321"),
        Config(Temperature, "temperature", "\"temperature\":0.37"),
        Config(HighTemperature, "temperature", "\"temperature\":1.53"),
        Config(TopP, "topP", "\"topP\":0.83"),
        Config(TopK, "topK", "\"topK\":47"),
        Config(Stop, "stopSequences", "\"stopSequences\":[\"STOPONE\"]"),
        Config(ManyStops, "stopSequences", """ "stopSequences":["STOPONE","STOPTWO","STOPTHREE","STOPFOUR","STOPFIVE"] """),
        Config(FrequencyPenalty, "frequencyPenalty", "\"frequencyPenalty\":0.61"),
        Config(PresencePenalty, "presencePenalty", "\"presencePenalty\":0.62"),
        Config(Seed, "seed", "\"seed\":4242"),
        Config(Logprobs, "responseLogprobs", """ "responseLogprobs":true,"logprobs":3 """),
        Config(Candidates, "candidateCount", "\"candidateCount\":2"),
        With(ProtocolFeatures.System, "systemInstruction", """ "systemInstruction":{"parts":[{"text":"SYSTEMTEXT"}]} """),
        Talk(AssistantFirst, "contents", """{"role":"model","parts":[{"text":"FIRSTWORDS"}]},""" + User),
        Talk(Prefill, "contents", User + """,{"role":"model","parts":[{"text":"PREFILLTEXT"}]}"""),
        With(Tools, "tools[].functionDeclarations", Tool),
        With(ChoiceRequired, "functionCallingConfig: ANY", Tool + """, "toolConfig":{"functionCallingConfig":{"mode":"ANY"}} """, Tool),
        With(ChoiceNamed, "allowedFunctionNames", Tool + """, "toolConfig":{"functionCallingConfig":{"mode":"ANY","allowedFunctionNames":["get_weather"]}} """, Tool),
        With(ChoiceNone, "functionCallingConfig: NONE", Tool + """, "toolConfig":{"functionCallingConfig":{"mode":"NONE"}} """, Tool),
        History(ParallelResults, "functionCall, functionResponse", User + "," + Calls + """,{"role":"user","parts":[{"functionResponse":{"name":"get_weather","response":{"output":"RESULTONE"}}},{"functionResponse":{"name":"get_time","response":{"output":"RESULTTWO"}}}]}"""),
        History(FailedResult, "functionResponse.response.error", User + "," + OneCall + """,{"role":"user","parts":[{"functionResponse":{"name":"get_weather","response":{"error":"RESULTONE"}}}]}"""),
        History(
            ImageResult, "functionResponse.parts", User + "," + OneCall
            + $$$""",{"role":"user","parts":[{"functionResponse":{"name":"get_weather","response":{"output":"see"},"parts":[{"inlineData":{"mimeType":"image/png","data":"{{{Png}}}"}}]}}]}"""),
        With(HostedTool, "tools[].googleSearch", """ "tools":[{"googleSearch":{}}] """),
        Content(ImageData, "inlineData", $$$"""{"inlineData":{"mimeType":"image/png","data":"{{{Png}}}"}}"""),
        Content(ImageUrl, "fileData.fileUri", """{"fileData":{"mimeType":"image/png","fileUri":"https://images.example/cat.png"}}"""),
        Content(PdfData, "inlineData", $$$"""{"inlineData":{"mimeType":"application/pdf","data":"{{{Pdf}}}"}}"""),
        Content(AudioIn, "inlineData", $$$"""{"inlineData":{"mimeType":"audio/wav","data":"{{{Wav}}}"}}"""),
        Config(AudioOut, "responseModalities, speechConfig", """ "responseModalities":["AUDIO"],"speechConfig":{"voice":"alloy"} """),
        Config(JsonObject, "responseMimeType", "\"responseMimeType\":\"application/json\""),
        Config(JsonSchema, "responseSchema", """ "responseMimeType":"application/json","responseJsonSchema":{"type":"object","properties":{"SCHEMAFIELD":{"type":"string"}},"required":["SCHEMAFIELD"],"additionalProperties":false} """),
        Config(Effort, "thinkingLevel", """ "maxOutputTokens":32000,"thinkingConfig":{"thinkingLevel":"HIGH"} """, "\"maxOutputTokens\":32000"),
        Config(Budget, "thinkingBudget", """ "maxOutputTokens":32000,"thinkingConfig":{"thinkingBudget":5123} """, "\"maxOutputTokens\":32000"),
        Config(ReasoningOff, "thinkingBudget: 0", """ "thinkingConfig":{"thinkingBudget":0} """),
        Config(
            ReasoningShown, "includeThoughts", """ "maxOutputTokens":32000,"thinkingConfig":{"thinkingLevel":"HIGH","includeThoughts":true} """,
            """ "maxOutputTokens":32000,"thinkingConfig":{"thinkingLevel":"HIGH"} """),
        Talk(ReasoningBack, "parts with thought", User + """,{"role":"model","parts":[{"text":"REASONTEXT","thought":true},{"text":"ok"}]},""" + User),
        With(Metadata, "labels", """ "labels":{"team":"metavalue"} """),
        With(ServiceTier, "serviceTier", "\"serviceTier\":\"flex\""),
        With(SafetySettings, "safetySettings", """ "safetySettings":[{"category":"HARM_CATEGORY_HARASSMENT","threshold":"BLOCK_NONE"}] """),
        With(CachedContent, "cachedContent", "\"cachedContent\":\"cachedContents/9\""),
        With(Unknown, "any other", "\"made_up\":1"),
        new(Embeddings, "embedContent", LlmOperation.EmbedContent, """{"content":{"parts":[{"text":"PLAINTEXT"}]}}""", """{"content":{"parts":[{"text":"other"}]}}"""),
        new(Dimensions, "outputDimensionality", LlmOperation.EmbedContent, """{"outputDimensionality":333,"content":{"parts":[{"text":"a"}]}}""", """{"content":{"parts":[{"text":"a"}]}}"""),
        new(TaskType, "taskType", LlmOperation.EmbedContent, """{"taskType":"RETRIEVAL_QUERY","content":{"parts":[{"text":"a"}]}}""", """{"content":{"parts":[{"text":"a"}]}}"""),
        new(TokenCount, ":countTokens", LlmOperation.GeminiCountTokens, Body(User, ""), Body(Other, "")),
    ];

    private static ProtocolTableRow With(ProtocolFeature feature, string field, string members, string without = "") =>
        new(feature, field, LlmOperation.GenerateContent, Body(User, members), Body(User, without));

    private static ProtocolTableRow Config(ProtocolFeature feature, string field, string members, string without = "") =>
        With(feature, "generationConfig." + field, Settings(members), without.Length > 0 ? Settings(without) : "");

    private static ProtocolTableRow Talk(ProtocolFeature feature, string field, string contents) => new(feature, field, LlmOperation.GenerateContent, Body(contents, ""), Body(Other, ""));

    private static ProtocolTableRow History(ProtocolFeature feature, string field, string contents) => new(feature, field, LlmOperation.GenerateContent, Body(contents, Tool), Body(User, Tool));

    private static ProtocolTableRow Content(ProtocolFeature feature, string field, string part) => Talk(feature, field, """{"role":"user","parts":[{"text":"look"},""" + part + "]}");

    private static string Settings(string members) => $$"""  "generationConfig":{ {{members}} } """;

    private static string Body(string contents, string members) => $$"""{"contents":[{{contents}}]{{(members.Length > 0 ? "," : "")}}{{members}}}""";
}
