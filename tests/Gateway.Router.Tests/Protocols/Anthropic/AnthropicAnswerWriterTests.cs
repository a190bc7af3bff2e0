using System.Buffers;
using System.Text;
using Gateway.Core.Errors;
using Gateway.Core.Money;
using Gateway.Core.Requests;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Anthropic;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Tests.Protocols.Anthropic;

public sealed class AnthropicAnswerWriterTests
{
    [Fact]
    public void Answer_OfEveryKind_IsOneMessage() =>
        Assert.Equal(
            """{"id":"msg_x","type":"message","role":"assistant","model":"asked","content":[{"type":"thinking","thinking":"hm","signature":"s"},{"type":"redacted_thinking","data":"d"},{"type":"text","text":"ä"},{"type":"tool_use","id":"a","name":"f","input":{"x":1.0}}],"stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":2,"cache_creation_input_tokens":0,"cache_read_input_tokens":3,"output_tokens":4}}""",
            Write(static sink =>
            {
                sink.Start("msg_x"u8, "m"u8);
                sink.Reasoning("hm"u8);
                sink.ReasoningSignature("s"u8);
                sink.RedactedReasoning("d"u8);
                sink.Text("ä"u8);
                sink.ToolStart(0, "a"u8, "f"u8);
                sink.ToolArguments(0, """{"x":1.0}"""u8);
                sink.ToolEnd(0);
                sink.Usage(new TokenUsage(5, 3, 0, 4, 0));
                sink.Finish(FinishReason.Stop, default);
            }));

    [Theory]
    [InlineData("", "{}")]
    [InlineData(" ", "{}")]
    [InlineData("""{"a":""", """{"INVALID_JSON":"{\"a\":"}""")]
    [InlineData("[1]", """{"INVALID_JSON":"[1]"}""")]
    public void Arguments_ThatAreNoObject_AreStillOne(string arguments, string input)
    {
        var answer = Write(sink =>
        {
            sink.ToolStart(0, "a"u8, "f"u8);
            sink.ToolArguments(0, Encoding.UTF8.GetBytes(arguments));
        });
        Assert.Contains($"\"input\":{input}}}]", answer, StringComparison.Ordinal);
        Assert.Contains("\"stop_reason\":\"tool_use\"", answer, StringComparison.Ordinal);
    }

    [Fact]
    public void Answer_WithoutReasonOrUsage_IsAnEndOfTurnAndEstimated()
    {
        var answer = Write(static sink => sink.Text("12345"u8));
        Assert.EndsWith("""}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":7,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":2}}""", answer, StringComparison.Ordinal);
        Assert.StartsWith("""{"id":"msg_00000000000000000000000000000000",""", answer, StringComparison.Ordinal);
    }

    [Fact]
    public void Refusal_IsTextAndEndsAsRefusal()
    {
        var answer = Write(static sink =>
        {
            sink.Refusal("No."u8);
            sink.Finish(FinishReason.Stop, default);
        });
        Assert.Contains("""[{"type":"text","text":"No."}],"stop_reason":"refusal","stop_sequence":null""", answer, StringComparison.Ordinal);
    }

    [Fact]
    public void SignatureOfACall_TravelsInThinkingBeforeIt() =>
        Assert.Contains($$"""[{"type":"thinking","thinking":"","signature":"{{CallSignatures.Pack("a", "sig")}}"},{"type":"tool_use","id":"a",""", Write(static sink =>
        {
            sink.ToolStart(0, "a"u8, "f"u8);
            sink.ToolSignature(0, "sig"u8);
        }), StringComparison.Ordinal);

    [Fact]
    public void StopSequence_ThatWasMet_IsNamed() =>
        Assert.Contains("\"stop_reason\":\"stop_sequence\",\"stop_sequence\":\"END\"", Write(static sink => sink.Finish(FinishReason.StopSequence, "END"u8)), StringComparison.Ordinal);

    [Fact]
    public void TokenCount_IsOneNumber()
    {
        var output = new ArrayBufferWriter<byte>();
        Samples.Client.WriteTokenCount(42, output);
        Assert.Equal("{\"input_tokens\":42}"u8.ToArray(), output.WrittenSpan.ToArray());
        Assert.Equal(42, Samples.Upstream.ReadTokenCount(output.WrittenSpan));
    }

    [Fact]
    public void Embeddings_OfAClient_AreNotFound()
    {
        var call = new ClientCall(LlmOperation.Messages, "m", Stream: false);
        Assert.Equal(404, Assert.Throws<GatewayException>(() => Samples.Client.ReadEmbeddings(default, call, new TranslationNotes())).Error.Facts.Status);
    }

    private static string Write(Action<IAnswerSink> feed)
    {
        var answer = new NeutralAnswer();
        feed(answer);
        var output = new ArrayBufferWriter<byte>();
        Samples.Client.WriteAnswer(answer, Samples.Context(), output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
