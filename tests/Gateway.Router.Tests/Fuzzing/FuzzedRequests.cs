using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Gateway.Core.Configuration;
using Gateway.Core.Errors;
using Gateway.Core.Requests;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Tests.Fuzzing;

/// <summary>Made requests of each client protocol, and ways to write them for upstreams.</summary>
internal static class FuzzedRequests
{
    private static readonly JsonWriterOptions AsSent = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    public static readonly LlmOperation[] Clients = [LlmOperation.ChatCompletions, LlmOperation.Responses, LlmOperation.Messages, LlmOperation.GenerateContent, LlmOperation.OllamaChat];

    private static readonly (ProviderProtocol Protocol, string[] Models)[] Upstreams =
    [
        (ProviderProtocol.OpenAI, ["gpt-4o", "o3", "gpt-5", "deepseek-chat"]),
        (ProviderProtocol.AzureOpenAI, ["gpt-4o"]),
        (ProviderProtocol.Anthropic, ["claude-3-haiku-20240307", "claude-3-7-sonnet-20250219", "claude-sonnet-4-5", "claude-opus-4-7"]),
        (ProviderProtocol.Gemini, ["gemini-1.5-flash", "gemini-2.0-flash", "gemini-2.5-pro", "gemini-3-pro-preview"]),
        (ProviderProtocol.Vertex, ["gemini-2.5-flash", "gemini-3-pro-preview"]),
        (ProviderProtocol.Ollama, ["llama3.2", "gpt-oss:20b"]),
        (ProviderProtocol.Bedrock, ["us.anthropic.claude-sonnet-4-5-20250929-v1:0", "anthropic.claude-3-7-sonnet-20250219-v1:0", "amazon.nova-lite-v1:0", "meta.llama3-70b-instruct-v1:0"]),
    ];

    public static string Make(LlmOperation operation, MadeTalk talk, bool stream) => (operation switch
    {
        LlmOperation.ChatCompletions => OpenAIMaker.Make(talk, stream),
        LlmOperation.Responses => ResponsesMaker.Make(talk, stream),
        LlmOperation.Messages => AnthropicMaker.Make(talk, stream),
        LlmOperation.GenerateContent => GeminiMaker.Make(talk),
        _ => OllamaMaker.Make(talk, stream),
    }).ToJsonString();

    public static (ProviderProtocol Protocol, string Model, UpstreamTraits Traits) Upstream(Random random)
    {
        var (protocol, models) = random.Pick(Upstreams);
        var responses = protocol == ProviderProtocol.OpenAI && random.OneIn(3);
        return (protocol, random.Pick(models), UpstreamTraits.Default with
        {
            MaxOutput = random.OneIn(4) ? 8192 : null,
            MidSystem = random.Pick(Enum.GetValues<MidSystemMode>()),
            LeadUser = random.OneIn(2) ? "Begin." : null,
            FixedTemperature = random.OneIn(8),
            EchoReasoning = random.OneIn(4),
            StrictTools = random.OneIn(8),
            MaxCompletionTokens = random.OneIn(2),
            HasResponses = responses,
            PreferResponses = responses,
            CacheControl = random.OneIn(4),
            DeveloperRole = random.OneIn(2),
            ShortToolIds = random.OneIn(4),
            JsonSchema = !random.OneIn(4),
            Reasoning = !random.OneIn(4),
        });
    }

    public static NeutralRequest Read(LlmOperation operation, string body, bool stream, TranslationNotes notes) =>
        ProtocolAdapters.Client(LlmOperations.ProtocolOf(operation)).ReadChat(JsonSerializer.Deserialize<JsonElement>(body), new ClientCall(operation, "asked", stream), notes);

    /// <summary>As an attempt does it: read, settle, write.</summary>
    /// <exception cref="GatewayException">Refused.</exception>
    public static string Write(
        LlmOperation operation, string body, bool stream, ProviderProtocol protocol, string model, UpstreamTraits traits, TranslationNotes notes, LlmKind kind = LlmKind.Chat)
    {
        var request = Read(operation, body, stream, notes);
        var translation = new Translation(request, ProtocolAdapters.Client(LlmOperations.ProtocolOf(operation)), model, traits, notes);
        translation.SettleForeign();
        var upstream = ProtocolAdapters.Upstream(protocol);
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output, AsSent))
        {
            upstream.WriteChat(translation, upstream.OperationFor(kind, traits)!.Value, json);
        }

        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
