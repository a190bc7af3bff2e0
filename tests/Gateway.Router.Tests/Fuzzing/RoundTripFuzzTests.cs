using Gateway.Core.Configuration;
using Gateway.Core.Errors;
using Gateway.Core.Requests;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Tests.Fuzzing;

/// <summary>A request that goes to another protocol and comes back says the same, or the notes of the ways say what does not.</summary>
public sealed class RoundTripFuzzTests
{
    private static readonly UpstreamTraits Everything = UpstreamTraits.Default with { DeveloperRole = true, EchoReasoning = true, MaxCompletionTokens = true, LeadUser = "Begin." };

    private static readonly (LlmOperation Operation, ProviderProtocol Provider, string Model)[] Protocols =
    [
        (LlmOperation.ChatCompletions, ProviderProtocol.OpenAI, "gpt-5"),
        (LlmOperation.Responses, ProviderProtocol.OpenAI, "gpt-5"),
        (LlmOperation.Messages, ProviderProtocol.Anthropic, "claude-sonnet-4-5"),
        (LlmOperation.GenerateContent, ProviderProtocol.Gemini, "gemini-3-pro-preview"),
        (LlmOperation.OllamaChat, ProviderProtocol.Ollama, "gpt-oss:20b"),
    ];

    public static TheoryData<LlmOperation, LlmOperation> Pairs
    {
        get
        {
            var pairs = new TheoryData<LlmOperation, LlmOperation>();
            foreach (var from in Protocols)
            {
                foreach (var to in Protocols.Where(to => to != from))
                {
                    pairs.Add(from.Operation, to.Operation);
                }
            }

            return pairs;
        }
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public async Task Request_ThereAndBack_IsEqualOrItsLossesAreListed(LlmOperation from, LlmOperation to)
    {
        var whole = 0;
        await Fuzz.RunAsync(40_000_000 + (100_000 * (int)from) + (1_000_000 * (int)to), 600, random =>
        {
            var stream = random.OneIn(2);
            var body = FuzzedRequests.Make(from, new MadeTalk(random), stream);
            var (there, back) = (new TranslationNotes(), new TranslationNotes());
            Dictionary<NeutralField, string> before, after;
            string sent = "", returned = "";
            try
            {
                before = CanonicalRequest.Of(FuzzedRequests.Read(from, body, stream, new TranslationNotes()));
                sent = Write(from, to, body, stream, there);
                returned = Write(to, from, sent, stream, back);
                after = CanonicalRequest.Of(FuzzedRequests.Read(from, returned, stream, new TranslationNotes()));
            }
            catch (GatewayException exception) when (exception.Error.Param is not null)
            {
                // Refused by name is not lost in silence.
                return;
            }

            whole++;
            foreach (var (field, value) in before)
            {
                if (value != after[field] && !IsListed(field, from, there) && !IsListed(field, to, back))
                {
                    throw new FuzzException($"{from} to {to} and back: {field} is lost in silence", $"there: {there.ToHeader()}\nback: {back.ToHeader()}\n{value}\n->\n{after[field]}\n\n{body}\n->\n{sent}\n->\n{returned}");
                }
            }
        });

        Assert.True(whole > 150, $"{whole} came back");
    }

    private static string Write(LlmOperation from, LlmOperation to, string body, bool stream, TranslationNotes notes)
    {
        var (_, provider, model) = Protocols.Single(protocol => protocol.Operation == to);
        var responses = to == LlmOperation.Responses;
        return FuzzedRequests.Write(from, body, stream, provider, model, Everything with { HasResponses = responses, PreferResponses = responses }, notes);
    }

    /// <summary>Whether a note names the field, or something in it.</summary>
    private static bool IsListed(NeutralField field, LlmOperation operation, TranslationNotes notes)
    {
        // JSON without a schema may become a sentence in the instructions: told as a change of the output.
        if (field == NeutralField.System && IsListed(NeutralField.Output, operation, notes))
        {
            return true;
        }

        var name = ProtocolAdapters.Client(LlmOperations.ProtocolOf(operation)).NameOf(field) ?? field.ToString();
        return notes.Dropped.Concat(notes.Adapted).Any(note => (field == NeutralField.Turns && note == "content order") || note.StartsWith(name, StringComparison.Ordinal) || name.StartsWith(note, StringComparison.Ordinal));
    }
}
