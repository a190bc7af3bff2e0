using System.Text.Json.Nodes;
using static Gateway.Router.Tests.Fuzzing.Made;

namespace Gateway.Router.Tests.Fuzzing;

/// <summary>Valid requests of Gemini's generateContent.</summary>
internal static class GeminiMaker
{
    public static JsonObject Make(MadeTalk talk)
    {
        var contents = new JsonArray();
        foreach (var round in talk.Rounds)
        {
            contents.Add((JsonNode)Turn("user", round.User.Select(part => Part(talk, part))));
            var parts = new List<JsonNode?>();
            if (round.Thought is not null)
            {
                parts.Add(Object(("text", round.Thought), ("thought", true)));
            }

            if (round.Answer is not null)
            {
                parts.Add(Object(("text", round.Answer)));
            }

            var ids = talk.Maybe(2);
            foreach (var call in round.Calls)
            {
                var function = Object(("name", call.Name), ("args", Json(call.Arguments)));
                if (ids)
                {
                    function["id"] = call.Id;
                }

                var part = Object(("functionCall", function));
                if (talk.Maybe())
                {
                    part["thoughtSignature"] = "c2lnbmF0dXJl";
                }

                parts.Add(part);
            }

            contents.Add((JsonNode)Turn("model", parts));
            if (round.Calls.Count > 0)
            {
                contents.Add((JsonNode)Turn("user", round.Calls.Select(call =>
                {
                    var response = Object(("name", call.Name), ("response", talk.Maybe() ? Json("""{"temperature":20.5,"$ref":"x"}""") : Object((call.Fails ? "error" : "output", call.Result))));
                    if (ids)
                    {
                        response["id"] = call.Id;
                    }

                    return Object((talk.Maybe(5) ? "function_response" : "functionResponse", response));
                })));
            }
        }

        if (talk.Last.Count > 0)
        {
            contents.Add((JsonNode)Turn("user", talk.Last.Select(part => Part(talk, part))));
        }

        var body = Object(("contents", contents));
        if (talk.System.Count > 0)
        {
            body["systemInstruction"] = Object(("parts", Array(talk.System.Select(static text => Object(("text", text))))));
        }

        Options(talk, body);
        return body;
    }

    private static void Options(MadeTalk talk, JsonObject body)
    {
        var config = new JsonObject();
        void May(string name, params JsonNode?[] values)
        {
            if (talk.Maybe(5))
            {
                config[name] = talk.Pick(values);
            }
        }

        May("maxOutputTokens", 1, 100, 40_000);
        May("temperature", 0, 0.25, 1, 2);
        May("topP", 0.1, 1);
        May("topK", 5, Json("40.0"));
        May("stopSequences", Json("""["a","b"]"""), Json("[]"));
        May("seed", 0, 17);
        May("frequencyPenalty", 0.5);
        May("presencePenalty", -0.5);
        May("candidateCount", 1);
        May("thinkingConfig", Json("""{"thinkingBudget":0}"""), Json("""{"thinkingBudget":-1,"includeThoughts":true}"""), Json("""{"thinkingBudget":2048}"""), Json("""{"thinkingLevel":"low"}"""));
        switch (talk.Pick(0, 0, 0, 0, 1, 2, 3))
        {
            case 1: config["responseMimeType"] = "application/json"; break;
            case 2:
                config["responseMimeType"] = "application/json";
                config["responseJsonSchema"] = talk.Schema();
                break;
            case 3:
                config["responseMimeType"] = "application/json";
                config["responseSchema"] = Json("""{"type":"OBJECT","properties":{"a":{"type":"STRING","nullable":true}},"propertyOrdering":["a"]}""");
                break;
        }

        if (talk.Maybe(20))
        {
            May("responseLogprobs", true);
            May("xUnknown", 1);
        }

        if (config.Count > 0)
        {
            body["generationConfig"] = config;
        }

        if (talk.Tools.Count > 0)
        {
            body["tools"] = Array([Object(("functionDeclarations", Array(talk.Tools.Select(name =>
            {
                var function = Object(("name", name));
                if (talk.Maybe())
                {
                    function["description"] = talk.Text();
                }

                if (!talk.Maybe(5))
                {
                    function["parametersJsonSchema"] = talk.Schema();
                }

                return function;
            }))))]);
            if (talk.Maybe())
            {
                body["toolConfig"] = Object(("functionCallingConfig", talk.Pick(Json("""{"mode":"AUTO"}"""), Json("""{"mode":"ANY"}"""), Json("""{"mode":"NONE"}"""),
                    Object(("mode", "ANY"), ("allowedFunctionNames", Array([talk.Tools[0]]))))));
            }
        }
    }

    private static JsonObject Turn(string role, IEnumerable<JsonNode?> parts) => Object(("role", role), ("parts", Array(parts)));

    private static JsonObject Part(MadeTalk talk, MadePart part) => part.Kind switch
    {
        MadeKind.Text => Object(("text", part.Text)),
        MadeKind.Image => talk.Maybe(2) ? Object(("inlineData", Object(("mimeType", "image/png"), ("data", MadeTalk.Png)))) : Object(("inline_data", Object(("mime_type", "image/png"), ("data", MadeTalk.Png)))),
        MadeKind.ImageUrl => Object(("fileData", Object(("mimeType", "image/png"), ("fileUri", "https://example.com/a.png")))),
        _ => Object(("inlineData", Object(("mimeType", "application/pdf"), ("data", MadeTalk.Pdf)))),
    };
}
