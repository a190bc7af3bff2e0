using System.Text.Json.Nodes;
using static Gateway.Router.Tests.Fuzzing.Made;

namespace Gateway.Router.Tests.Fuzzing;

/// <summary>Valid requests of Anthropic's messages.</summary>
internal static class AnthropicMaker
{
    public static JsonObject Make(MadeTalk talk, bool stream)
    {
        var messages = new JsonArray();
        var results = new List<JsonNode?>();
        foreach (var round in talk.Rounds)
        {
            messages.Add((JsonNode)User(talk, results, round.User));
            var content = new List<JsonNode?>();
            if (round.Thought is not null)
            {
                content.Add(talk.Maybe(5) ? Object(("type", "redacted_thinking"), ("data", "b3BhcXVl")) : Object(("type", "thinking"), ("thinking", round.Thought), ("signature", "c2lnbmF0dXJl")));
            }

            if (round.Answer is not null)
            {
                content.Add(Marked(talk, Object(("type", "text"), ("text", round.Answer))));
            }

            content.AddRange(round.Calls.Select(static call => Object(("type", "tool_use"), ("id", call.Id), ("name", call.Name), ("input", Json(call.Arguments)))));
            messages.Add((JsonNode)Object(("role", "assistant"), ("content", Array(content))));
            results = [.. round.Calls.Select(call =>
            {
                var result = Object(("type", "tool_result"), ("tool_use_id", call.Id));
                if (call.Result.Length > 0 || talk.Maybe(2))
                {
                    result["content"] = talk.Maybe(2) ? call.Result : Array([Object(("type", "text"), ("text", call.Result))]);
                }

                if (call.Fails)
                {
                    result["is_error"] = true;
                }

                return result;
            })];
        }

        if (talk.Last.Count > 0 || results.Count > 0)
        {
            messages.Add((JsonNode)User(talk, results, talk.Last));
        }

        var body = Object(("model", "asked"), ("max_tokens", talk.Pick(1, 100, 40_000)), ("messages", messages));
        if (talk.System.Count > 0)
        {
            body["system"] = talk.Maybe(2) ? talk.System[0] : Array(talk.System.Select(text => Marked(talk, Object(("type", "text"), ("text", text)))));
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

        May("temperature", 0, 0.25, 1);
        May("top_p", 0.1, 1);
        May("top_k", 5);
        May("stop_sequences", Json("""["a","b"]"""), Json("[]"), Json("""["1","2","3","4","5","6"]"""));
        May("metadata", Json("""{"user_id":"user-1"}"""), Json("{}"));
        May("service_tier", "auto", "standard_only");
        May("thinking", Json("""{"type":"enabled","budget_tokens":2000}"""), Json("""{"type":"disabled"}"""), Json("""{"type":"adaptive"}"""), Json("""{"type":"adaptive","display":"omitted"}"""));
        May("output_config", Json("""{"effort":"low"}"""), Object(("format", Object(("type", "json_schema"), ("schema", talk.Schema())))));
        if (talk.Maybe(20))
        {
            May("container", "c");
            May("x_unknown", Json("""{"a":[1]}"""));
        }

        if (talk.Tools.Count > 0)
        {
            body["tools"] = Array(talk.Tools.Select(name =>
            {
                var tool = Object(("name", name), ("input_schema", talk.Schema()));
                if (talk.Maybe())
                {
                    tool["description"] = talk.Text();
                }

                return Marked(talk, tool);
            }));
            May("tool_choice", Json("""{"type":"auto"}"""), Json("""{"type":"any","disable_parallel_tool_use":true}"""), Json("""{"type":"none"}"""), Object(("type", "tool"), ("name", talk.Tools[0])));
        }
    }

    private static JsonObject Marked(MadeTalk talk, JsonObject block)
    {
        if (talk.Maybe(8))
        {
            block["cache_control"] = talk.Maybe(2) ? Json("""{"type":"ephemeral"}""") : Json("""{"type":"ephemeral","ttl":"1h"}""");
        }

        return block;
    }

    private static JsonObject User(MadeTalk talk, List<JsonNode?> results, List<MadePart> parts)
    {
        JsonNode content = results.Count == 0 && parts is [{ Kind: MadeKind.Text }] && talk.Maybe(2) ? parts[0].Text : Array(results.Concat(parts.Select(part => (JsonNode?)Marked(talk, part.Kind switch
        {
            MadeKind.Text => Object(("type", "text"), ("text", part.Text)),
            MadeKind.Image => Object(("type", "image"), ("source", Object(("type", "base64"), ("media_type", "image/png"), ("data", MadeTalk.Png)))),
            MadeKind.ImageUrl => Object(("type", "image"), ("source", Object(("type", "url"), ("url", "https://example.com/a.png")))),
            _ => Object(("type", "document"), ("source", Object(("type", "base64"), ("media_type", "application/pdf"), ("data", MadeTalk.Pdf)))),
        }))));
        return Object(("role", "user"), ("content", content));
    }
}
