using System.Text.Json;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.OpenAI;

/// <summary>The tool calls of a history as they are read; knows which name an id had, and which functions still wait for a result.</summary>
internal sealed class OpenAIHistoryCalls
{
    private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);
    private readonly List<(string Name, string Id)> _functions = [];
    private int _count;

    public string? NameOf(string id) => _names.GetValueOrDefault(id);

    /// <summary>The id of the oldest call of a function that has no result yet, or null.</summary>
    public string? TakeFunction(string name)
    {
        for (var i = 0; i < _functions.Count; i++)
        {
            if (_functions[i].Name == name)
            {
                var id = _functions[i].Id;
                _functions.RemoveAt(i);
                return id;
            }
        }

        return null;
    }

    /// <summary>Adds the calls of an assistant's message to its turn.</summary>
    public void Read(JsonElement message, NeutralTurn turn)
    {
        var calls = OpenAIField.Member(message, "tool_calls"u8);
        if (!OpenAIField.IsAbsent(calls))
        {
            OpenAIField.List(calls, turn.Path.At("tool_calls"));
            var index = 0;
            foreach (var call in calls.EnumerateArray())
            {
                turn.Parts.Add(ReadCall(call, turn.Path with { Inner = "tool_calls", InnerIndex = index++ }));
            }
        }

        var function = OpenAIField.OptionalObject(OpenAIField.Member(message, "function_call"u8), turn.Path.At("function_call"));
        if (function.ValueKind == JsonValueKind.Object)
        {
            turn.Parts.Add(ReadFunction(function, turn.Path));
        }
    }

    private ToolCallPart ReadCall(JsonElement call, SourcePath path)
    {
        OpenAIField.Object(call, path);
        var id = OpenAIField.Text(OpenAIField.Member(call, "id"u8), path.At("id"));
        if (id.Length == 0)
        {
            throw OpenAIField.Wrong(path.At("id"), "the id of the call, as the answer gave it");
        }

        var type = OpenAIField.OptionalText(OpenAIField.Member(call, "type"u8), path.At("type")) ?? "function";
        string name;
        string arguments;
        if (type == "custom")
        {
            var custom = OpenAIField.Object(OpenAIField.Member(call, "custom"u8), path.At("custom"));
            name = OpenAIField.Text(OpenAIField.Member(custom, "name"u8), path.At("custom.name"));
            arguments = OpenAIField.Text(OpenAIField.Member(custom, "input"u8), path.At("custom.input"));
        }
        else if (type == "function")
        {
            var function = OpenAIField.Object(OpenAIField.Member(call, "function"u8), path.At("function"));
            name = OpenAIField.Text(OpenAIField.Member(function, "name"u8), path.At("function.name"));
            arguments = OpenAIField.Text(OpenAIField.Member(function, "arguments"u8), path.At("function.arguments"));
        }
        else
        {
            throw OpenAIField.Wrong(path.At("type"), "function or custom");
        }

        _count++;
        _names[id] = name;
        return new ToolCallPart(id, name, arguments, path) { IsCustom = type == "custom", Signature = SignatureOf(call, path) };
    }

    /// <summary>Where Google's compatible endpoint puts it, and clients of it send it back.</summary>
    private static string? SignatureOf(JsonElement call, SourcePath path)
    {
        var google = OpenAIField.Member(OpenAIField.Member(call, "extra_content"u8), "google"u8);
        return OpenAIField.OptionalText(OpenAIField.Member(google, "thought_signature"u8), path.At("extra_content.google.thought_signature"));
    }

    private ToolCallPart ReadFunction(JsonElement function, SourcePath path)
    {
        var name = OpenAIField.Text(OpenAIField.Member(function, "name"u8), path.At("function_call.name"));
        var arguments = OpenAIField.Text(OpenAIField.Member(function, "arguments"u8), path.At("function_call.arguments"));
        var id = ToolIds.ForHistory(name, _count++);
        _functions.Add((name, id));
        return new ToolCallPart(id, name, arguments, path.At("function_call"));
    }
}
