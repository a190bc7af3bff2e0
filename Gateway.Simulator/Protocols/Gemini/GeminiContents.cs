using System.Text;
using System.Text.Json;
using Gateway.Simulator.Text;

namespace Gateway.Simulator.Protocols.Gemini;

/// <summary>Walks the turns of a conversation, checks their order, and counts what they cost.</summary>
internal sealed class GeminiContents
{
    private static readonly string[] Data =
        ["text", "inlineData", "fileData", "functionCall", "functionResponse", "executableCode", "codeExecutionResult", "toolCall", "toolResponse"];

    private readonly string _path;
    private readonly bool _needsSignatures;
    private readonly List<(string Name, int Position)> _unsigned = [];
    private string _role = "";
    private int _calls;
    private int _position;

    private GeminiContents(string path, bool needsSignatures)
    {
        _path = path;
        _needsSignatures = needsSignatures;
    }

    /// <summary>Tokens of all turns and of the system instruction.</summary>
    public int PromptTokens { get; private set; }

    /// <summary>Text of the last user turn, where directives stand; empty when there is none.</summary>
    public string LastUserText { get; private set; } = "";

    /// <summary>The last turn holds the results of calls, so the model should talk now.</summary>
    public bool EndsWithResults { get; private set; }

    /// <param name="holder">The object with <c>contents</c> and <c>systemInstruction</c>, checked against its message.</param>
    /// <param name="message">Name of that message in errors.</param>
    /// <param name="needsSignatures">The model wants the signatures of its own calls back.</param>
    /// <exception cref="GoogleError">The turns break the rules of the API.</exception>
    public static GeminiContents Read(JsonElement holder, string message, bool needsSignatures)
    {
        var contents = new GeminiContents($"{message}.contents", needsSignatures) { PromptTokens = PromptCost.Reply };
        foreach (var turn in ProtoMessage.List(holder, "contents"))
        {
            contents.ReadTurn(turn);
        }

        if (contents._position == 0)
        {
            throw GoogleError.Violation(contents._path, "contents is not specified");
        }

        if (contents._role == "model")
        {
            throw GoogleError.Invalid("Please ensure that multiturn requests ends with a user role or a function response.");
        }

        // Only the calls of the turn that is still open must be signed; what the user has talked about since is history.
        if (contents._unsigned.Count > 0)
        {
            var (name, position) = contents._unsigned[0];
            throw GoogleError.Invalid(
                "Function call is missing a thought_signature in functionCall parts. This is required for tools to work correctly, and missing thought_signature may lead to "
                + $"degraded model performance. Additional data, function call `default_api:{name}` , position {position}. Please refer to "
                + "https://ai.google.dev/gemini-api/docs/thought-signatures for more details.");
        }

        if (ProtoMessage.Find(holder, "systemInstruction") is { } system)
        {
            contents.PromptTokens += PromptCost.Message + TextOf(system, $"{message}.system_instruction").Tokens;
        }

        return contents;
    }

    /// <summary>The text of one content, as embeddings take it.</summary>
    public static (string Text, int Tokens) TextOf(JsonElement content, string path)
    {
        var text = new StringBuilder();
        var index = 0;
        var other = 0;
        foreach (var part in ProtoMessage.List(content, "parts"))
        {
            var kind = KindOf(part, $"{path}.parts[{index++}]");
            text.Append(kind == "text" ? ProtoMessage.Text(part, "text") : "");
            other += kind == "text" ? 0 : PromptCost.Attachment;
        }

        return index > 0 ? (text.ToString(), Tokenizer.Count(text.ToString()) + other) : throw GoogleError.Violation($"{path}.parts", "contents.parts must not be empty.");
    }

    private static string KindOf(JsonElement part, string path)
    {
        string? kind = null;
        foreach (var name in Data)
        {
            if (ProtoMessage.Find(part, name) is null)
            {
                continue;
            }

            kind = kind is null ? name : throw GoogleError.Invalid($"Invalid value at '{path}' (oneof), oneof field 'data' is already set. Cannot set '{name}'");
        }

        return kind ?? throw GoogleError.Violation($"{path}.data", "required oneof field 'data' must have one initialized field");
    }

    private void ReadTurn(JsonElement turn)
    {
        var path = $"{_path}[{_position++}]";
        var role = ProtoMessage.Text(turn, "role") is { Length: > 0 } given ? given : "user";
        if (role is not ("user" or "model" or "function"))
        {
            throw GoogleError.Invalid("Please use a valid role: user, model.");
        }

        // Google's own client keeps each chunk of a stream as a model turn, so those in a row are one.
        role = role == "function" ? "user" : role;
        var goesOn = role == "model" && _role == "model";
        if (!goesOn && role == (_role.Length == 0 ? "model" : _role))
        {
            throw GoogleError.Invalid("Please ensure that multiturn requests alternate between user and model.");
        }

        var (calls, results, text) = ReadParts(turn, role, path, goesOn ? _calls : 0);
        if (!goesOn && results != _calls)
        {
            throw GoogleError.Invalid(results > 0 && _calls == 0
                ? "Please ensure that function response turn comes immediately after a function call turn."
                : "Please ensure that the number of function response parts is equal to the number of function call parts of the function call turn.");
        }

        (_role, _calls, EndsWithResults) = (role, calls, results > 0);
        if (role == "user" && results == 0)
        {
            LastUserText = text;
            _unsigned.Clear();
        }
    }

    private (int Calls, int Results, string Text) ReadParts(JsonElement turn, string role, string path, int callsBefore)
    {
        var text = new StringBuilder();
        var (calls, results, index) = (callsBefore, 0, 0);
        foreach (var part in ProtoMessage.List(turn, "parts"))
        {
            var place = $"{path}.parts[{index++}]";
            switch (KindOf(part, place))
            {
                case "text":
                    text.Append(ProtoMessage.Text(part, "text"));
                    ThoughtSignatures.Check(part, null);
                    break;
                case "functionCall" when role == "model":
                    ReadCall(part, place, calls++ == 0);
                    break;
                case "functionResponse" when role == "user":
                    ReadResult(ProtoMessage.Find(part, "functionResponse")!.Value, place);
                    results++;
                    break;
                case "functionCall" or "functionResponse":
                    throw GoogleError.Invalid("Please ensure that function call turn comes immediately after a user turn or after a function response turn.");
                default:
                    PromptTokens += PromptCost.Attachment;
                    break;
            }
        }

        if (index == 0)
        {
            throw GoogleError.Violation($"{path}.parts", "contents.parts must not be empty.");
        }

        PromptTokens += PromptCost.Message + Tokenizer.Count(text.ToString());
        return (calls, results, text.ToString());
    }

    private void ReadCall(JsonElement part, string path, bool first)
    {
        if (ProtoMessage.Text(ProtoMessage.Find(part, "functionCall")!.Value, "name") is not { Length: > 0 } name)
        {
            throw GoogleError.Violation($"{path}.function_call.name", "Name cannot be empty.");
        }

        // Of parallel calls only the first one carries a signature.
        if (!ThoughtSignatures.Check(part, name) && first && _needsSignatures)
        {
            _unsigned.Add((name, _position));
        }
    }

    private void ReadResult(JsonElement result, string path)
    {
        if (ProtoMessage.Text(result, "name") is not { Length: > 0 })
        {
            throw GoogleError.Violation($"{path}.function_response.name", "Name cannot be empty.");
        }

        var response = ProtoMessage.Find(result, "response") ?? throw GoogleError.Violation($"{path}.function_response.response", "response is not specified");
        var text = ProtoMessage.Text(response, "output") ?? ProtoMessage.Text(response, "result") ?? ProtoMessage.Text(response, "error") ?? response.GetRawText();
        PromptTokens += Tokenizer.Count(text) + (PromptCost.Attachment * ProtoMessage.List(result, "parts").Count());
    }
}
