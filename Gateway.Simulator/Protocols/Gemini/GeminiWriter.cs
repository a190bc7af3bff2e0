using System.Text.Json;
using Gateway.Simulator.Faults;
using Gateway.Simulator.Text;

namespace Gateway.Simulator.Protocols.Gemini;

/// <summary>Writes <c>GenerateContentResponse</c>s: whole ones, and the chunks of a stream, which have the same shape.</summary>
internal sealed class GeminiWriter(ProviderCall call, FaultScript script, int promptTokens, bool isVertex)
{
    public const string CallsMade = "Model generated function call(s).";

    private readonly string _model = FaultDirectives.ModelName(call.Model);

    public static string Reason(AnswerEnd end) => end == AnswerEnd.Length ? "MAX_TOKENS" : "STOP";

    /// <summary>From the opening brace up to and including the opening bracket of the candidates.</summary>
    public static void StartCandidates(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteStartArray("candidates"u8);
    }

    /// <summary>From the opening brace of a candidate up to and including the opening bracket of its parts.</summary>
    public static void StartParts(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteStartObject("content"u8);
        json.WriteStartArray("parts"u8);
    }

    public static void EndParts(Utf8JsonWriter json, int index, string? reason, bool hasCalls)
    {
        json.WriteEndArray();
        json.WriteString("role"u8, "model"u8);
        json.WriteEndObject();
        if (reason is not null)
        {
            json.WriteString("finishReason"u8, reason);
        }

        json.WriteNumber("index"u8, index);
        if (reason is not null && hasCalls)
        {
            json.WriteString("finishMessage"u8, CallsMade);
        }

        json.WriteEndObject();
    }

    public static void TextPart(Utf8JsonWriter json, string text, bool thought = false, string? signature = null)
    {
        json.WriteStartObject();
        json.WriteString("text"u8, text);
        if (thought)
        {
            json.WriteBoolean("thought"u8, true);
        }

        if (signature is not null)
        {
            json.WriteString("thoughtSignature"u8, signature);
        }

        json.WriteEndObject();
    }

    /// <param name="json">Where to.</param>
    /// <param name="name">The function.</param>
    /// <param name="arguments">A whole JSON object.</param>
    /// <param name="signed">It carries a signature.</param>
    public static void CallPart(Utf8JsonWriter json, string name, string arguments, bool signed)
    {
        json.WriteStartObject();
        json.WriteStartObject("functionCall"u8);
        json.WriteString("name"u8, name);
        json.WritePropertyName("args"u8);
        json.WriteRawValue(arguments);
        json.WriteEndObject();
        if (signed)
        {
            json.WriteString("thoughtSignature"u8, ThoughtSignatures.OfCall(name));
        }

        json.WriteEndObject();
    }

    /// <summary>Closes the candidates and the response.</summary>
    /// <param name="json">Where to.</param>
    /// <param name="written">Tokens of text and calls so far.</param>
    /// <param name="thoughts">Tokens of thoughts so far.</param>
    public void EndCandidates(Utf8JsonWriter json, int written, int thoughts)
    {
        json.WriteEndArray();
        EndResponse(json, written, thoughts);
    }

    /// <summary>The whole answer to a prompt that a filter stopped.</summary>
    public void Blocked(Utf8JsonWriter json, string reason)
    {
        json.WriteStartObject();
        json.WriteStartObject("promptFeedback"u8);
        json.WriteString("blockReason"u8, reason);
        json.WriteEndObject();
        EndResponse(json, 0, 0);
    }

    public void Whole(Utf8JsonWriter json, Answer answer, GeminiShow show)
    {
        StartCandidates(json);
        for (var index = 0; index < answer.Choices.Count; index++)
        {
            WriteCandidate(json, answer.Choices[index], index, show);
        }

        EndCandidates(json, answer.CompletionTokens - answer.ReasoningTokens, answer.ReasoningTokens);
    }

    private static void WriteCandidate(Utf8JsonWriter json, AnswerChoice choice, int index, GeminiShow show)
    {
        StartParts(json);
        if (show.Thoughts && choice.ReasoningTokens > 0)
        {
            TextPart(json, choice.Join(AnswerToken.Reasoning), thought: true);
        }

        var calls = choice.CallStarts.ToList();
        if (calls.Count == 0)
        {
            TextPart(json, choice.Join(AnswerToken.Content), signature: show.SignsText ? ThoughtSignatures.OfText() : null);
        }

        foreach (var start in calls)
        {
            // A cap in the middle of the arguments leaves nothing that could be called.
            if (choice.End == AnswerEnd.ToolCalls || start.Call < calls.Count - 1)
            {
                CallPart(json, start.Text, choice.Join(start.Call), show.SignsCalls && start.Call == 0);
            }
        }

        EndParts(json, index, Reason(choice.End), choice.End == AnswerEnd.ToolCalls);
    }

    private void EndResponse(Utf8JsonWriter json, int written, int thoughts)
    {
        if (!script.NoUsage)
        {
            WriteUsage(json, written, thoughts);
        }

        json.WriteString("modelVersion"u8, _model);
        json.WriteString("responseId"u8, call.Meter.Id);
        json.WriteEndObject();
    }

    private void WriteUsage(Utf8JsonWriter json, int written, int thoughts)
    {
        json.WriteStartObject("usageMetadata"u8);
        json.WriteNumber("promptTokenCount"u8, promptTokens);
        if (written > 0)
        {
            json.WriteNumber("candidatesTokenCount"u8, written);
        }

        json.WriteNumber("totalTokenCount"u8, promptTokens + written + thoughts);
        json.WriteStartArray("promptTokensDetails"u8);
        json.WriteStartObject();
        json.WriteString("modality"u8, "TEXT"u8);
        json.WriteNumber("tokenCount"u8, promptTokens);
        json.WriteEndObject();
        json.WriteEndArray();
        if (thoughts > 0)
        {
            json.WriteNumber("thoughtsTokenCount"u8, thoughts);
        }

        json.WriteString(isVertex ? "trafficType"u8 : "serviceTier"u8, isVertex ? "ON_DEMAND"u8 : "standard"u8);
        json.WriteEndObject();
    }
}
