using System.Buffers;
using System.Text;
using System.Text.Json;
using Gateway.Core.Errors;
using Gateway.Core.Requests;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Neutral;
using Gateway.Router.Protocols.OpenAI;
using Gateway.Router.Tests.Translating;

namespace Gateway.Router.Tests.Protocols.OpenAI;

/// <summary>Short ways to run the pieces of the protocol by themselves.</summary>
internal static class OpenAIChat
{
    public static readonly OpenAIClient Client = new();
    public static readonly OpenAIUpstream Upstream = new();

    /// <summary>As the relay writes bodies.</summary>
    private static readonly JsonWriterOptions Plain = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static NeutralRequest Read(string body, LlmOperation operation = LlmOperation.ChatCompletions)
    {
        var root = JsonDocument.Parse(body).RootElement;
        var stream = root.TryGetProperty("stream", out var flag) && flag.ValueKind == JsonValueKind.True;
        return Client.ReadChat(root, new ClientCall(operation, "gpt-test", stream), new TranslationNotes());
    }

    /// <summary>A request with one message of a user and the members that are given.</summary>
    public static NeutralRequest ReadWith(string members) => Read($$"""{"model":"gpt-test","messages":[{"role":"user","content":"hi"}],{{members}}}""");

    public static NeutralRequest ReadMessages(string messages) => Read($$"""{"model":"gpt-test","messages":[{{messages}}]}""");

    /// <summary>Reads a body that must be refused.</summary>
    /// <returns>The field that the error names.</returns>
    public static string? Refused(string body, LlmOperation operation = LlmOperation.ChatCompletions)
    {
        var exception = Assert.Throws<GatewayException>(() => Read(body, operation));
        Assert.Equal(GatewayErrorKind.InvalidRequest, exception.Error.Kind);
        return exception.Error.Param;
    }

    public static string? RefusedMessages(string messages) => Refused($$"""{"model":"gpt-test","messages":[{{messages}}]}""");

    public static Translation Translate(NeutralRequest request, UpstreamTraits? traits = null, IClientProtocol? client = null, TranslationNotes? notes = null) =>
        new(request, client ?? Client, "upstream-model", traits ?? UpstreamTraits.Default, notes ?? new TranslationNotes());

    public static string WriteText(Translation translation)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output, Plain))
        {
            Upstream.WriteChat(translation, LlmOperation.ChatCompletions, json);
        }

        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    public static JsonElement Write(NeutralRequest request, UpstreamTraits? traits = null, TranslationNotes? notes = null) =>
        JsonDocument.Parse(WriteText(Translate(request, traits, notes: notes))).RootElement;

    public static JsonElement Write(string body, UpstreamTraits? traits = null) => Write(Read(body), traits);

    /// <summary>Runs chunks, one JSON document each, through a decoder.</summary>
    public static (EventLog Log, DecodedEnd End) Decode(params string[] chunks) => DecodeStream(string.Concat(chunks.Select(static chunk => $"data: {chunk}\n\n")));

    public static (EventLog Log, DecodedEnd End) DecodeStream(string stream, params IEnumerable<int> cuts)
    {
        var log = new EventLog();
        var end = Decoding.Stream(Upstream, new OpenAIDecoder(null), Encoding.UTF8.GetBytes(stream), log, cuts);
        return (log, end);
    }

    public static NeutralAnswer DecodeAnswer(string document)
    {
        var answer = new NeutralAnswer();
        Assert.Equal(EventKind.Done, new OpenAIDecoder(null).DecodeAnswer(Encoding.UTF8.GetBytes(document), answer));
        return answer;
    }

    /// <summary>A chunk with one choice.</summary>
    public static string Delta(string delta, string finish = "null", string more = "") =>
        $$"""{"id":"chatcmpl-1","object":"chat.completion.chunk","model":"m","choices":[{"index":0,"delta":{{delta}},"finish_reason":{{finish}}}]{{more}}}""";

    public static AnswerContext Context(bool includeUsage = false, object? state = null, LlmOperation operation = LlmOperation.ChatCompletions, TranslationNotes? notes = null) => new()
    {
        Call = new ClientCall(operation, "gpt-test", Stream: true),
        Model = "gpt-test",
        RequestId = new Guid("11111111-2222-3333-4444-555555555555"),
        Created = DateTimeOffset.FromUnixTimeSeconds(1_700_000_000),
        IncludeUsage = includeUsage,
        ClientState = state,
        Notes = notes ?? new TranslationNotes(),
        EstimatedInput = 7,
        Elapsed = static () => TimeSpan.Zero,
    };

    /// <summary>What a stream writer writes, event by event, without <c>data: </c>.</summary>
    public static List<string> Stream(AnswerContext context, Action<IAnswerWriter> write)
    {
        var output = new ArrayBufferWriter<byte>();
        write(Client.WriteStream(context, output));
        var text = Encoding.UTF8.GetString(output.WrittenSpan);
        Assert.EndsWith("\n\n", text, StringComparison.Ordinal);
        return [.. text.Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(static entry => entry.StartsWith("data: ", StringComparison.Ordinal) ? entry[6..] : entry)];
    }

    public static JsonElement Answer(NeutralAnswer answer, AnswerContext context)
    {
        var output = new ArrayBufferWriter<byte>();
        Client.WriteAnswer(answer, context, output);
        return JsonDocument.Parse(output.WrittenMemory.ToArray()).RootElement;
    }
}
