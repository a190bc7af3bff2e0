using Gateway.Core.Configuration;
using Gateway.Core.Requests;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Neutral;
using Gateway.Router.Protocols.OpenAI;
using Gateway.Router.Protocols.Responses;
using Gateway.Router.Tests.Translating;

namespace Gateway.Router.Tests.Fuzzing;

/// <summary>What fuzzing found, each in its shortest form.</summary>
public sealed class FoundTests
{
    [Theory]
    [InlineData("""{"error":{"message":"m","type":"\ud800"}}""")]
    [InlineData("""{"error":{"message":"m","code":"\udc00"}}""")]
    public void OpenAIError_WordWithALoneSurrogate_IsStillAnError(string body)
    {
        var decoder = new OpenAIDecoder(null);

        Assert.Equal(EventKind.Error, decoder.Decode(System.Text.Encoding.UTF8.GetBytes($"data: {body}\n\n"), new EventLog()));
        Assert.Equal(502, decoder.ReadError(System.Text.Encoding.UTF8.GetBytes(body)).Status);
    }

    [Fact]
    public void ResponsesArguments_BehindTheEndOfTheirCall_AreLeftOut()
    {
        var log = new EventLog();
        var decoder = new ResponsesDecoder(null);
        Decode("""{"type":"response.output_item.added","output_index":0,"item":{"type":"function_call","id":"fc_1","call_id":"call_1","name":"f","arguments":""}}""");
        Decode("""{"type":"response.function_call_arguments.delta","output_index":0,"delta":"{}"}""");
        Decode("""{"type":"response.output_item.done","output_index":0,"item":{"type":"function_call","id":"fc_1","call_id":"call_1","name":"f","arguments":"{}"}}""");
        Decode("""{"type":"response.function_call_arguments.delta","output_index":0,"delta":"{}"}""");

        Assert.Equal(["tool[0] call_1 f", "arguments[0] {}", "tool-end[0]"], log.Lines.Where(static line => !line.StartsWith("start", StringComparison.Ordinal)));

        void Decode(string data) => Assert.Equal(EventKind.Forward, decoder.Decode(System.Text.Encoding.UTF8.GetBytes($"data: {data}\n\n"), log));
    }

    [Fact]
    public void GeminiHead_BrokenBytesAndEscapes_BecomeUnicode()
    {
        var log = new EventLog();
        var upstream = ProtocolAdapters.Upstream(ProviderProtocol.Gemini);
        var decoder = upstream.Decode(new Translation(new NeutralRequest { Model = "m" }, ProtocolAdapters.Client(LlmProtocol.OpenAI), "m", UpstreamTraits.Default, new TranslationNotes()));

        decoder.Decode([.. "data: {\"candidates\":[],\"responseId\":\"a\\u0062\",\"modelVersion\":\"gem"u8, 0xFF, .. "\"}\n\n"u8], new Utf8Only(log));

        Assert.Equal("start ab gem\uFFFD", log.Lines[0]);
    }

    /// <summary>Holds the head to UTF-8 before the log decodes it.</summary>
    private sealed class Utf8Only(IAnswerSink next) : IAnswerSink
    {
        public void Start(ReadOnlySpan<byte> id, ReadOnlySpan<byte> model)
        {
            Assert.True(System.Text.Unicode.Utf8.IsValid(id) && System.Text.Unicode.Utf8.IsValid(model));
            next.Start(id, model);
        }

        public void Text(ReadOnlySpan<byte> text) => next.Text(text);

        public void Reasoning(ReadOnlySpan<byte> text) => next.Reasoning(text);

        public void ReasoningSignature(ReadOnlySpan<byte> signature) => next.ReasoningSignature(signature);

        public void RedactedReasoning(ReadOnlySpan<byte> data) => next.RedactedReasoning(data);

        public void Refusal(ReadOnlySpan<byte> text) => next.Refusal(text);

        public void ToolStart(int index, ReadOnlySpan<byte> id, ReadOnlySpan<byte> name) => next.ToolStart(index, id, name);

        public void ToolArguments(int index, ReadOnlySpan<byte> json) => next.ToolArguments(index, json);

        public void ToolSignature(int index, ReadOnlySpan<byte> signature) => next.ToolSignature(index, signature);

        public void ToolEnd(int index) => next.ToolEnd(index);

        public void Usage(in Gateway.Core.Money.TokenUsage usage) => next.Usage(in usage);

        public void Finish(FinishReason reason, ReadOnlySpan<byte> stopSequence) => next.Finish(reason, stopSequence);
    }
}
