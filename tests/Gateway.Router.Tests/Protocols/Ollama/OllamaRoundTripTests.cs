using System.Text.Json;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Tests.Protocols.Ollama;

public sealed class OllamaRoundTripTests
{
    [Theory]
    [InlineData("""{"messages":[{"role":"user","content":"Hi"}]}""")]
    [InlineData("""{"messages":[{"role":"system","content":"Be"},{"role":"user","content":"See","images":["iVBORw0KGgo="]}],"options":{"num_predict":9,"temperature":0.5,"top_p":0.1,"top_k":3,"seed":-1,"num_ctx":9,"stop":["x"],"frequency_penalty":0.5,"presence_penalty":1.5}}""")]
    [InlineData("""{"messages":[{"role":"user","content":"é😀\n\"\\"},{"role":"assistant","content":"a","thinking":"t"},{"role":"user","content":"b"}],"think":true,"format":"json"}""")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"think":"high","format":{"type":"object","properties":{"ä":{"type":"integer"}}}}""")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}],"think":false,"tools":[{"type":"function","function":{"name":"f","description":"d","parameters":{"type":"object","properties":{}}}}]}""")]
    [InlineData("""{"messages":[{"role":"user","content":"x"},{"role":"assistant","content":"","tool_calls":[{"function":{"name":"f","arguments":{"a":[1,2.0,"ü"]}}},{"function":{"name":"f","arguments":{}}}]},{"role":"tool","content":"1","tool_name":"f"},{"role":"tool","content":"2","tool_name":"f"},{"role":"user","content":"y"}]}""")]
    public void Request_ReadWrittenAndReadAgain_IsTheSame(string body)
    {
        var notes = new TranslationNotes();
        var first = OllamaCases.Read(body);
        var written = OllamaCases.Write(first, notes: notes);
        Assert.Null(notes.ToHeader());
        var second = OllamaCases.Read(written);
        Assert.Equal(Describe(first), Describe(second));
        Assert.Equal(written, OllamaCases.Write(second));
    }

    private static string Describe(NeutralRequest request) => JsonSerializer.Serialize(new
    {
        request.Stream,
        System = request.System.Select(Describe),
        Turns = request.Turns.Select(static turn => new { turn.Role, Parts = turn.Parts.Select(Describe) }),
        Tools = request.Tools.Select(static tool => new { tool.Name, tool.Description, tool.Parameters, tool.Strict }),
        Output = request.Output is { } output ? new { output.Kind, output.Schema } : null,
        Reasoning = request.Reasoning is { } reasoning ? new { reasoning.Mode, reasoning.Effort, reasoning.Show } : null,
        request.MaxOutput,
        request.Temperature,
        request.TopP,
        request.TopK,
        request.Seed,
        request.Stop,
        request.FrequencyPenalty,
        request.PresencePenalty,
        request.ContextWindow,
    });

    private static string Describe(NeutralPart part) => part switch
    {
        TextPart text => "text " + text.Text,
        MediaPart media => $"{media.Kind} {media.MimeType} {System.Text.Encoding.UTF8.GetString(media.Base64.Span)}",
        ToolCallPart call => $"call {call.Id} {call.Name} {call.Arguments}",
        ToolResultPart result => $"result {result.CallId} {result.Name} {string.Join('|', result.Parts.Select(Describe))}",
        ReasoningPart reasoning => "reasoning " + reasoning.Text,
        _ => throw new ArgumentException("A part without a description.", nameof(part)),
    };
}
