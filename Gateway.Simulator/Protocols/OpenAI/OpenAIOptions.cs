using System.Text.Json;

namespace Gateway.Simulator.Protocols.OpenAI;

/// <summary>Members that several of OpenAI's endpoints share.</summary>
internal static class OpenAIOptions
{
    /// <summary><c>stop</c>: one text or up to four.</summary>
    public static IReadOnlyList<string> Stops(JsonElement body)
    {
        switch (Json.Member(body, "stop"u8))
        {
            case { ValueKind: JsonValueKind.String } one:
                return one.GetString()!.Length > 0 ? [one.GetString()!] : [];
            case { ValueKind: JsonValueKind.Array } list:
                if (list.GetArrayLength() > 4)
                {
                    throw OpenAIError.Invalid("stop", "expected an array with at most 4 texts.", "array_above_max_length");
                }

                return [.. list.EnumerateArray().Select(stop => stop.ValueKind == JsonValueKind.String && stop.GetString() is { Length: > 0 } text
                    ? text : throw OpenAIError.WrongType("stop", "an array of texts", "something else"))];
            default:
                return [];
        }
    }

    /// <summary><c>stream_options.include_usage</c>; the options may only come with a stream.</summary>
    public static bool IncludeUsage(JsonElement body, bool stream)
    {
        if (Json.Member(body, "stream_options"u8) is not { } options)
        {
            return false;
        }

        if (!stream)
        {
            throw OpenAIError.Invalid("stream_options", "The 'stream_options' parameter is only allowed when 'stream' is enabled.");
        }

        foreach (var member in options.EnumerateObject())
        {
            if (member.Name is not ("include_usage" or "include_obfuscation"))
            {
                throw OpenAIError.Unknown($"stream_options.{member.Name}");
            }

            if (member.Value.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
            {
                throw OpenAIError.WrongType($"stream_options.{member.Name}", "a boolean", OpenAIFields.KindOf(member.Value));
            }
        }

        return Json.Flag(options, "include_usage"u8);
    }
}
