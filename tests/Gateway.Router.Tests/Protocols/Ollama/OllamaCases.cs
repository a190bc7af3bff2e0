using System.Buffers;
using System.Text;
using System.Text.Json;
using Gateway.Core.Requests;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Neutral;
using Gateway.Router.Protocols.Ollama;

namespace Gateway.Router.Tests.Protocols.Ollama;

/// <summary>Short ways into Ollama's adapters.</summary>
internal static class OllamaCases
{
    public static readonly OllamaUpstream Upstream = new();
    public static readonly OllamaClient Client = new();

    public static readonly DateTimeOffset Created = new(2026, 11, 21, 10, 20, 30, 123, TimeSpan.Zero);

    public static NeutralRequest Read(string body, LlmOperation operation = LlmOperation.OllamaChat, bool stream = true) =>
        Client.ReadChat(JsonSerializer.Deserialize<JsonElement>(body), new ClientCall(operation, "asked", stream), new TranslationNotes());

    /// <summary>What goes to the upstream, as the body's text.</summary>
    public static string Write(NeutralRequest request, UpstreamTraits? traits = null, TranslationNotes? notes = null) =>
        Write(new Translation(request, Client, "llama3", traits ?? UpstreamTraits.Default, notes ?? new TranslationNotes()));

    public static string Write(Translation translation)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = OllamaLines.Writer(output))
        {
            Upstream.WriteChat(translation, LlmOperation.OllamaChat, json);
        }

        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    public static JsonElement WriteJson(NeutralRequest request, UpstreamTraits? traits = null, TranslationNotes? notes = null) =>
        JsonSerializer.Deserialize<JsonElement>(Write(request, traits, notes));

    public static NeutralRequest Ask(params NeutralPart[] parts)
    {
        var request = new NeutralRequest { Model = "asked" };
        Turn(request, NeutralRole.User, parts.Length > 0 ? parts : [Text("Hi")]);
        return request;
    }

    public static NeutralTurn Turn(NeutralRequest request, NeutralRole role, params NeutralPart[] parts)
    {
        var turn = new NeutralTurn(role, new SourcePath("messages", request.Turns.Count));
        turn.Parts.AddRange(parts);
        request.Turns.Add(turn);
        return turn;
    }

    public static TextPart Text(string text) => new(text, new SourcePath("messages", 0, Member: "content"));

    public static ToolCallPart Call(string id, string name, string arguments, int index = 0) => new(id, name, arguments, new SourcePath("messages", 1, "tool_calls", index));

    public static ToolResultPart Result(string id, string text, bool isError = false) =>
        new(id, null, [new TextPart(text, new SourcePath("messages", 2, Member: "content"))], isError, new SourcePath("messages", 2));

    public static AnswerContext Context(LlmOperation operation = LlmOperation.OllamaChat, TranslationNotes? notes = null) => new()
    {
        Call = new ClientCall(operation, "asked", Stream: true),
        Model = "asked",
        RequestId = Guid.Parse("01234567-89ab-cdef-0123-456789abcdef"),
        Created = Created,
        Notes = notes ?? new TranslationNotes(),
        Elapsed = static () => TimeSpan.FromMilliseconds(1500),
    };

    public static JsonElement Json(string text) => JsonSerializer.Deserialize<JsonElement>(text);
}
