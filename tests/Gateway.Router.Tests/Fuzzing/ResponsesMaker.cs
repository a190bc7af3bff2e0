using System.Text.Json.Nodes;
using static Gateway.Router.Tests.Fuzzing.Made;

namespace Gateway.Router.Tests.Fuzzing;

/// <summary>Valid requests of OpenAI's responses.</summary>
internal static class ResponsesMaker
{
    public static JsonObject Make(MadeTalk talk, bool stream)
    {
        var input = new JsonArray();
        foreach (var text in talk.System.Skip(1))
        {
            input.Add((JsonNode)Object(("role", talk.Pick("system", "developer")), ("content", text)));
        }

        foreach (var round in talk.Rounds)
        {
            input.Add((JsonNode)User(talk, round.User));
            if (round.Thought is not null)
            {
                input.Add((JsonNode)Object(("type", "reasoning"), ("id", "rs_1"), ("summary", Array([Object(("type", "summary_text"), ("text", round.Thought))]))));
            }

            if (round.Answer is not null)
            {
                input.Add((JsonNode)Object(("type", "message"), ("role", "assistant"), ("content", Array([Object(("type", "output_text"), ("text", round.Answer), ("annotations", new JsonArray()))]))));
            }

            foreach (var call in round.Calls)
            {
                input.Add((JsonNode)Object(("type", "function_call"), ("call_id", call.Id), ("name", call.Name), ("arguments", call.Arguments)));
            }

            foreach (var call in talk.Maybe() ? Enumerable.Reverse(round.Calls) : round.Calls)
            {
                input.Add((JsonNode)Object(("type", "function_call_output"), ("call_id", call.Id), ("output", call.Result)));
            }
        }

        if (talk.Last.Count > 0)
        {
            input.Add((JsonNode)User(talk, talk.Last));
        }

        var body = Object(("model", "asked"), ("input", input));
        if (talk.System.Count > 0)
        {
            body["instructions"] = talk.System[0];
        }

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

        May("max_output_tokens", 16, 100, 40_000);
        May("temperature", 0, 0.25, 1, 2);
        May("top_p", 0.1, 1);
        May(talk.Pick("user", "safety_identifier"), "user-1");
        May("metadata", Json("""{"b":"1","a":"2"}"""), Json("{}"), null);
        May("service_tier", "auto", "default", "flex", "priority");
        May("store", false, null);
        May("prompt_cache_key", "k");
        May("reasoning", Json("""{"effort":"low"}"""), Json("""{"effort":"high","summary":"auto"}"""), Json("""{"effort":"none"}"""), Json("""{"effort":null,"summary":null}"""), Json("{}"), null);
        May("truncation", "disabled", null);
        May("include", Json("""["reasoning.encrypted_content"]"""), Json("[]"));
        May("text", Json("""{"format":{"type":"text"}}"""), Json("""{"format":{"type":"json_object"},"verbosity":"low"}"""), Json("{}"),
            Object(("format", Object(("type", "json_schema"), ("name", "out"), ("schema", talk.Schema()), ("strict", talk.Pick<JsonNode?>(false, null))))));
        if (talk.Maybe(20))
        {
            May("background", true);
            May("x_unknown", Json("""{"a":[1]}"""));
        }

        if (talk.Tools.Count > 0)
        {
            body["tools"] = Array(talk.Tools.Select(name =>
            {
                var strict = talk.Maybe(5);
                var function = Object(("type", "function"), ("name", name), ("parameters", strict ? MadeTalk.StrictSchema() : talk.Maybe(5) ? null : talk.Schema()), ("strict", strict));
                if (talk.Maybe())
                {
                    function["description"] = talk.Text();
                }

                return function;
            }));
            May("tool_choice", "auto", "required", "none", Object(("type", "function"), ("name", talk.Tools[0])));
            May("parallel_tool_calls", true, false);
        }
    }

    private static JsonObject User(MadeTalk talk, List<MadePart> parts)
    {
        JsonNode content = parts is [{ Kind: MadeKind.Text }] && talk.Maybe(2) ? parts[0].Text : Array(parts.Select(part => part.Kind switch
        {
            MadeKind.Text => Object(("type", "input_text"), ("text", part.Text)),
            MadeKind.Image => Object(("type", "input_image"), ("image_url", "data:image/png;base64," + MadeTalk.Png), ("detail", talk.Pick("auto", "low"))),
            MadeKind.ImageUrl => Object(("type", "input_image"), ("image_url", "https://example.com/a.png"), ("detail", "auto")),
            _ => Object(("type", "input_file"), ("filename", "a.pdf"), ("file_data", "data:application/pdf;base64," + MadeTalk.Pdf)),
        }));
        return Object(("role", "user"), ("content", content));
    }
}
