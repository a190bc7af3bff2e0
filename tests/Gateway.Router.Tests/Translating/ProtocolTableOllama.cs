using Gateway.Core.Requests;
using static Gateway.Router.Tests.Translating.ProtocolFeatures;

namespace Gateway.Router.Tests.Translating;

/// <summary>Every feature in the words of Ollama's chat, generate and embed.</summary>
internal static class ProtocolTableOllama
{
    private const string User = """{"role":"user","content":"PLAINTEXT"}""";
    private const string Other = """{"role":"user","content":"other"}""";
    private const string Tool = """ "tools":[{"type":"function","function":{"name":"get_weather","description":"d","parameters":{"type":"object","properties":{"CITYPARAM":{"type":"string"}}}}}] """;
    private const string Calls = """{"role":"assistant","content":"","tool_calls":[{"function":{"name":"get_weather","arguments":{}}},{"function":{"name":"get_time","arguments":{}}}]}""";

    public static readonly IReadOnlyList<ProtocolTableRow> Rows =
    [
        Talk(ProtocolFeatures.Plain, "messages", User),
        new(ProtocolFeatures.Stream, "stream", LlmOperation.OllamaChat, Body(User, "").Replace("\"stream\":false", "\"stream\":true", StringComparison.Ordinal), Body(User, "")),
        Option(MaxOutput, "num_predict", "321"),
        Option(Temperature, "temperature", "0.37"),
        Option(HighTemperature, "temperature", "1.53"),
        Option(TopP, "top_p", "0.83"),
        Option(TopK, "top_k", "47"),
        Option(Stop, "stop", "[\"STOPONE\"]"),
        Option(ManyStops, "stop", """["STOPONE","STOPTWO","STOPTHREE","STOPFOUR","STOPFIVE"]"""),
        Option(FrequencyPenalty, "frequency_penalty", "0.61"),
        Option(PresencePenalty, "presence_penalty", "0.62"),
        Option(Seed, "seed", "4242"),
        With(Logprobs, "logprobs", "\"logprobs\":true"),
        Talk(ProtocolFeatures.System, "role system", """{"role":"system","content":"SYSTEMTEXT"},""" + User),
        Talk(MidSystem, "role system", User + """,{"role":"assistant","content":"ok"},{"role":"system","content":"MIDDLETEXT"},""" + User),
        Talk(AssistantFirst, "messages", """{"role":"assistant","content":"FIRSTWORDS"},""" + User),
        Talk(Prefill, "messages", User + """,{"role":"assistant","content":"PREFILLTEXT"}"""),
        With(Tools, "tools", Tool),
        History(ParallelResults, "tool_calls, role tool", User + "," + Calls + """,{"role":"tool","tool_name":"get_weather","content":"RESULTONE"},{"role":"tool","tool_name":"get_time","content":"RESULTTWO"}"""),
        Talk(ImageData, "messages[].images", $$$"""{"role":"user","content":"look","images":["{{{Png}}}"]}"""),
        With(JsonObject, "format: json", "\"format\":\"json\""),
        With(JsonSchema, "format", """ "format":{"type":"object","properties":{"SCHEMAFIELD":{"type":"string"}},"required":["SCHEMAFIELD"],"additionalProperties":false} """),
        With(Effort, "think: high", """ "options":{"num_predict":32000},"think":"high" """, """ "options":{"num_predict":32000} """),
        With(ReasoningOff, "think: false", "\"think\":false"),
        With(ReasoningShown, "think: true", """ "options":{"num_predict":32000},"think":true """, """ "options":{"num_predict":32000} """),
        Talk(ReasoningBack, "messages[].thinking", User + """,{"role":"assistant","thinking":"REASONTEXT","content":"ok"},""" + User),
        Option(ContextWindow, "num_ctx", "8191"),
        With(Unknown, "keep_alive, any other", "\"made_up\":1,\"keep_alive\":\"5m\""),
        new(Completion, "/api/generate: prompt", LlmOperation.OllamaGenerate, """{"model":"gpt-test","prompt":"PLAINTEXT"}""", """{"model":"gpt-test","prompt":"other"}"""),
        new(Suffix, "/api/generate: suffix", LlmOperation.OllamaGenerate, """{"model":"gpt-test","prompt":"PLAINTEXT","suffix":"SUFFIXTEXT"}""", """{"model":"gpt-test","prompt":"PLAINTEXT"}"""),
        new(Embeddings, "/api/embed: input", LlmOperation.OllamaEmbed, """{"model":"gpt-test","input":"PLAINTEXT"}""", """{"model":"gpt-test","input":"other"}"""),
        new(Dimensions, "dimensions", LlmOperation.OllamaEmbed, """{"model":"gpt-test","input":"a","dimensions":333}""", """{"model":"gpt-test","input":"a"}"""),
    ];

    private static ProtocolTableRow With(ProtocolFeature feature, string field, string members, string without = "") =>
        new(feature, field, LlmOperation.OllamaChat, Body(User, members), Body(User, without));

    private static ProtocolTableRow Option(ProtocolFeature feature, string name, string value) => With(feature, "options." + name, $$"""  "options":{"{{name}}":{{value}}} """);

    private static ProtocolTableRow Talk(ProtocolFeature feature, string field, string messages) => new(feature, field, LlmOperation.OllamaChat, Body(messages, ""), Body(Other, ""));

    private static ProtocolTableRow History(ProtocolFeature feature, string field, string messages) => new(feature, field, LlmOperation.OllamaChat, Body(messages, Tool), Body(User, Tool));

    private static string Body(string messages, string members) => $$"""{"model":"gpt-test","stream":false,"messages":[{{messages}}]{{(members.Length > 0 ? "," : "")}}{{members}}}""";
}
