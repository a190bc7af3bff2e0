using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Gateway.Core.Errors;
using Gateway.Core.Requests;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Gemini;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Tests.Protocols.Gemini;

/// <summary>Short ways to what the Gemini tests need.</summary>
internal static class Ge
{
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public static SourcePath At(int turn, int part = 0) => new("messages", turn, "content", part);

    /// <summary>One user turn that says hello.</summary>
    public static NeutralRequest Chat(Action<NeutralRequest>? change = null)
    {
        var request = new NeutralRequest { Model = "asked" };
        request.Turns.Add(User("Hello"));
        change?.Invoke(request);
        return request;
    }

    public static NeutralTurn User(params IEnumerable<NeutralPart> parts) => Turn(NeutralRole.User, parts);

    public static NeutralTurn User(string text) => User(new TextPart(text, At(0)));

    public static NeutralTurn Model(params IEnumerable<NeutralPart> parts) => Turn(NeutralRole.Assistant, parts);

    public static NeutralTurn Results(params IEnumerable<NeutralPart> parts) => Turn(NeutralRole.Tool, parts);

    public static NeutralTurn Turn(NeutralRole role, params IEnumerable<NeutralPart> parts)
    {
        var turn = new NeutralTurn(role, new SourcePath("messages", 0));
        turn.Parts.AddRange(parts);
        return turn;
    }

    public static ToolCallPart Call(string id, string name, string arguments = "{}", string? signature = null) =>
        new(id, name, arguments, new SourcePath("messages", 1, "tool_calls", 0)) { Signature = signature };

    public static ToolResultPart Result(string id, string text, bool isError = false) => new(id, null, [new TextPart(text, At(2))], isError, At(2));

    public static Translation Translation(
        NeutralRequest request, string model = "gemini-2.5-flash", IClientProtocol? client = null, TranslationNotes? notes = null, UpstreamTraits? traits = null) =>
        new(request, client ?? new OtherClient(), model, traits ?? UpstreamTraits.Default, notes ?? new TranslationNotes());

    /// <summary>The body that goes to the upstream.</summary>
    public static string Write(Translation translation, bool vertex = false, ThoughtSignatures? signatures = null, LlmOperation operation = LlmOperation.GenerateContent)
    {
        var output = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(output, Plain);
        new GeminiRequestWriter(translation, json, vertex, signatures ?? new ThoughtSignatures()).Write(operation);
        json.Flush();
        var text = Encoding.UTF8.GetString(output.WrittenSpan);
        using var valid = JsonDocument.Parse(text);
        return text;
    }

    public static string Write(NeutralRequest request, string model = "gemini-2.5-flash") => Write(Translation(request, model));

    /// <summary>One member of the body, as compact JSON; "" when absent.</summary>
    public static string Member(string body, params IEnumerable<string> path)
    {
        using var document = JsonDocument.Parse(body);
        var at = document.RootElement;
        foreach (var name in path)
        {
            if (!at.TryGetProperty(name, out at))
            {
                return "";
            }
        }

        return at.GetRawText();
    }

    public static GatewayError Refusal(Action act) => Assert.Throws<GatewayException>(act).Error;

    public static JsonElement Json(string text)
    {
        using var document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }

    public static NeutralRequest Read(string body, LlmOperation operation = LlmOperation.GenerateContent, bool stream = false) =>
        new GeminiClient().ReadChat(Json(body), new ClientCall(operation, "asked", stream), new TranslationNotes());

    public static AnswerContext Context(bool array = false, bool thoughts = false, TranslationNotes? notes = null) => new()
    {
        Call = new ClientCall(LlmOperation.GenerateContent, "asked", Stream: true, array),
        Model = "asked",
        RequestId = Guid.Parse("00000000-0000-0000-0000-000000000001"),
        Created = DateTimeOffset.UnixEpoch,
        ClientState = new GeminiClientState(thoughts),
        Notes = notes ?? new TranslationNotes(),
        Elapsed = static () => TimeSpan.Zero,
    };

    /// <summary>A client that is not Gemini's, with names that can be told apart.</summary>
    private sealed class OtherClient : IClientProtocol
    {
        public LlmProtocol Protocol => LlmProtocol.OpenAI;

        public string? NameOf(NeutralField field) => "client." + field;

        public NeutralRequest ReadChat(JsonElement body, ClientCall call, TranslationNotes notes) => throw new NotSupportedException();

        public NeutralEmbeddingRequest ReadEmbeddings(JsonElement body, ClientCall call, TranslationNotes notes) => throw new NotSupportedException();

        public string StreamType(ClientCall call) => throw new NotSupportedException();

        public IAnswerWriter WriteStream(AnswerContext context, IBufferWriter<byte> output) => throw new NotSupportedException();

        public void WriteAnswer(NeutralAnswer answer, AnswerContext context, IBufferWriter<byte> output) => throw new NotSupportedException();

        public void WriteEmbeddings(NeutralEmbeddings embeddings, NeutralEmbeddingRequest request, AnswerContext context, IBufferWriter<byte> output) => throw new NotSupportedException();

        public void WriteTokenCount(long tokens, IBufferWriter<byte> output) => throw new NotSupportedException();
    }
}
