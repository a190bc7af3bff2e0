using System.Text.Json.Nodes;
using static Gateway.Router.Tests.Fuzzing.Made;

namespace Gateway.Router.Tests.Fuzzing;

/// <summary>Valid requests of Ollama's chat.</summary>
internal static class OllamaMaker
{
    public static JsonObject Make(MadeTalk talk, bool stream)
    {
        var messages = new JsonArray();
        foreach (var text in talk.System)
        {
            messages.Add((JsonNode)Object(("role", "system"), ("content", text)));
        }

        foreach (var round in talk.Rounds)
        {
            messages.Add((JsonNode)User(round.User));
            var assistant = Object(("role", "assistant"), ("content", round.Answer ?? ""));
            if (round.Thought is not null)
            {
                assistant["thinking"] = round.Thought;
            }

            var ids = talk.Maybe(2);
            if (round.Calls.Count > 0)
            {
                assistant["tool_calls"] = Array(round.Calls.Select(call =>
                {
                    var made = Object(("function", Object(("name", call.Name), ("arguments", Json(call.Arguments)))));
                    if (ids)
                    {
                        made["id"] = call.Id;
                    }

                    return made;
                }));
            }

            messages.Add((JsonNode)assistant);
            foreach (var call in round.Calls)
            {
                var result = Object(("role", "tool"), ("tool_name", call.Name), ("content", call.Result));
                if (ids)
                {
                    result["tool_call_id"] = call.Id;
                }

                messages.Add((JsonNode)result);
            }
        }

        if (talk.Last.Count > 0)
        {
            messages.Add((JsonNode)User(talk.Last));
        }

        var body = Object(("model", "asked"), ("messages", messages), ("stream", stream));
        var options = new JsonObject();
        void May(JsonObject target, string name, params JsonNode?[] values)
        {
            if (talk.Maybe(5))
            {
                target[name] = talk.Pick(values);
            }
        }

        May(options, "num_predict", -1, 1, 100);
        May(options, "temperature", 0, 0.25, 1, 2);
        May(options, "top_p", 0.1, 1);
        May(options, "top_k", 5);
        May(options, "seed", 0, 17);
        May(options, "stop", Json("""["a","b"]"""), Json("[]"));
        May(options, "frequency_penalty", 0.5);
        May(options, "presence_penalty", -0.5);
        May(options, "num_ctx", 4096);
        May(options, "mirostat", 1);
        if (options.Count > 0)
        {
            body["options"] = options;
        }

        May(body, "format", "json", talk.Schema());
        May(body, "think", true, false, "low", "high");
        May(body, "keep_alive", "5m", 300);
        if (talk.Tools.Count > 0)
        {
            body["tools"] = Array(talk.Tools.Select(name =>
                Object(("type", "function"), ("function", Object(("name", name), ("description", talk.Text()), ("parameters", talk.Schema()))))));
        }

        return body;
    }

    private static JsonObject User(List<MadePart> parts)
    {
        var message = Object(("role", "user"), ("content", string.Join('\n', parts.Where(static part => part.Kind == MadeKind.Text).Select(static part => part.Text))));
        if (parts.Exists(static part => part.Kind == MadeKind.Image))
        {
            message["images"] = Array(parts.Where(static part => part.Kind == MadeKind.Image).Select(static _ => (JsonNode?)MadeTalk.Png));
        }

        return message;
    }
}
