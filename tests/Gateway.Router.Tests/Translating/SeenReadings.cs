using System.Buffers.Binary;
using System.Globalization;
using System.Text.Json.Nodes;
using Collected = Gateway.Router.Tests.Translating.SeenAnswer.Collected;

namespace Gateway.Router.Tests.Translating;

internal static class OpenAIReading
{
    public static void Plain(JsonNode answer, Collected seen)
    {
        var message = answer.List("choices").FirstOrDefault()?["message"];
        Content(message, seen);
        var at = 0;
        foreach (var call in message.List("tool_calls"))
        {
            seen.Call(at++.ToString(CultureInfo.InvariantCulture), call["function"].Text("name"), Arguments(call["function"]));
        }

        if (message?["function_call"] is JsonObject legacy)
        {
            seen.Call("legacy", legacy.Text("name"), Arguments(legacy));
        }

        Finish(answer.List("choices").FirstOrDefault(), seen);
        Usage(answer["usage"], seen);
    }

    public static void Stream(List<string> events, Collected seen)
    {
        var keys = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var chunk in events.Select(static data => JsonNode.Parse(data)!))
        {
            if (chunk["error"] is not null)
            {
                seen.Finish = "error";
                return;
            }

            Usage(chunk["usage"] ?? chunk["x_groq"]?["usage"], seen);
            foreach (var choice in chunk.List("choices"))
            {
                Content(choice["delta"], seen);
                foreach (var call in choice["delta"].List("tool_calls"))
                {
                    // A new id at a known index is a new call.
                    var index = call["index"]?.ToString() ?? "";
                    var id = call.Text("id");
                    if (!string.IsNullOrEmpty(id))
                    {
                        keys[index] = id;
                    }

                    seen.Call(keys.GetValueOrDefault(index, index), call["function"].Text("name"), Arguments(call["function"]));
                }

                Finish(choice, seen);
            }
        }
    }

    private static string? Arguments(JsonNode? function) => function.Text("arguments") ?? (function?["arguments"] as JsonObject)?.ToJsonString();

    private static void Content(JsonNode? message, Collected seen)
    {
        seen.Text.Append(message.Text("content")).Append(message.Text("refusal"));
        seen.Refused |= message.Text("refusal") is { Length: > 0 };
        seen.Reasoning.Append(message.Text("reasoning_content") ?? message.Text("reasoning"));
    }

    private static void Finish(JsonNode? choice, Collected seen)
    {
        if (choice.Text("finish_reason") is { Length: > 0 } reason)
        {
            seen.Finish ??= reason switch { "length" => "length", "content_filter" => "filtered", "tool_calls" or "function_call" => "tool", _ => "stop" };
        }
    }

    private static void Usage(JsonNode? usage, Collected seen)
    {
        if (usage is JsonObject)
        {
            seen.Input = usage.Number("prompt_tokens");
            seen.Output = usage.Number("completion_tokens");
            seen.Cached = Math.Max(usage["prompt_tokens_details"].Number("cached_tokens"), usage.Number("prompt_cache_hit_tokens"));
        }
    }
}

internal static class ResponsesReading
{
    public static void Plain(JsonNode answer, Collected seen)
    {
        foreach (var item in answer.List("output"))
        {
            switch (item.Text("type"))
            {
                case "message":
                    foreach (var part in item.List("content"))
                    {
                        seen.Text.Append(part.Text("text") ?? part.Text("refusal"));
                        seen.Refused |= part.Text("refusal") is { Length: > 0 };
                    }

                    break;
                case "reasoning":
                    foreach (var part in item.List("summary"))
                    {
                        seen.Reasoning.Append(part.Text("text"));
                    }

                    break;
                case "function_call":
                    seen.Call(item.Text("call_id")!, item.Text("name"), item.Text("arguments"));
                    break;
            }
        }

        End(answer, seen);
    }

    public static void Stream(List<string> events, Collected seen)
    {
        foreach (var data in events.Select(static data => JsonNode.Parse(data)!))
        {
            switch (data.Text("type"))
            {
                case "response.output_text.delta": seen.Text.Append(data.Text("delta")); break;
                case "response.refusal.delta":
                    seen.Text.Append(data.Text("delta"));
                    seen.Refused = true;
                    break;
                case "response.reasoning_summary_text.delta": seen.Reasoning.Append(data.Text("delta")); break;
                case "response.output_item.done" when data["item"].Text("type") == "function_call":
                    seen.Call(data["item"].Text("call_id")!, data["item"].Text("name"), data["item"].Text("arguments"));
                    break;
                case "response.completed" or "response.incomplete": End(data["response"]!, seen); break;
                case "response.failed" or "error": seen.Finish = "error"; break;
            }
        }
    }

    private static void End(JsonNode answer, Collected seen)
    {
        seen.Finish = answer.Text("status") switch
        {
            "completed" => "stop",
            "incomplete" => answer["incomplete_details"].Text("reason") == "content_filter" ? "filtered" : "length",
            _ => "error",
        };
        seen.Input = answer["usage"].Number("input_tokens");
        seen.Output = answer["usage"].Number("output_tokens");
        seen.Cached = answer["usage"]?["input_tokens_details"].Number("cached_tokens") ?? 0;
    }
}

internal static class AnthropicReading
{
    public static void Plain(JsonNode answer, Collected seen)
    {
        foreach (var block in answer.List("content"))
        {
            Block(block, seen);
        }

        Finish(answer, seen);
        Usage(answer["usage"]!, seen, new Dictionary<string, long>(StringComparer.Ordinal));
    }

    public static void Stream(List<string> events, Collected seen)
    {
        var usage = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var data in events.Select(static data => JsonNode.Parse(data)!))
        {
            var key = data["index"]?.ToString() ?? "";
            switch (data.Text("type"))
            {
                case "message_start": Usage(data["message"]!["usage"], seen, usage); break;
                case "content_block_start" when data["content_block"].Text("type") == "tool_use":
                    seen.Call(key, data["content_block"].Text("name"), data["content_block"]!["input"] is JsonObject { Count: > 0 } whole ? whole.ToJsonString() : "");
                    break;
                case "content_block_start": Block(data["content_block"]!, seen); break;
                case "content_block_delta":
                    seen.Text.Append(data["delta"].Text("text"));
                    seen.Reasoning.Append(data["delta"].Text("thinking"));
                    if (data["delta"].Text("partial_json") is { } json)
                    {
                        seen.Call(key, null, json);
                    }

                    break;
                case "message_delta":
                    Finish(data["delta"], seen);
                    Usage(data["usage"], seen, usage);
                    break;
                case "error": seen.Finish = "error"; break;
            }
        }
    }

    private static void Block(JsonNode block, Collected seen)
    {
        seen.Text.Append(block.Text("text"));
        seen.Reasoning.Append(block.Text("thinking"));
        if (block.Text("type") == "tool_use")
        {
            seen.Call(block.Text("id")!, block.Text("name"), block["input"]?.ToJsonString());
        }
    }

    private static void Finish(JsonNode? end, Collected seen)
    {
        seen.Finish = end.Text("stop_reason") switch
        {
            null => seen.Finish,
            "max_tokens" or "model_context_window_exceeded" => "length",
            "refusal" => "filtered",
            "tool_use" => "tool",
            _ => "stop",
        };
        if (end.Text("stop_reason") == "refusal" && end?["stop_details"].Text("explanation") is { } why)
        {
            seen.Text.Append(why);
            seen.Refused = true;
        }
    }

    private static void Usage(JsonNode? usage, Collected seen, Dictionary<string, long> all)
    {
        foreach (var name in new[] { "input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens", "output_tokens" })
        {
            if (usage is JsonObject o && o[name] is JsonValue)
            {
                all[name] = usage.Number(name);
            }
        }

        seen.Cached = all.GetValueOrDefault("cache_read_input_tokens");
        seen.Input = all.GetValueOrDefault("input_tokens") + seen.Cached + all.GetValueOrDefault("cache_creation_input_tokens");
        seen.Output = all.GetValueOrDefault("output_tokens");
    }
}

internal static class GeminiReading
{
    public static void Chunk(JsonNode chunk, Collected seen)
    {
        if (chunk is JsonArray chunks)
        {
            chunks.OfType<JsonNode>().ToList().ForEach(one => Chunk(one, seen));
            return;
        }

        if (chunk["error"] is not null)
        {
            seen.Finish = "error";
            return;
        }

        foreach (var candidate in chunk.List("candidates"))
        {
            foreach (var part in candidate["content"].List("parts"))
            {
                ((bool?)part["thought"] == true ? seen.Reasoning : seen.Text).Append(part.Text("text"));
                if (part["functionCall"] is JsonObject call)
                {
                    seen.Call(Guid.NewGuid().ToString(), call.Text("name"), call["args"]?.ToJsonString());
                }
            }

            seen.Finish = candidate.Text("finishReason") switch
            {
                null => seen.Finish,
                "STOP" => seen.HasCalls ? "tool" : "stop",
                "MAX_TOKENS" => "length",
                _ => "filtered",
            };
        }

        if (chunk["usageMetadata"] is { } usage)
        {
            seen.Input = usage.Number("promptTokenCount") + usage.Number("toolUsePromptTokenCount");
            seen.Output = usage.Number("candidatesTokenCount") + usage.Number("thoughtsTokenCount");
            seen.Cached = usage.Number("cachedContentTokenCount");
        }
    }
}

internal static class OllamaReading
{
    public static void Line(JsonNode line, Collected seen)
    {
        if (line["error"] is not null)
        {
            seen.Finish = "error";
            return;
        }

        seen.Text.Append(line["message"].Text("content") ?? line.Text("response"));
        seen.Reasoning.Append(line["message"].Text("thinking") ?? line.Text("thinking"));
        foreach (var call in line["message"].List("tool_calls"))
        {
            seen.Call(Guid.NewGuid().ToString(), call["function"].Text("name"), call["function"]!["arguments"]?.ToJsonString());
        }

        if ((bool?)line["done"] == true)
        {
            seen.Finish = line.Text("done_reason") switch { "length" => "length", _ => "stop" };
            seen.Input = line.Number("prompt_eval_count");
            seen.Output = line.Number("eval_count");
        }
    }
}

internal static class BedrockReading
{
    public static void Plain(JsonNode answer, Collected seen)
    {
        foreach (var block in answer["output"]?["message"].List("content") ?? [])
        {
            seen.Text.Append(block.Text("text"));
            seen.Reasoning.Append(block["reasoningContent"]?["reasoningText"].Text("text"));
            if (block["toolUse"] is JsonObject call)
            {
                seen.Call(call.Text("toolUseId")!, call.Text("name"), call["input"]?.ToJsonString());
            }
        }

        End(answer, seen);
    }

    public static void Stream(ReadOnlySpan<byte> stream, Collected seen)
    {
        while (!stream.IsEmpty)
        {
            // Total length, length of the headers, checksum; headers; payload; checksum.
            var length = BinaryPrimitives.ReadInt32BigEndian(stream);
            var headers = BinaryPrimitives.ReadInt32BigEndian(stream[4..]);
            var data = JsonNode.Parse(stream[(12 + headers)..(length - 4)])!;
            stream = stream[length..];
            seen.Text.Append(data["delta"].Text("text"));
            seen.Reasoning.Append(data["delta"]?["reasoningContent"].Text("text"));
            var key = data["contentBlockIndex"]?.ToString() ?? "";
            if (data["start"]?["toolUse"] is JsonObject call)
            {
                seen.Call(key, call.Text("name"), "");
            }

            if (data["delta"]?["toolUse"].Text("input") is { } input)
            {
                seen.Call(key, null, input);
            }

            End(data, seen);
        }
    }

    private static void End(JsonNode data, Collected seen)
    {
        seen.Finish = data.Text("stopReason") switch
        {
            null => seen.Finish,
            "max_tokens" => "length",
            "content_filtered" or "guardrail_intervened" => "filtered",
            "tool_use" => "tool",
            _ => "stop",
        };
        if (data["usage"] is { } usage)
        {
            seen.Cached = usage.Number("cacheReadInputTokens");
            seen.Input = usage.Number("inputTokens") + seen.Cached + usage.Number("cacheWriteInputTokens");
            seen.Output = usage.Number("outputTokens");
        }
    }
}
