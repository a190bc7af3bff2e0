using System.Text.Json.Nodes;
using static Gateway.Router.Tests.Fuzzing.Made;

namespace Gateway.Router.Tests.Fuzzing;

/// <summary>Valid requests of OpenAI's chat completions.</summary>
internal static class OpenAIMaker
{
    public static JsonObject Make(MadeTalk talk, bool stream)
    {
        var messages = new JsonArray();
        foreach (var text in talk.System)
        {
            messages.Add((JsonNode)Object(("role", talk.Pick("system", "developer")), ("content", text)));
        }

        foreach (var round in talk.Rounds)
        {
            messages.Add((JsonNode)User(talk, round.User));
            var assistant = Object(("role", "assistant"), ("content", round.Answer));
            if (round.Thought is not null)
            {
                assistant["reasoning_content"] = round.Thought;
            }

            if (round.Calls.Count > 0)
            {
                assistant["tool_calls"] = Array(round.Calls.Select(static call =>
                    Object(("id", call.Id), ("type", "function"), ("function", Object(("name", call.Name), ("arguments", call.Arguments))))));
            }

            messages.Add((JsonNode)assistant);
            foreach (var call in talk.Maybe() ? Enumerable.Reverse(round.Calls) : round.Calls)
            {
                messages.Add((JsonNode)Object(("role", "tool"), ("tool_call_id", call.Id), ("content", call.Result)));
            }
        }

        if (talk.Last.Count > 0)
        {
            messages.Add((JsonNode)User(talk, talk.Last));
        }

        var body = Object(("model", "asked"), ("messages", messages));
        if (stream)
        {
            body["stream"] = true;
        }

        Options(talk, body);
        return body;
    }

    private static void Options(MadeTalk talk, JsonObject body)
    {
        void May(string name, params JsonNode?[] values)
        {
            if (talk.Maybe(5))
            {
                body[name] = talk.Pick(values);
            }
        }

        May(talk.Pick("max_tokens", "max_completion_tokens"), 1, 100, 40_000);
        May("temperature", 0, 0.25, 1, 2);
        May("top_p", 0.1, 1);
        May("frequency_penalty", -2, 0.5);
        May("presence_penalty", 0, 2);
        May("seed", 0, -5, long.MaxValue);
        May("stop", "x", Json("""["a","b"]"""), Json("[]"), Json("""["",  "y"]"""), null);
        May(talk.Pick("user", "safety_identifier"), "user-1", new string('u', 300));
        May("metadata", Json("""{"b":"1","a":"2"}"""), Json("{}"), null);
        May("service_tier", "auto", "default", "flex", "priority");
        May("verbosity", "low", "high");
        May("store", true, false, null);
        May("prompt_cache_key", "k");
        May("logit_bias", Json("""{"50256":-100}"""), null);
        May("n", 1);
        May("reasoning_effort", "none", "minimal", "low", "medium", "high", "xhigh", null);
        May("response_format", Json("""{"type":"text"}"""), Json("""{"type":"json_object"}"""),
            Object(("type", "json_schema"), ("json_schema", Object(("name", "out"), ("schema", talk.Schema()), ("strict", talk.Pick<JsonNode?>(false, null))))),
            Object(("type", "json_schema"), ("json_schema", Object(("name", "out"), ("schema", MadeTalk.StrictSchema()), ("strict", true)))));
        if (talk.Maybe(20))
        {
            May("logprobs", true);
            May("n", 2);
            May("web_search_options", Json("{}"));
            May("x_unknown", Json("""{"a":[1]}"""));
        }

        if (talk.Tools.Count > 0)
        {
            body["tools"] = Array(talk.Tools.Select(name =>
            {
                var function = Object(("name", name));
                if (talk.Maybe())
                {
                    function["description"] = talk.Text();
                }

                if (!talk.Maybe(5))
                {
                    function["parameters"] = talk.Schema();
                }

                if (talk.Maybe(5))
                {
                    function["strict"] = true;
                    function["parameters"] = MadeTalk.StrictSchema();
                }

                return Object(("type", "function"), ("function", function));
            }));
            May("tool_choice", "auto", "required", "none", Object(("type", "function"), ("function", Object(("name", talk.Tools[0])))));
            May("parallel_tool_calls", true, false);
        }
    }

    private static JsonObject User(MadeTalk talk, List<MadePart> parts)
    {
        JsonNode content = parts is [{ Kind: MadeKind.Text }] && talk.Maybe(2) ? parts[0].Text : Array(parts.Select(part => part.Kind switch
        {
            MadeKind.Text => Object(("type", "text"), ("text", part.Text)),
            MadeKind.Image => Object(("type", "image_url"), ("image_url", Object(("url", "data:image/png;base64," + MadeTalk.Png), ("detail", talk.Pick("auto", "low"))))),
            MadeKind.ImageUrl => Object(("type", "image_url"), ("image_url", Object(("url", "https://example.com/a.png")))),
            _ => Object(("type", "file"), ("file", Object(("filename", "a.pdf"), ("file_data", "data:application/pdf;base64," + MadeTalk.Pdf)))),
        }));
        var message = Object(("role", "user"), ("content", content));
        if (talk.Maybe(10))
        {
            message["name"] = "Ann";
        }

        return message;
    }
}
