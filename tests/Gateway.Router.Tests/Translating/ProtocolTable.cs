using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Gateway.Core.Errors;
using Gateway.Core.Requests;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Neutral;
using Gateway.Router.Protocols.Responses;
using Gateway.Router.StoredResponses;

namespace Gateway.Router.Tests.Translating;

/// <summary>What becomes of a feature on its way.</summary>
internal enum Fate
{
    /// <summary>Both sides speak one protocol: the bytes go on.</summary>
    Passed,
    Kept,
    Adapted,
    Dropped,
    Refused,

    /// <summary>The upstream cannot count tokens: the gateway estimates them.</summary>
    Estimated,

    /// <summary>Dropped without a word, as the specification allows.</summary>
    Silent,

    /// <summary>Gone without a word: a fault.</summary>
    Lost,
}

/// <summary>What a body became.</summary>
/// <param name="Fate">In one word.</param>
/// <param name="Written">The upstream's body; empty when refused or passed.</param>
/// <param name="Dropped">What of it was dropped, by name.</param>
/// <param name="Adapted">What of it was changed, by name.</param>
/// <param name="Refusal">Why it was refused, or null.</param>
internal sealed record Outcome(Fate Fate, string Written, IReadOnlyList<string> Dropped, IReadOnlyList<string> Adapted, GatewayError? Refusal);

/// <summary>Asks the adapters themselves: reads a client's body and writes it for an upstream, as the relay does.</summary>
internal static class ProtocolTable
{
    private const string ClientModel = "gpt-test";

    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public static readonly IReadOnlyList<(LlmProtocol Client, IReadOnlyList<ProtocolTableRow> Rows)> Clients =
    [
        (LlmProtocol.OpenAI, ProtocolTableOpenAI.Rows),
        (LlmProtocol.Responses, ProtocolTableResponses.Rows),
        (LlmProtocol.Anthropic, ProtocolTableAnthropic.Rows),
        (LlmProtocol.Gemini, ProtocolTableGemini.Rows),
        (LlmProtocol.Ollama, ProtocolTableOllama.Rows),
    ];

    public static Outcome Ask(ProtocolTableRow row, ProtocolTableColumn column, bool rejectLosses = false)
    {
        var asked = Write(row.Body, row, column, rejectLosses);
        if (asked.Fate != Fate.Kept)
        {
            return asked;
        }

        // What the same request without the feature loses is not the feature's loss.
        var plain = Write(row.Base, row, column, rejectLosses: false);
        var dropped = asked.Dropped.Except(plain.Dropped).ToList();
        var adapted = asked.Adapted.Except(plain.Adapted).ToList();
        var isKept = row.Feature.IsKept(asked.Written, column);
        var fate = adapted.Count > 0 ? Fate.Adapted
            : dropped.Count > 0 ? isKept ? Fate.Adapted : Fate.Dropped
            : isKept ? Fate.Kept
            : row.Feature.IsDroppedInSilence ? Fate.Silent : Fate.Lost;
        return asked with { Fate = fate, Dropped = dropped, Adapted = adapted };
    }

    private static Outcome Write(string body, ProtocolTableRow row, ProtocolTableColumn column, bool rejectLosses)
    {
        var notes = new TranslationNotes(rejectLosses);
        try
        {
            var call = CallOf(body, row);
            if (column.Protocol.PassesThrough(call, column.Traits))
            {
                return new Outcome(Fate.Passed, "", [], [], null);
            }

            var kind = LlmOperations.KindOf(row.Operation);
            if (column.Protocol.OperationFor(kind, column.Traits) is not { } upstream)
            {
                return kind == LlmKind.CountTokens ? new Outcome(Fate.Estimated, "", [], [], null) : new Outcome(Fate.Refused, "", [], [], new GatewayError(GatewayErrorKind.ModelNotFound, "Has no such endpoint.", "model"));
            }

            var written = kind == LlmKind.Embed ? WriteEmbeddings(body, call, column, notes) : WriteChat(body, call, upstream, column, notes);
            return new Outcome(Fate.Kept, written, notes.Dropped, notes.Adapted, null);
        }
        catch (GatewayException exception)
        {
            return new Outcome(Fate.Refused, "", notes.Dropped, notes.Adapted, exception.Error);
        }
    }

    private static string WriteChat(string body, ClientCall call, LlmOperation operation, ProtocolTableColumn column, TranslationNotes notes)
    {
        using var document = JsonDocument.Parse(body);
        var client = ProtocolAdapters.Client(LlmOperations.ProtocolOf(call.Operation));
        var translation = new Translation(client.ReadChat(document.RootElement, call, notes), client, column.Model, column.Traits, notes);
        translation.SettleForeign();
        return Text(json => column.Protocol.WriteChat(translation, operation, json));
    }

    private static string WriteEmbeddings(string body, ClientCall call, ProtocolTableColumn column, TranslationNotes notes)
    {
        using var document = JsonDocument.Parse(body);
        var client = ProtocolAdapters.Client(LlmOperations.ProtocolOf(call.Operation));
        var request = client.ReadEmbeddings(document.RootElement, call, notes);
        var translation = new Translation(new NeutralRequest { Model = request.Model }, client, column.Model, column.Traits, notes);
        return Text(json => column.Protocol.WriteEmbeddings(translation, request, json));
    }

    private static string Text(Action<Utf8JsonWriter> write)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output, Plain))
        {
            write(json);
        }

        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    /// <summary>The facts that the Edge and the Router read before anything is translated.</summary>
    private static ClientCall CallOf(string body, ProtocolTableRow row)
    {
        PathFacts? path = LlmOperations.ProtocolOf(row.Operation) == LlmProtocol.Gemini ? new PathFacts(ClientModel, row.StreamsByPath, false) : null;
        return RequestFactsReader.TryRead(Encoding.UTF8.GetBytes(body), row.Operation, path, out var facts, out var error)
            ? new ClientCall(row.Operation, facts.Model, facts.Stream, facts.AsArray) { Conversation = row.Operation == LlmOperation.Responses ? Talk(facts.ContinuesResponse) : null }
            : throw new GatewayException(error);
    }

    /// <summary>What the gateway keeps of the talk where the upstream keeps nothing.</summary>
    private static ResponseConversation Talk(bool continues) => new(
        continues ? new StoredResponse("resp_123", """{"id":"resp_123","output":[]}"""u8.ToArray(), """[{"role":"user","content":"EARLIERTEXT"}]"""u8.ToArray()) : null,
        items: null, static _ => Task.CompletedTask);
}
