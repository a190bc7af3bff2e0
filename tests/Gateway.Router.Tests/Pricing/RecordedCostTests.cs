using System.Text.Json;
using Gateway.Core.Configuration;
using Gateway.Core.Money;
using Gateway.Core.Pricing;
using Gateway.Core.Tests;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Anthropic;
using Gateway.Router.Protocols.Bedrock;
using Gateway.Router.Protocols.Gemini;
using Gateway.Router.Protocols.Ollama;
using Gateway.Router.Protocols.OpenAI;
using Gateway.Router.Protocols.Responses;
using Gateway.Router.Tests.Hosting;
using Gateway.Router.Tests.Translating;

namespace Gateway.Router.Tests.Pricing;

/// <summary>Every recording with usage costs, to the nano-USD, what the table says that was worked out apart from the gateway.</summary>
public sealed class RecordedCostTests
{
    // Two answers in one stream: it is cut at the second, and charged as cut.
    private const string Spliced = "anthropic-stream-spliced-message-start";

    public static TheoryData<string> Rows => [.. RecordedCost.Table.Keys];

    [Theory]
    [MemberData(nameof(Rows))]
    public void A_recording_costs_what_the_table_says(string id)
    {
        var row = RecordedCost.Table[id];

        foreach (var (way, usage, tier) in Readings(id))
        {
            Assert.True(row.Usage == usage, $"{way}: {usage} instead of {row.Usage}");
            Assert.Equal(row.NanoUsd, row.Price.Cost(usage));
            Assert.Equal(row.Tier, tier is ServiceTier.Standard ? ServiceTier.Unsaid : tier);
        }
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void The_shipped_catalogue_has_the_price_of_the_table(string id)
    {
        var row = RecordedCost.Table[id];
        if (row.Vendor == "-")
        {
            return;
        }

        var model = PriceCatalogue.Builtin.Find(row.Vendor, row.Model);

        Assert.NotNull(model);
        Assert.Equal(row.NanoUsd, model.Plan.For(row.Usage.Input, row.Tier).Cost(row.Usage));
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void Classes_of_tokens_are_disjoint(string id)
    {
        foreach (var (_, usage, _) in Readings(id))
        {
            Assert.True(usage.CachedInput + usage.CacheWrite + usage.AudioInput <= usage.Input, $"{usage}");
            Assert.True(usage.CacheWrite1h <= usage.CacheWrite, $"{usage}");
            Assert.True(usage.Reasoning + usage.AudioOutput <= usage.Output, $"{usage}");

            // One nano-USD for a token of whatever class: each is paid once.
            const long Nano = 1_000_000;
            var flat = new TokenPrice(Nano, Nano, Nano, Nano) { CacheWrite1h = Nano, Reasoning = Nano, AudioInput = Nano, AudioOutput = Nano };
            Assert.Equal(usage.Input + usage.Output, flat.Cost(usage));
        }
    }

    [Fact]
    public void Every_recording_with_usage_is_in_the_table()
    {
        string[] protocols = ["anthropic", "bedrock-converse", "gemini", "ollama", "openai-chat", "openai-responses", "openai-embeddings", "ollama-embeddings"];
        using var index = JsonDocument.Parse(File.ReadAllBytes(RepositoryFiles.PathOf("tests", "recordings", "index.json")));
        foreach (var entry in index.RootElement.EnumerateArray().Where(entry => protocols.Contains(entry.GetProperty("protocol").GetString())))
        {
            var id = entry.GetProperty("id").GetString()!;
            if (Recordings.Load(id).Status == 200 && !id.Contains("error-in-200", StringComparison.Ordinal) && id != Spliced && Readings(id).Any())
            {
                Assert.Contains(id, RecordedCost.Table.Keys);
            }
        }
    }

    /// <summary>As a translation reads it and, where there is another reader for what passes through, as that does.</summary>
    private static List<(string Way, TokenUsage? Usage, ServiceTier Tier)> ReadingsOrNone(string id)
    {
        var recording = Recordings.Load(id);
        var meter = new MeteringSink(next: null);
        var readings = new List<(string, TokenUsage?, ServiceTier)>();
        var protocol = id.Split('-')[0] switch { "anthropic" => ProviderProtocol.Anthropic, "bedrock" => ProviderProtocol.Bedrock, "gemini" => ProviderProtocol.Gemini, "ollama" => ProviderProtocol.Ollama, _ => ProviderProtocol.OpenAI };
        if (id.Contains("embeddings", StringComparison.Ordinal))
        {
            return [("embeddings", ProtocolAdapters.Upstream(protocol).ReadEmbeddings(recording.Response).Usage, ServiceTier.Unsaid)];
        }

        IAnswerDecoder decoder = protocol switch
        {
            ProviderProtocol.Anthropic => new AnthropicDecoder(null),
            ProviderProtocol.Bedrock => new BedrockDecoder(null),
            ProviderProtocol.Gemini => new GeminiDecoder(null, new ThoughtSignatures()),
            ProviderProtocol.Ollama => new OllamaDecoder(null),
            _ when id.StartsWith("openai-responses", StringComparison.Ordinal) => new ResponsesDecoder(null),
            _ => new OpenAIDecoder(null),
        };
        Read(protocol, recording, decoder, meter);
        readings.Add(("decoded", meter.Usage, meter.Tier));
        if (id.StartsWith("openai-chat", StringComparison.Ordinal))
        {
            readings.Add(PassedThrough(recording));
        }

        return readings;
    }

    private static IEnumerable<(string Way, TokenUsage Usage, ServiceTier Tier)> Readings(string id) =>
        ReadingsOrNone(id).Where(static reading => reading.Usage is not null).Select(static reading => (reading.Way, reading.Usage!.Value, reading.Tier));

    private static void Read(ProviderProtocol protocol, Recording recording, IAnswerDecoder decoder, MeteringSink meter)
    {
        if (recording.Streaming && !recording.Response.AsSpan().TrimStart(" \r\n"u8).StartsWith("["u8))
        {
            Decoding.Stream(ProtocolAdapters.Upstream(protocol), decoder, recording.Response, meter);
        }
        else
        {
            decoder.DecodeAnswer(recording.Response, meter);
        }
    }

    private static (string, TokenUsage?, ServiceTier) PassedThrough(Recording recording)
    {
        if (!recording.Streaming)
        {
            var answer = new OpenAIAnswerReader();
            answer.Append(recording.Response);
            return ("passed through", answer.Usage, answer.Tier);
        }

        var events = new OpenAIEventReader(hidesUsage: false, candidates: 1);
        foreach (var frame in System.Text.Encoding.UTF8.GetString(recording.Response).ReplaceLineEndings("\n").Split("\n\n", StringSplitOptions.RemoveEmptyEntries))
        {
            events.Observe(System.Text.Encoding.UTF8.GetBytes(frame + "\n\n"));
        }

        return ("passed through", events.Usage, events.Tier);
    }
}
