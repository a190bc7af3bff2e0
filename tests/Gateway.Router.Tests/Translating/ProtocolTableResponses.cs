using Gateway.Core.Requests;
using static Gateway.Router.Tests.Translating.ProtocolFeatures;

namespace Gateway.Router.Tests.Translating;

/// <summary>Every feature in the words of OpenAI's responses.</summary>
internal static class ProtocolTableResponses
{
    private const string User = """{"role":"user","content":"PLAINTEXT"}""";
    private const string Other = """{"role":"user","content":"other"}""";
    private const string Tool = """ "tools":[{"type":"function","name":"get_weather","description":"d","parameters":{"type":"object","properties":{"CITYPARAM":{"type":"string"}}}}] """;
    private const string Calls = """{"type":"function_call","call_id":"call_1","name":"get_weather","arguments":"{}"},{"type":"function_call","call_id":"call_2","name":"get_time","arguments":"{}"}""";
    private const string Results = """{"type":"function_call_output","call_id":"call_1","output":"RESULTONE"},{"type":"function_call_output","call_id":"call_2","output":"RESULTTWO"}""";

    public static readonly IReadOnlyList<ProtocolTableRow> Rows =
    [
        Talk(ProtocolFeatures.Plain, "input", User),
        With(ProtocolFeatures.Stream, "stream", "\"stream\":true"),
        With(MaxOutput, "max_output_tokens", "\"max_output_tokens\":321"),
        With(Temperature, "temperature", "\"temperature\":0.37"),
        With(HighTemperature, "temperature", "\"temperature\":1.53"),
        With(TopP, "top_p", "\"top_p\":0.83"),
        With(Logprobs, "top_logprobs", "\"top_logprobs\":3"),
        With(ProtocolFeatures.System, "instructions", "\"instructions\":\"SYSTEMTEXT\""),
        Talk(MidSystem, "role system, developer", User + """,{"role":"assistant","content":"ok"},{"role":"developer","content":"MIDDLETEXT"},""" + User),
        Talk(AssistantFirst, "input", """{"role":"assistant","content":"FIRSTWORDS"},""" + User),
        Talk(Prefill, "input", User + """,{"role":"assistant","content":"PREFILLTEXT"}"""),
        With(Tools, "tools", Tool),
        With(StrictTools, "tools[].strict", """ "tools":[{"type":"function","name":"get_weather","strict":true,"parameters":{"type":"object","properties":{},"required":[],"additionalProperties":false}}] """),
        With(ChoiceRequired, "tool_choice", Tool + ",\"tool_choice\":\"required\"", Tool),
        With(ChoiceNamed, "tool_choice", Tool + """, "tool_choice":{"type":"function","name":"get_weather"} """, Tool),
        With(ChoiceNone, "tool_choice", Tool + ",\"tool_choice\":\"none\"", Tool),
        With(ParallelOff, "parallel_tool_calls", Tool + ",\"parallel_tool_calls\":false", Tool),
        History(ParallelResults, "function_call, function_call_output", User + "," + Calls + "," + Results),
        History(
            ImageResult, "function_call_output.output[]", User + """,{"type":"function_call","call_id":"call_1","name":"get_weather","arguments":"{}"},"""
            + $$$"""{"type":"function_call_output","call_id":"call_1","output":[{"type":"input_image","image_url":"data:image/png;base64,{{{Png}}}"}]}"""),
        With(CustomTool, "tools[].type: custom", """ "tools":[{"type":"custom","name":"run_sql"}] """),
        With(HostedTool, "tools[].type", """ "tools":[{"type":"web_search"}] """),
        Content(ImageData, "input_image.image_url", $$$"""{"type":"input_image","image_url":"data:image/png;base64,{{{Png}}}"}"""),
        Content(ImageUrl, "input_image.image_url", """{"type":"input_image","image_url":"https://images.example/cat.png"}"""),
        Content(
            ImageDetail, "input_image.detail", $$$"""{"type":"input_image","detail":"low","image_url":"data:image/png;base64,{{{Png}}}"}""",
            $$$"""{"type":"input_image","image_url":"data:image/png;base64,{{{Png}}}"}"""),
        Content(PdfData, "input_file.file_data", $$$"""{"type":"input_file","filename":"a.pdf","file_data":"data:application/pdf;base64,{{{Pdf}}}"}"""),
        Content(AudioIn, "input_audio", $$$"""{"type":"input_audio","input_audio":{"format":"wav","data":"{{{Wav}}}"}}"""),
        Content(FileId, "input_file.file_id", """{"type":"input_file","file_id":"file-abc123"}"""),
        With(JsonObject, "text.format", """ "text":{"format":{"type":"json_object"}} """),
        With(JsonSchema, "text.format", """ "text":{"format":{"type":"json_schema","name":"n","schema":{"type":"object","properties":{"SCHEMAFIELD":{"type":"string"}},"required":["SCHEMAFIELD"],"additionalProperties":false}}} """),
        With(Verbosity, "text.verbosity", """ "text":{"verbosity":"low"} """),
        With(Effort, "reasoning.effort", """ "max_output_tokens":32000,"reasoning":{"effort":"high"} """, "\"max_output_tokens\":32000"),
        With(ReasoningOff, "reasoning.effort: none", """ "reasoning":{"effort":"none"} """),
        With(ReasoningShown, "reasoning.summary", """ "max_output_tokens":32000,"reasoning":{"effort":"high","summary":"auto"} """, """ "max_output_tokens":32000,"reasoning":{"effort":"high"} """),
        Talk(ReasoningBack, "items of type reasoning", User + """,{"type":"reasoning","summary":[{"type":"summary_text","text":"REASONTEXT"}]},{"role":"assistant","content":"ok"},""" + User),
        With(PromptCacheKey, "prompt_cache_key", "\"prompt_cache_key\":\"cachekey-9\""),
        With(EndUser, "safety_identifier, user", "\"safety_identifier\":\"end-user-77\""),
        With(Metadata, "metadata", """ "metadata":{"team":"metavalue"} """),
        With(ServiceTier, "service_tier", "\"service_tier\":\"flex\""),
        With(StandardTier, "service_tier", "\"service_tier\":\"default\""),
        With(PreviousResponse, "previous_response_id", "\"previous_response_id\":\"resp_123\""),
        With(Truncation, "truncation", "\"truncation\":\"auto\""),
        With(Unknown, "any other", "\"made_up\":1"),
        new(TokenCount, "/v1/responses/input_tokens", LlmOperation.ResponsesInputTokens, Body(User, ""), Body(Other, "")),
    ];

    private static ProtocolTableRow With(ProtocolFeature feature, string field, string members, string without = "") =>
        new(feature, field, LlmOperation.Responses, Body(User, members), Body(User, without));

    private static ProtocolTableRow Talk(ProtocolFeature feature, string field, string items) => new(feature, field, LlmOperation.Responses, Body(items, ""), Body(Other, ""));

    private static ProtocolTableRow History(ProtocolFeature feature, string field, string items) => new(feature, field, LlmOperation.Responses, Body(items, Tool), Body(User, Tool));

    private static ProtocolTableRow Content(ProtocolFeature feature, string field, string part, string? without = null) =>
        new(feature, field, LlmOperation.Responses, Body(Parts(part), ""), Body(without is null ? Other : Parts(without), ""));

    private static string Parts(string part) => """{"role":"user","content":[{"type":"input_text","text":"look"},""" + part + "]}";

    private static string Body(string items, string members) => $$"""{"model":"gpt-test","input":[{{items}}]{{(members.Length > 0 ? "," : "")}}{{members}}}""";
}
