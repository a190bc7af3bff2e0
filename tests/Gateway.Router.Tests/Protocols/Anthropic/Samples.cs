using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Gateway.Core.Requests;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Anthropic;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Tests.Protocols.Anthropic;

/// <summary>Short ways to write and read requests in tests.</summary>
internal static class Samples
{
    public static readonly AnthropicUpstream Upstream = new();
    public static readonly AnthropicClient Client = new();

    public static JsonElement Json(string text)
    {
        using var document = JsonDocument.Parse(text);
        return document.RootElement.Clone();
    }

    public static SourcePath At(int turn, int part = 0) => new("messages", turn, "content", part);

    public static NeutralRequest Request(params NeutralTurn[] turns)
    {
        var request = new NeutralRequest { Model = "asked", MaxOutput = 1000 };
        request.Turns.AddRange(turns);
        return request;
    }

    public static NeutralRequest Hello() => Request(Turn(NeutralRole.User, 0, new TextPart("hi", At(0))));

    public static NeutralTurn Turn(NeutralRole role, int index, params NeutralPart[] parts)
    {
        var turn = new NeutralTurn(role, new SourcePath("messages", index));
        turn.Parts.AddRange(parts);
        return turn;
    }

    public static ToolCallPart Call(string id, int turn, int part = 0, string arguments = "{}") => new(id, "f", arguments, At(turn, part));

    public static ToolResultPart Result(string id, int turn, string text) => new(id, null, [new TextPart(text, At(turn))], false, At(turn));

    public static Translation Translate(NeutralRequest request, UpstreamTraits? traits = null, bool rejectAll = false, string model = "claude-sonnet-4-5") =>
        new(request, Client, model, traits ?? UpstreamTraits.Default, new TranslationNotes(rejectAll));

    public static string Text(Translation translation, LlmOperation operation = LlmOperation.Messages)
    {
        var output = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(output, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true });
        Upstream.WriteChat(translation, operation, json);
        json.Flush();
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    public static JsonElement Write(Translation translation, LlmOperation operation = LlmOperation.Messages) => Json(Text(translation, operation));

    public static JsonElement Write(NeutralRequest request, UpstreamTraits? traits = null) => Write(Translate(request, traits));

    public static NeutralRequest Read(string body, LlmOperation operation = LlmOperation.Messages) =>
        Client.ReadChat(Json(body), new ClientCall(operation, "asked", Stream: false), new TranslationNotes());

    public static AnswerContext Context(long estimatedInput = 7) => new()
    {
        Call = new ClientCall(LlmOperation.Messages, "asked", Stream: true),
        Model = "asked",
        RequestId = Guid.Empty,
        Created = DateTimeOffset.UnixEpoch,
        Notes = new TranslationNotes(),
        EstimatedInput = estimatedInput,
        Elapsed = static () => TimeSpan.Zero,
    };

    /// <summary>The JSON of a part of a document, without white space.</summary>
    public static string Compact(JsonElement element) => JsonSerializer.Serialize(element, Relaxed);

    private static readonly JsonSerializerOptions Relaxed = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
