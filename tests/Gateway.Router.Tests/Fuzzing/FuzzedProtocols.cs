using Gateway.Core.Configuration;
using Gateway.Core.Requests;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Neutral;
using Gateway.Router.Protocols.Responses;
using Gateway.Router.Tests.Hosting;

namespace Gateway.Router.Tests.Fuzzing;

/// <summary>A protocol as upstreams speak it, with its recorded answers.</summary>
internal sealed record FuzzedUpstream(string Name, string Recorded, IUpstreamProtocol Protocol, UpstreamTraits Traits)
{
    private static readonly UpstreamTraits Responses = UpstreamTraits.Default with { HasResponses = true, PreferResponses = true };

    public static readonly FuzzedUpstream[] All =
    [
        new("openai", "openai-chat", ProtocolAdapters.Upstream(ProviderProtocol.OpenAI), UpstreamTraits.Default),
        new("responses", "openai-responses", ProtocolAdapters.Upstream(ProviderProtocol.OpenAI), Responses),
        new("anthropic", "anthropic", ProtocolAdapters.Upstream(ProviderProtocol.Anthropic), UpstreamTraits.Default),
        new("gemini", "gemini", ProtocolAdapters.Upstream(ProviderProtocol.Gemini), UpstreamTraits.Default),
        new("ollama", "ollama", ProtocolAdapters.Upstream(ProviderProtocol.Ollama), UpstreamTraits.Default),
        new("bedrock", "bedrock-converse", ProtocolAdapters.Upstream(ProviderProtocol.Bedrock), UpstreamTraits.Default),
    ];

    public static FuzzedUpstream Of(string name) => All.Single(upstream => upstream.Name == name);

    public List<Recording> Answers(bool streaming)
    {
        var answers = new List<Recording>();
        foreach (string id in Recordings.Ids(Recorded))
        {
            if (Recordings.Load(id) is var recording && recording.Streaming == streaming)
            {
                answers.Add(recording);
            }
        }

        return answers;
    }

    public Translation Translation(NeutralRequest request, IClientProtocol client, string model = "m", TranslationNotes? notes = null) => new(request, client, model, Traits, notes ?? new TranslationNotes());

    public IAnswerDecoder Decoder(Translation? translation) =>
        translation is not null ? Protocol.Decode(translation) : Name == "responses" ? new ResponsesDecoder(null) : Protocol.Decode(Translation(new NeutralRequest { Model = "m" }, ProtocolAdapters.Client(LlmProtocol.OpenAI)));
}

/// <summary>A protocol as clients speak it: one way to ask for an answer.</summary>
/// <param name="Reading">How <see cref="Translating.SeenAnswer"/> calls it.</param>
internal sealed record FuzzedClient(string Reading, LlmOperation Operation, bool AsArray = false)
{
    public static readonly FuzzedClient[] All =
    [
        new("openai", LlmOperation.ChatCompletions), new("responses", LlmOperation.Responses), new("anthropic", LlmOperation.Messages), new("gemini", LlmOperation.GenerateContent),
        new("gemini", LlmOperation.GenerateContent, AsArray: true), new("ollama", LlmOperation.OllamaChat), new("ollama", LlmOperation.OllamaGenerate),
    ];

    public IClientProtocol Protocol => ProtocolAdapters.Client(LlmOperations.ProtocolOf(Operation));

    public ClientCall Call(bool stream) => new(Operation, "asked", stream, AsArray && stream);

    public AnswerContext Context(bool stream) => new()
    {
        Call = Call(stream),
        Model = "asked",
        RequestId = Guid.Parse("01234567-89ab-cdef-0123-456789abcdef"),
        Created = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000),
        IncludeUsage = true,
        Notes = new TranslationNotes(),
        Elapsed = static () => TimeSpan.FromSeconds(1),
    };

    /// <summary>What a client understands.</summary>
    public Translating.SeenAnswer Read(bool stream, ReadOnlySpan<byte> body) => Translating.SeenAnswer.Read(Reading, stream && !AsArray, body);
}
