using Gateway.Core.Requests;
using static Gateway.Router.Tests.Translating.ProtocolFeatures;

namespace Gateway.Router.Tests.Translating;

/// <summary>Every feature in the words of OpenAI's chat completions, and of its embeddings and old completions.</summary>
internal static class ProtocolTableOpenAI
{
    private const string User = """{"role":"user","content":"PLAINTEXT"}""";
    private const string Weather = """{"type":"function","function":{"name":"get_weather","description":"d","parameters":{"type":"object","properties":{"CITYPARAM":{"type":"string"}}}}}""";
    private const string Tool = "\"tools\":[" + Weather + "]";
    private const string Calls = """{"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"get_weather","arguments":"{}"}},{"id":"call_2","type":"function","function":{"name":"get_time","arguments":"{}"}}]}""";
    private const string Results = """{"role":"tool","tool_call_id":"call_1","content":"RESULTONE"},{"role":"tool","tool_call_id":"call_2","content":"RESULTTWO"}""";

    public static readonly IReadOnlyList<ProtocolTableRow> Rows =
    [
        Talk(ProtocolFeatures.Plain, "messages", User),
        With(ProtocolFeatures.Stream, "stream", "\"stream\":true"),
        With(StreamUsage, "stream_options", """ "stream":true,"stream_options":{"include_usage":true} """, "\"stream\":true"),
        With(MaxOutput, "max_completion_tokens", "\"max_completion_tokens\":321"),
        With(Temperature, "temperature", "\"temperature\":0.37"),
        With(HighTemperature, "temperature", "\"temperature\":1.53"),
        With(TopP, "top_p", "\"top_p\":0.83"),
        With(TopK, "top_k (extension)", "\"top_k\":47"),
        With(Stop, "stop", "\"stop\":[\"STOPONE\"]"),
        With(ManyStops, "stop", """ "stop":["STOPONE","STOPTWO","STOPTHREE","STOPFOUR","STOPFIVE"] """),
        With(FrequencyPenalty, "frequency_penalty", "\"frequency_penalty\":0.61"),
        With(PresencePenalty, "presence_penalty", "\"presence_penalty\":0.62"),
        With(Seed, "seed", "\"seed\":4242"),
        With(Logprobs, "logprobs", """ "logprobs":true,"top_logprobs":3 """),
        With(Candidates, "n", "\"n\":2"),
        With(LogitBias, "logit_bias", """ "logit_bias":{"50256":-100} """),
        Talk(ProtocolFeatures.System, "role system, developer", """{"role":"developer","content":"SYSTEMTEXT"},""" + User),
        Talk(MidSystem, "role system", User + """,{"role":"assistant","content":"ok"},{"role":"system","content":"MIDDLETEXT"},""" + User),
        Talk(AssistantFirst, "messages", """{"role":"assistant","content":"FIRSTWORDS"},""" + User),
        Talk(Prefill, "messages", User + """,{"role":"assistant","content":"PREFILLTEXT"}"""),
        Talk(SpeakerName, "messages[].name", """{"role":"user","name":"ALICE","content":"PLAINTEXT"}"""),
        With(Tools, "tools", Tool),
        With(StrictTools, "tools[].function.strict", """ "tools":[{"type":"function","function":{"name":"get_weather","strict":true,"parameters":{"type":"object","properties":{},"required":[],"additionalProperties":false}}}] """),
        With(ChoiceRequired, "tool_choice", Tool + ",\"tool_choice\":\"required\"", Tool),
        With(ChoiceNamed, "tool_choice", Tool + """,  "tool_choice":{"type":"function","function":{"name":"get_weather"}} """, Tool),
        With(ChoiceNone, "tool_choice", Tool + ",\"tool_choice\":\"none\"", Tool),
        With(ParallelOff, "parallel_tool_calls", Tool + ",\"parallel_tool_calls\":false", Tool),
        Raw(ParallelResults, "tool_calls, role tool", LlmOperation.ChatCompletions, Body(User + "," + Calls + "," + Results, Tool), Body(User, Tool)),
        With(CustomTool, "tools[].custom", """ "tools":[{"type":"custom","custom":{"name":"run_sql"}}] """),
        With(HostedTool, "tools[].type", """ "tools":[{"type":"web_search"}] """),
        Content(ImageData, "image_url", $$$"""{"type":"image_url","image_url":{"url":"data:image/png;base64,{{{Png}}}"}}"""),
        Content(ImageUrl, "image_url", """{"type":"image_url","image_url":{"url":"https://images.example/cat.png"}}"""),
        Content(
            ImageDetail, "image_url.detail", $$$"""{"type":"image_url","image_url":{"detail":"low","url":"data:image/png;base64,{{{Png}}}"}}""",
            $$$"""{"type":"image_url","image_url":{"url":"data:image/png;base64,{{{Png}}}"}}"""),
        Content(PdfData, "file.file_data", $$$"""{"type":"file","file":{"filename":"a.pdf","file_data":"data:application/pdf;base64,{{{Pdf}}}"}}"""),
        Content(AudioIn, "input_audio", $$$"""{"type":"input_audio","input_audio":{"format":"wav","data":"{{{Wav}}}"}}"""),
        Content(FileId, "file.file_id", """{"type":"file","file":{"file_id":"file-abc123"}}"""),
        With(AudioOut, "modalities, audio", """ "modalities":["text","audio"],"audio":{"voice":"alloy","format":"mp3"} """),
        With(JsonObject, "response_format", """ "response_format":{"type":"json_object"} """),
        With(JsonSchema, "response_format", """ "response_format":{"type":"json_schema","json_schema":{"name":"n","schema":{"type":"object","properties":{"SCHEMAFIELD":{"type":"string"}},"required":["SCHEMAFIELD"],"additionalProperties":false}}} """),
        With(Verbosity, "verbosity", "\"verbosity\":\"low\""),
        With(Effort, "reasoning_effort", "\"max_tokens\":32000,\"reasoning_effort\":\"high\"", "\"max_tokens\":32000"),
        With(ReasoningOff, "reasoning_effort: none", "\"reasoning_effort\":\"none\""),
        Talk(ReasoningBack, "messages[].reasoning_content", User + """,{"role":"assistant","reasoning_content":"REASONTEXT","content":"ok"},""" + User),
        Content(CacheMarks, "cache_control (extension)", """{"type":"text","text":"PLAINTEXT","cache_control":{"type":"ephemeral"}}"""),
        With(PromptCacheKey, "prompt_cache_key", "\"prompt_cache_key\":\"cachekey-9\""),
        With(EndUser, "safety_identifier, user", "\"safety_identifier\":\"end-user-77\""),
        With(Metadata, "metadata", """ "metadata":{"team":"metavalue"} """),
        With(ServiceTier, "service_tier", "\"service_tier\":\"flex\""),
        With(StandardTier, "service_tier", "\"service_tier\":\"default\""),
        With(Store, "store", "\"store\":true"),
        With(Prediction, "prediction", """ "prediction":{"type":"content","content":"PREDICTED"} """),
        With(Unknown, "any other", "\"made_up\":1"),
        Raw(Completion, "prompt", LlmOperation.Completions, """{"model":"gpt-test","prompt":"PLAINTEXT"}""", """{"model":"gpt-test","prompt":"other"}"""),
        Raw(Suffix, "suffix", LlmOperation.Completions, """{"model":"gpt-test","prompt":"PLAINTEXT","suffix":"SUFFIXTEXT"}""", """{"model":"gpt-test","prompt":"PLAINTEXT"}"""),
        Raw(Embeddings, "input", LlmOperation.Embeddings, """{"model":"gpt-test","input":"PLAINTEXT"}""", """{"model":"gpt-test","input":"other"}"""),
        Raw(Dimensions, "dimensions", LlmOperation.Embeddings, """{"model":"gpt-test","input":"a","dimensions":333}""", """{"model":"gpt-test","input":"a"}"""),
        Raw(TokenIds, "input", LlmOperation.Embeddings, """{"model":"gpt-test","input":[9906,1917]}""", """{"model":"gpt-test","input":"a"}"""),
    ];

    private static ProtocolTableRow With(ProtocolFeature feature, string field, string members, string without = "") =>
        Raw(feature, field, LlmOperation.ChatCompletions, Body(User, members), Body(User, without));

    private static ProtocolTableRow Talk(ProtocolFeature feature, string field, string messages) =>
        Raw(feature, field, LlmOperation.ChatCompletions, Body(messages, ""), Body("""{"role":"user","content":"other"}""", ""));

    private static ProtocolTableRow Content(ProtocolFeature feature, string field, string part, string? without = null) =>
        Raw(feature, field, LlmOperation.ChatCompletions, Body(Parts(part), ""), Body(without is null ? """{"role":"user","content":"other"}""" : Parts(without), ""));

    private static string Parts(string part) => """{"role":"user","content":[{"type":"text","text":"look"},""" + part + "]}";

    private static ProtocolTableRow Raw(ProtocolFeature feature, string field, LlmOperation operation, string body, string without) => new(feature, field, operation, body, without);

    private static string Body(string messages, string members) => $$"""{"model":"gpt-test","messages":[{{messages}}]{{(members.Length > 0 ? "," : "")}}{{members}}}""";
}
