using Gateway.Core.Requests;
using static Gateway.Router.Tests.Translating.ProtocolFeatures;

namespace Gateway.Router.Tests.Translating;

/// <summary>Every feature in the words of Anthropic's messages.</summary>
internal static class ProtocolTableAnthropic
{
    private const string User = """{"role":"user","content":"PLAINTEXT"}""";
    private const string Other = """{"role":"user","content":"other"}""";
    private const string Tool = """ "tools":[{"name":"get_weather","description":"d","input_schema":{"type":"object","properties":{"CITYPARAM":{"type":"string"}}}}] """;
    private const string Calls = """{"role":"assistant","content":[{"type":"tool_use","id":"toolu_1","name":"get_weather","input":{}},{"type":"tool_use","id":"toolu_2","name":"get_time","input":{}}]}""";
    private const string OneCall = """{"role":"assistant","content":[{"type":"tool_use","id":"toolu_1","name":"get_weather","input":{}}]}""";

    public static readonly IReadOnlyList<ProtocolTableRow> Rows =
    [
        Talk(ProtocolFeatures.Plain, "messages", User),
        With(ProtocolFeatures.Stream, "stream", "\"stream\":true"),
        new(MaxOutput, "max_tokens", LlmOperation.Messages, Body(User, "", 321), Body(User, "")),
        With(Temperature, "temperature", "\"temperature\":0.37"),
        With(TopP, "top_p", "\"top_p\":0.83"),
        With(TopK, "top_k", "\"top_k\":47"),
        With(Stop, "stop_sequences", "\"stop_sequences\":[\"STOPONE\"]"),
        With(ManyStops, "stop_sequences", """ "stop_sequences":["STOPONE","STOPTWO","STOPTHREE","STOPFOUR","STOPFIVE"] """),
        With(ProtocolFeatures.System, "system", "\"system\":\"SYSTEMTEXT\""),
        Talk(MidSystem, "role system", User + """,{"role":"assistant","content":"ok"},{"role":"system","content":"MIDDLETEXT"},""" + User),
        Talk(AssistantFirst, "messages", """{"role":"assistant","content":"FIRSTWORDS"},""" + User),
        Talk(Prefill, "messages", User + """,{"role":"assistant","content":"PREFILLTEXT"}"""),
        With(Tools, "tools", Tool),
        With(ChoiceRequired, "tool_choice: any", Tool + """, "tool_choice":{"type":"any"} """, Tool),
        With(ChoiceNamed, "tool_choice: tool", Tool + """, "tool_choice":{"type":"tool","name":"get_weather"} """, Tool),
        With(ChoiceNone, "tool_choice: none", Tool + """, "tool_choice":{"type":"none"} """, Tool),
        With(ParallelOff, "disable_parallel_tool_use", Tool + """, "tool_choice":{"type":"auto","disable_parallel_tool_use":true} """, Tool),
        History(ParallelResults, "tool_use, tool_result", User + "," + Calls + """,{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":"RESULTONE"},{"type":"tool_result","tool_use_id":"toolu_2","content":"RESULTTWO"}]}"""),
        History(FailedResult, "tool_result.is_error", User + "," + OneCall + """,{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","is_error":true,"content":"RESULTONE"}]}"""),
        History(
            ImageResult, "tool_result.content[]", User + "," + OneCall
            + $$$""",{"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"{{{Png}}}"}}]}]}"""),
        With(HostedTool, "tools[].type", """ "tools":[{"type":"web_search_20250305","name":"web_search"}] """),
        Content(ImageData, "image.source: base64", $$$"""{"type":"image","source":{"type":"base64","media_type":"image/png","data":"{{{Png}}}"}}"""),
        Content(ImageUrl, "image.source: url", """{"type":"image","source":{"type":"url","url":"https://images.example/cat.png"}}"""),
        Content(PdfData, "document.source", $$$"""{"type":"document","source":{"type":"base64","media_type":"application/pdf","data":"{{{Pdf}}}"}}"""),
        Content(FileId, "source: file", """{"type":"document","source":{"type":"file","file_id":"file-abc123"}}"""),
        With(JsonSchema, "output_config.format", """ "output_config":{"format":{"type":"json_schema","schema":{"type":"object","properties":{"SCHEMAFIELD":{"type":"string"}},"required":["SCHEMAFIELD"],"additionalProperties":false}}} """),
        With(Effort, "output_config.effort", """ "thinking":{"type":"adaptive"},"output_config":{"effort":"high"} """),
        With(Budget, "thinking.budget_tokens", """ "thinking":{"type":"enabled","budget_tokens":5123} """),
        With(ReasoningOff, "thinking: disabled", """ "thinking":{"type":"disabled"} """),
        With(
            ReasoningShown, "thinking.display", """ "thinking":{"type":"adaptive","display":"summarized"},"output_config":{"effort":"high"} """,
            """ "thinking":{"type":"adaptive"},"output_config":{"effort":"high"} """),
        Talk(ReasoningBack, "thinking blocks", User + """,{"role":"assistant","content":[{"type":"thinking","thinking":"REASONTEXT","signature":"c2ln"},{"type":"text","text":"ok"}]},""" + User),
        With(CacheMarks, "cache_control", """ "system":[{"type":"text","text":"s","cache_control":{"type":"ephemeral"}}] """, """ "system":[{"type":"text","text":"s"}] """),
        With(EndUser, "metadata.user_id", """ "metadata":{"user_id":"end-user-77"} """),
        With(Metadata, "metadata (else)", """ "metadata":{"team":"metavalue"} """),
        With(StandardTier, "service_tier: standard_only", "\"service_tier\":\"standard_only\""),
        With(Unknown, "any other", "\"made_up\":1"),
        new(TokenCount, "/v1/messages/count_tokens", LlmOperation.MessagesCountTokens, Count(User), Count(Other)),
    ];

    private static ProtocolTableRow With(ProtocolFeature feature, string field, string members, string without = "") =>
        new(feature, field, LlmOperation.Messages, Body(User, members), Body(User, without));

    private static ProtocolTableRow Talk(ProtocolFeature feature, string field, string messages) => new(feature, field, LlmOperation.Messages, Body(messages, ""), Body(Other, ""));

    private static ProtocolTableRow History(ProtocolFeature feature, string field, string messages) => new(feature, field, LlmOperation.Messages, Body(messages, Tool), Body(User, Tool));

    private static ProtocolTableRow Content(ProtocolFeature feature, string field, string block) =>
        Talk(feature, field, """{"role":"user","content":[{"type":"text","text":"look"},""" + block + "]}");

    private static string Count(string messages) => $$"""{"model":"gpt-test","messages":[{{messages}}]}""";

    private static string Body(string messages, string members, int most = 32000) =>
        $$"""{"model":"gpt-test","max_tokens":{{most}},"messages":[{{messages}}]{{(members.Length > 0 ? "," : "")}}{{members}}}""";
}
