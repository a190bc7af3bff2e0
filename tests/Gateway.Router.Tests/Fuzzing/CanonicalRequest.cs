using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Tests.Fuzzing;

/// <summary>
/// What a request says, field by field, in one way to write it. What protocols may put differently without a loss is put alike: texts side
/// by side in one turn, empty lines, neighbouring turns of one role, the ids of calls, the order of results, an absent schema, a default that
/// is said or not, tools that must not be called. Left out is what only one provider understands: marks of caches, signatures, and
/// whether reasoning is shown, which is decided on the way back.
/// </summary>
internal static class CanonicalRequest
{
    public static Dictionary<NeutralField, string> Of(NeutralRequest request) => new()
    {
        [NeutralField.MaxOutput] = Text(request.MaxOutput),
        [NeutralField.Temperature] = Text(request.Temperature),
        [NeutralField.TopP] = Text(request.TopP),
        [NeutralField.TopK] = Text(request.TopK),
        [NeutralField.FrequencyPenalty] = Text(request.FrequencyPenalty is 0 ? null : request.FrequencyPenalty),
        [NeutralField.PresencePenalty] = Text(request.PresencePenalty is 0 ? null : request.PresencePenalty),
        [NeutralField.Seed] = Text(request.Seed),
        [NeutralField.Stop] = string.Join('|', request.Stop),
        [NeutralField.LogitBias] = Json(request.LogitBias),
        [NeutralField.EndUser] = request.EndUser ?? "",
        [NeutralField.Metadata] = Json(request.Metadata) is "{}" ? "" : Json(request.Metadata),
        [NeutralField.ServiceTier] = request.ServiceTier is null or "auto" ? "" : request.ServiceTier,
        [NeutralField.Verbosity] = request.Verbosity ?? "",
        [NeutralField.Store] = request.Store == true ? "stored" : "",
        [NeutralField.PromptCacheKey] = request.PromptCacheKey ?? "",
        [NeutralField.ContextWindow] = Text(request.ContextWindow),
        [NeutralField.Reasoning] = request.Reasoning is { Mode: not ReasoningMode.Auto } reasoning ? string.Create(CultureInfo.InvariantCulture, $"{reasoning.Mode} {reasoning.Effort} {reasoning.Budget}") : "",
        [NeutralField.Tools] = NoCalls(request) ? "" : string.Join('\n', request.Tools.Select(static tool => $"{tool.Name} {tool.Description} {Json(tool.Parameters) switch { "" => "{\"type\":\"object\",\"properties\":{}}", var schema => schema }} {(tool.Strict == true ? "strict" : "")}")),
        [NeutralField.ToolChoice] = NoCalls(request) || request.ToolChoice is null or { Mode: ToolChoiceMode.Auto, Names: null } ? "" : $"{request.ToolChoice.Mode} {string.Join('|', request.ToolChoice.Names ?? [])}",
        [NeutralField.ParallelToolCalls] = NoCalls(request) || request.ParallelToolCalls != false ? "" : "one at a time",
        [NeutralField.Output] = request.Output is { } output ? $"{output.Kind} {Json(output.Schema)}" : "",
        [NeutralField.System] = Lines(string.Join('\n', request.System.OfType<TextPart>().Select(static part => part.Text))),
        [NeutralField.Turns] = Turns(request),
    };

    private static bool NoCalls(NeutralRequest request) => request.Tools.Count == 0 || request.ToolChoice is { Mode: ToolChoiceMode.None };

    private static string Turns(NeutralRequest request)
    {
        var calls = new Dictionary<string, int>(StringComparer.Ordinal);
        var lines = new List<(NeutralRole Role, string Kind, string Text)>();
        var results = new SortedDictionary<int, string>();
        foreach (var (turn, part) in request.Turns.SelectMany(static turn => turn.Parts.Select(part => (turn, part))))
        {
            if (part is ToolResultPart result)
            {
                results[calls.GetValueOrDefault(result.CallId, -1)] = $"{(result.IsError ? "error " : "")}{string.Join('\n', result.Parts.Select(Part))}";
                continue;
            }

            Flush();
            if (part is ToolCallPart call)
            {
                calls[call.Id] = calls.Count;
                lines.Add((turn.Role, "call", $"{calls[call.Id]} {call.Name} {JsonNode.Parse(call.Arguments.Length == 0 ? "{}" : call.Arguments)!.ToJsonString()}"));
            }
            else if (part is TextPart { Text: var text } && !string.IsNullOrWhiteSpace(text) && lines is [.., { Kind: "text" } last] && last.Role == turn.Role)
            {
                lines[^1] = last with { Text = last.Text + "\n" + text };
            }
            else if (part is not TextPart empty || !string.IsNullOrWhiteSpace(empty.Text))
            {
                lines.Add((turn.Role, part is TextPart ? "text" : "", Part(part)));
            }
        }

        Flush();
        return string.Join('\n', lines.Select(static line => $"{line.Role} {line.Kind} {(line.Kind == "text" ? Lines(line.Text) : line.Text)}"));

        void Flush()
        {
            lines.AddRange(results.Select(static result => (NeutralRole.Tool, "result", $"{result.Key} {result.Value}")));
            results.Clear();
        }
    }

    /// <summary>Without the empty lines that parted texts, and texts of nothing but white space, make.</summary>
    private static string Lines(string text) => string.Join('\n', text.Split('\n').Where(static line => !string.IsNullOrWhiteSpace(line)));

    private static string Part(NeutralPart part) => part switch
    {
        TextPart text => text.Text,
        RefusalPart refusal => "refusal " + refusal.Text,
        ReasoningPart reasoning => $"reasoning {reasoning.Text} {reasoning.Redacted}",
        MediaPart media => $"{media.Kind} {Encoding.UTF8.GetString(media.Base64.Span)} {media.Url}",
        _ => throw new InvalidOperationException(),
    };

    private static string Json(JsonElement? element) => element is { } json ? JsonNode.Parse(json.GetRawText())?.ToJsonString() ?? "" : "";

    private static string Text<T>(T? value)
        where T : struct, IFormattable => value?.ToString(null, CultureInfo.InvariantCulture) ?? "";

    private static string Text(bool? value) => value?.ToString() ?? "";
}
