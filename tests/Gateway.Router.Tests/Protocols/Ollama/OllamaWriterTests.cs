using System.Buffers;
using System.Text;
using System.Text.Json;
using Gateway.Core.Errors;
using Gateway.Core.Money;
using Gateway.Core.Requests;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Neutral;
using Gateway.Router.Protocols.Ollama;
using Gateway.Router.Tests.Hosting;
using Gateway.Router.Tests.Translating;

namespace Gateway.Router.Tests.Protocols.Ollama;

public sealed class OllamaWriterTests
{
    private const string Head = """{"model":"asked","created_at":"2026-11-21T10:20:30.1230000Z",""";
    private const string Durations = "\"total_duration\":1500000000,\"load_duration\":0,";

    [Fact]
    public void ChatStream_Events_AreLines()
    {
        var (writer, output) = Open(LlmOperation.OllamaChat);
        writer.Start("id"u8, "upstream"u8);
        writer.Reasoning("hm"u8);
        writer.ReasoningSignature("sig"u8);
        writer.Text("He\"y\n"u8);
        writer.Text(""u8);
        writer.Text("é😀"u8);
        writer.ToolStart(0, "call_1"u8, "f"u8);
        writer.ToolArguments(0, "{\"a\""u8);
        writer.ToolArguments(0, ": \"ü\"}"u8);
        Assert.Equal(3, Lines(output).Length);
        writer.ToolEnd(0);
        writer.ToolStart(1, "call_2"u8, "g"u8);
        writer.ToolEnd(1);
        writer.Finish(FinishReason.Tool, default);
        writer.Usage(new TokenUsage(11, 5, 0, 7, 2));
        Assert.Equal(5, Lines(output).Length);
        writer.End();
        Assert.Equal(
            [
                Head + "\"message\":{\"role\":\"assistant\",\"content\":\"\",\"thinking\":\"hm\"},\"done\":false}",
                Head + "\"message\":{\"role\":\"assistant\",\"content\":\"He\\\"y\\n\"},\"done\":false}",
                Head + "\"message\":{\"role\":\"assistant\",\"content\":\"é\\uD83D\\uDE00\"},\"done\":false}",
                Head + "\"message\":{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":[{\"id\":\"call_1\",\"function\":{\"index\":0,\"name\":\"f\",\"arguments\":{\"a\":\"ü\"}}}]},\"done\":false}",
                Head + "\"message\":{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":[{\"id\":\"call_2\",\"function\":{\"index\":1,\"name\":\"g\",\"arguments\":{}}}]},\"done\":false}",
                Head + "\"message\":{\"role\":\"assistant\",\"content\":\"\"},\"done\":true,\"done_reason\":\"stop\"," + Durations
                    + "\"prompt_eval_count\":11,\"prompt_eval_duration\":0,\"eval_count\":7,\"eval_duration\":0}",
            ],
            Lines(output));
    }

    [Fact]
    public void GenerateStream_Events_AreResponses()
    {
        var (writer, output) = Open(LlmOperation.OllamaGenerate);
        writer.Reasoning("hm"u8);
        writer.Text("Hi"u8);
        writer.Finish(FinishReason.Length, default);
        writer.End();
        Assert.Equal(
            [
                Head + "\"response\":\"\",\"thinking\":\"hm\",\"done\":false}",
                Head + "\"response\":\"Hi\",\"done\":false}",
                Head + "\"response\":\"\",\"done\":true,\"done_reason\":\"length\"," + Durations + "\"prompt_eval_duration\":0,\"eval_duration\":0}",
            ],
            Lines(output));
    }

    [Fact]
    public void Stream_Error_IsOneErrorAndNothingLikeAnEnd()
    {
        var (writer, output) = Open(LlmOperation.OllamaChat);
        writer.Text("Hi"u8);
        writer.Finish(FinishReason.Stop, default);
        var before = output.WrittenCount;
        var error = new ErrorReply(502, "server_error", "upstream_stream_broken", "It broke.");
        writer.Error(in error);
        var expected = new ArrayBufferWriter<byte>();
        ErrorWriters.WriteEvent(LlmProtocol.Ollama, expected, in error, "01234567-89ab-cdef-0123-456789abcdef");
        Assert.Equal(Encoding.UTF8.GetString(expected.WrittenSpan), Encoding.UTF8.GetString(output.WrittenSpan[before..]));
        Assert.Equal("{\"error\":\"It broke.\"}\n", Encoding.UTF8.GetString(output.WrittenSpan[before..]));
        Assert.DoesNotContain("\"done\":true", Encoding.UTF8.GetString(output.WrittenSpan), StringComparison.Ordinal);
    }

    [Fact]
    public void Stream_KeepAlive_WritesNothing()
    {
        var (writer, output) = Open(LlmOperation.OllamaChat);
        writer.KeepAlive();
        Assert.Equal(0, output.WrittenCount);
        Assert.Equal("application/x-ndjson", OllamaCases.Client.StreamType(OllamaCases.Context().Call));
    }

    [Fact]
    public void Call_WithArgumentsThatAreNoObject_ShowsThemToTheTool()
    {
        var notes = new TranslationNotes();
        var (writer, output) = Open(LlmOperation.OllamaChat, notes);
        writer.ToolStart(0, "c"u8, "f"u8);
        writer.ToolArguments(0, "{\"a\":"u8);
        writer.ToolEnd(0);
        Assert.Contains("""{"arguments":"{\"a\":"}""", Lines(output)[0], StringComparison.Ordinal);
        Assert.Equal("dropped=tool_calls.function.arguments", notes.ToHeader());
    }

    [Fact]
    public void Answer_Blocks_AreOneDocument()
    {
        var answer = new NeutralAnswer();
        answer.Reasoning("hm"u8);
        answer.Text("One"u8);
        answer.ToolStart(0, "call_1"u8, "f"u8);
        answer.ToolArguments(0, "{\"a\":1}"u8);
        answer.Refusal(" no"u8);
        answer.Finish(FinishReason.Filtered, default);
        ((IAnswerSink)answer).Usage(new TokenUsage(3, 0, 0, 4, 0));
        Assert.Equal(
            Head + "\"message\":{\"role\":\"assistant\",\"content\":\"One no\",\"thinking\":\"hm\",\"tool_calls\":[{\"id\":\"call_1\",\"function\":{\"index\":0,\"name\":\"f\",\"arguments\":{\"a\":1}}}]},\"done\":true,\"done_reason\":\"stop\"," + Durations
            + "\"prompt_eval_count\":3,\"prompt_eval_duration\":0,\"eval_count\":4,\"eval_duration\":0}",
            Answer(answer, LlmOperation.OllamaChat));
    }

    [Fact]
    public void Answer_ToGenerate_IsAResponse()
    {
        var answer = new NeutralAnswer();
        answer.Text("One"u8);
        Assert.StartsWith(Head + "\"response\":\"One\",\"done\":true,\"done_reason\":\"stop\",\"", Answer(answer, LlmOperation.OllamaGenerate), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ollama-stream-plain-1")]
    [InlineData("ollama-stream-thinking")]
    public void Stream_DecodedAndWritten_SaysTheSameAgain(string id)
    {
        var recording = Recordings.Load(id);
        var (writer, output) = Open(LlmOperation.OllamaChat);
        var first = new EventLog();
        Decoding.Stream(OllamaCases.Upstream, new OllamaDecoder(null), recording.Response, first);
        Assert.Equal(DecodedEnd.Normal, Decoding.Stream(OllamaCases.Upstream, new OllamaDecoder(null), recording.Response, writer));
        writer.End();
        var second = new EventLog();
        Assert.Equal(DecodedEnd.Normal, Decoding.Stream(OllamaCases.Upstream, new OllamaDecoder(null), output.WrittenSpan, second));
        Assert.Equal((first.Text, first.ReasoningText, first.LastUsage, first.Reason), (second.Text, second.ReasoningText, second.LastUsage, second.Reason));
        Assert.NotEqual("", first.Text);
    }

    private static string[] Lines(ArrayBufferWriter<byte> output) => Encoding.UTF8.GetString(output.WrittenSpan).Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private static (IAnswerWriter Writer, ArrayBufferWriter<byte> Output) Open(LlmOperation operation, TranslationNotes? notes = null)
    {
        var output = new ArrayBufferWriter<byte>();
        return (OllamaCases.Client.WriteStream(OllamaCases.Context(operation, notes), output), output);
    }

    private static string Answer(NeutralAnswer answer, LlmOperation operation)
    {
        var output = new ArrayBufferWriter<byte>();
        OllamaCases.Client.WriteAnswer(answer, OllamaCases.Context(operation), output);
        JsonSerializer.Deserialize<JsonElement>(output.WrittenSpan);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
