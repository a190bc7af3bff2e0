using System.Text;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Neutral;
using Gateway.Router.Protocols.OpenAI;
using Gateway.Router.Tests.Translating;
using static Gateway.Router.Tests.Protocols.OpenAI.OpenAIChat;

namespace Gateway.Router.Tests.Protocols.OpenAI;

/// <summary>What servers that resemble OpenAI do differently (protocols.md 5.2, "As upstream").</summary>
public sealed class OpenAIDecoderTests
{
    private static readonly string Stop = Delta("{}", "\"stop\"");

    public static TheoryData<string, string[], string[]> ToolStreams => new()
    {
        {
            "whole calls in one chunk without numbers",
            [Delta("""{"tool_calls":[{"id":"a","function":{"name":"f","arguments":"{}"}},{"id":"b","function":{"name":"g","arguments":"{\"x\":1}"}}]}""")],
            ["tool[0] a f", "arguments[0] {}", "tool-end[0]", "tool[1] b g", "arguments[1] {\"x\":1}", "tool-end[1]"]
        },
        {
            "whole calls, all with the number 0",
            [Delta("""{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}]}"""), Delta("""{"tool_calls":[{"index":0,"id":"b","function":{"name":"f","arguments":"{}"}}]}""")],
            ["tool[0] a f", "arguments[0] {}", "tool-end[0]", "tool[1] b f", "arguments[1] {}", "tool-end[1]"]
        },
        {
            "id and name in every delta",
            [Delta("""{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x"}}]}"""), Delta("""{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"\":1}"}}]}""")],
            ["tool[0] a f", "arguments[0] {\"x\":1}", "tool-end[0]"]
        },
        {
            "empty id and name in continuations",
            [Delta("""{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x"}}]}"""), Delta("""{"tool_calls":[{"index":0,"id":"","function":{"name":"","arguments":"\":1}"}}]}""")],
            ["tool[0] a f", "arguments[0] {\"x\":1}", "tool-end[0]"]
        },
        {
            "no numbers, the same id goes on",
            [Delta("""{"tool_calls":[{"id":"a","function":{"name":"f","arguments":"{"}}]}"""), Delta("""{"tool_calls":[{"id":"a","function":{"arguments":"}"}}]}""")],
            ["tool[0] a f", "arguments[0] {}", "tool-end[0]"]
        },
        {
            "neither numbers nor ids in continuations",
            [Delta("""{"tool_calls":[{"id":"a","function":{"name":"f","arguments":"{"}}]}"""), Delta("""{"tool_calls":[{"function":{"arguments":"}"}}]}""")],
            ["tool[0] a f", "arguments[0] {}", "tool-end[0]"]
        },
        {
            "calls that take turns",
            [
                Delta("""{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\":"}},{"index":1,"id":"b","function":{"name":"g","arguments":"{\"y\":"}}]}"""),
                Delta("""{"tool_calls":[{"index":0,"function":{"arguments":"\"}\"}"}},{"index":1,"function":{"arguments":"2}"}}]}"""),
            ],
            ["tool[0] a f", "arguments[0] {\"x\":", "tool[1] b g", "arguments[1] {\"y\":", "arguments[0] \"}\"}", "arguments[1] 2}", "tool-end[0]", "tool-end[1]"]
        },
        {
            "arguments before the name",
            [Delta("""{"tool_calls":[{"index":0,"id":"a","function":{"arguments":"{\"x\":"}}]}"""), Delta("""{"tool_calls":[{"index":0,"function":{"name":"f","arguments":"1}"}}]}""")],
            ["tool[0] a f", "arguments[0] {\"x\":1}", "tool-end[0]"]
        },
        {
            "members in any order, escapes in all of them",
            [Delta("""{"tool_calls":[{"function":{"arguments":"{\"x\":\"\u00e4\\n\"}","name":"\u0066"},"type":"function","id":"\u0061","index":0}]}""")],
            ["tool[0] a f", "arguments[0] {\"x\":\"ä\\n\"}", "tool-end[0]"]
        },
    };

    [Theory]
    [MemberData(nameof(ToolStreams))]
    public void ToolStream_OfAnyServer_GivesDenseCalls(string what, string[] chunks, string[] expected)
    {
        var (log, end) = Decode([.. chunks, Delta("{}", "\"tool_calls\""), "[DONE]"]);
        Assert.Equal(DecodedEnd.Normal, end);
        Assert.True(expected.SequenceEqual(log.Lines.Skip(1).SkipLast(1)), $"{what}: {string.Join(" | ", log.Lines)}");
    }

    [Fact]
    public void Function_OfOldModels_IsACall()
    {
        var (log, _) = Decode(Delta("""{"role":"assistant","content":null,"function_call":{"name":"f","arguments":""}}"""), Delta("""{"function_call":{"arguments":"{\"x\":1}"}}"""), Delta("{}", "\"function_call\""), "[DONE]");
        Assert.StartsWith("tool[0] call_", log.Lines[1], StringComparison.Ordinal);
        Assert.EndsWith(" f", log.Lines[1], StringComparison.Ordinal);
        Assert.Equal(["arguments[0] {\"x\":1}", "tool-end[0]", "finish Tool"], log.Lines.Skip(2));
    }

    [Fact]
    public void TwoFinishChunks_TheFirstCounts()
    {
        var (log, _) = Decode(Delta("{\"content\":\"x\"}"), Delta("{}", "\"length\""), Stop, "[DONE]");
        Assert.Equal(FinishReason.Length, log.Reason);
        Assert.Single(log.Lines, static line => line.StartsWith("finish", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("stop", "Stop")]
    [InlineData("eos", "Stop")]
    [InlineData("end_turn", "Stop")]
    [InlineData("length", "Length")]
    [InlineData("model_length", "Length")]
    [InlineData("max_tokens", "Length")]
    [InlineData("tool_calls", "Tool")]
    [InlineData("content_filter", "Filtered")]
    public void FinishReason_InAnyWord_IsRead(string word, string expected) => Assert.Equal(expected, Decode(Delta("{}", $"\"{word}\"")).Log.Reason.ToString());

    [Fact]
    public void FinishReason_NobodyKnows_IsStopAndNamed()
    {
        var notes = new TranslationNotes();
        var log = new EventLog();
        var decoder = new OpenAIDecoder(Translate(new NeutralRequest { Model = "m" }, notes: notes));
        decoder.Decode(Encoding.UTF8.GetBytes($"data: {Delta("{}", "\"tired\"")}\n\n"), log);
        Assert.Equal(FinishReason.Stop, log.Reason);
        Assert.Equal(["finish_reason=tired"], notes.Dropped);
    }

    [Fact]
    public void EmptyFinishReason_IsNone()
    {
        var (log, end) = Decode(Delta("{\"content\":\"x\"}", "\"\""));
        Assert.Equal(DecodedEnd.Broken, end);
        Assert.Null(log.Reason);
    }

    [Fact]
    public void Done_WithoutAReason_EndsByContent()
    {
        Assert.Equal(FinishReason.Stop, Decode(Delta("{\"content\":\"x\"}"), "[DONE]").Log.Reason);
        Assert.Equal(FinishReason.Tool, Decode(Delta("""{"tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{}"}}]}"""), "[DONE]").Log.Reason);
    }

    [Fact]
    public void AzuresFirstChunk_WithoutChoices_StartsNothing()
    {
        var (log, _) = Decode("""{"choices":[],"created":0,"id":"","model":"","object":"","prompt_filter_results":[{"prompt_index":0}]}""", Delta("""{"content":"x"}"""), Stop, "[DONE]");
        Assert.Equal(["start chatcmpl-1 m", "text x", "finish Stop"], log.Lines);
    }

    [Fact]
    public void Reasoning_InSeveralMembersAtOnce_ComesOnce()
    {
        var (log, _) = Decode(
            Delta("""{"content":"","reasoning":"a","reasoning_content":"a"}"""),
            Delta("""{"reasoning":"b","reasoning_details":[{"type":"reasoning.text","text":"b","format":"x","index":0}]}"""),
            Delta("""{"reasoning_details":[{"type":"reasoning.text","signature":"sig","text":"","index":0}]}"""),
            Delta("""{"reasoning_details":[{"type":"reasoning.encrypted","data":"ZGF0YQ=="},{"type":"reasoning.summary","summary":"c"}]}"""),
            Stop, "[DONE]");
        Assert.Equal(["start chatcmpl-1 m", "reasoning ab", "signature sig", "redacted ZGF0YQ==", "reasoning c", "finish Stop"], log.Lines);
    }

    [Fact]
    public void MistralThinking_InsideContentParts_IsReasoning()
    {
        var (log, _) = Decode(Delta("""{"content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]},{"type":"text","text":"yes"}]}"""), Delta("""{"content":" sir"}"""), Stop, "[DONE]");
        Assert.Equal("hm", log.ReasoningText);
        Assert.Equal("yes sir", log.Text);
    }

    [Fact]
    public void Refusal_WithStop_IsARefusal()
    {
        var (log, _) = Decode(Delta("""{"refusal":"I"}"""), Delta("""{"refusal":" won't"}"""), Stop, "[DONE]");
        Assert.Equal(["start chatcmpl-1 m", "refusal I won't", "finish Refusal"], log.Lines);
    }

    [Fact]
    public void SeveralChoices_TheFirstIsRead()
    {
        var (log, _) = Decode(
            """{"id":"c","model":"m","choices":[{"index":0,"delta":{"content":"a"}},{"index":1,"delta":{"content":"B"}}]}""",
            """{"id":"c","model":"m","choices":[{"delta":{"content":"C"},"index":1}]}""",
            """{"id":"c","model":"m","choices":[{"index":1,"delta":{},"finish_reason":"length"}]}""",
            """{"id":"c","model":"m","choices":[{"delta":{"content":"b"},"index":0,"finish_reason":"stop"}]}""");
        Assert.Equal("ab", log.Text);
        Assert.Equal(FinishReason.Stop, log.Reason);
    }

    [Fact]
    public void ChoiceWithoutNumber_IsTheFirst() => Assert.Equal("x", Decode("""{"choices":[{"delta":{"content":"x"},"finish_reason":"stop"}]}""").Log.Text);

    [Theory]
    [InlineData("""{"content":"a\ud83db"}""", "a\uFFFDb")]
    [InlineData("""{"content":"a\ude00"}""", "a\uFFFD")]
    [InlineData("""{"content":"\ud83d\ude00"}""", "😀")]
    [InlineData("""{"content":"\ud83d\ud83d\ude00"}""", "\uFFFD😀")]
    [InlineData("""{"content":"\ud83d\n"}""", "\uFFFD\n")]
    [InlineData("""{"content":"\"\\\/\b\f\n\r\t\u0000\u20ac"}""", "\"\\/\b\f\n\r\t\0€")]
    public void Escapes_WhateverTheySay_BecomeText(string delta, string expected) => Assert.Equal(expected, Decode(Delta(delta), Stop).Log.Text);

    [Fact]
    public void BrokenUtf8_BecomesReplacementCharacters()
    {
        // The bytes themselves: a log would repair what it decodes.
        var answer = new NeutralAnswer();
        byte[] stream = [.. Encoding.UTF8.GetBytes("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"a"), 0xFF, 0xC3, .. Encoding.UTF8.GetBytes("b\"},\"finish_reason\":\"stop\"}]}\n\n")];
        Assert.Equal(DecodedEnd.Normal, Decoding.Stream(Upstream, new OpenAIDecoder(null), stream, answer));
        Assert.Equal("a\uFFFD\uFFFDb"u8.ToArray(), Assert.IsType<TextBlock>(Assert.Single(answer.Blocks)).Utf8.ToArray());
    }

    [Fact]
    public void UsageCutInTheMiddle_BehindTheReason_IsNoWholeAnswer() =>
        Assert.Equal(DecodedEnd.Broken, DecodeStream($"data: {Delta("{\"content\":\"x\"}")}\n\ndata: {Stop}\n\ndata: {{\"choices\":[],\"usage\":{{\"prompt_to").End);

    [Theory]
    [InlineData("nonsense")]
    [InlineData("[1]")]
    [InlineData("{\"choices\":[}")]
    [InlineData("{} {}")]
    [InlineData("<html>")]
    public void Data_ThatIsNoEvent_IsAnError(string data) => Assert.Equal(DecodedEnd.Error, Decode(Delta("{\"content\":\"x\"}"), data, Stop, "[DONE]").End);

    [Theory]
    [InlineData("""{"choices":null}""")]
    [InlineData("""{"choices":[null,3]}""")]
    [InlineData("""{"choices":[{"delta":null}]}""")]
    [InlineData("""{"choices":[{"index":0,"delta":{"content":7,"tool_calls":[null,1,{"function":null},{"index":"x","id":4}],"reasoning":{},"refusal":[],"function_call":null,"reasoning_details":[1]}}]}""")]
    [InlineData("""{"usage":{},"x_groq":null}""")]
    [InlineData("""{"usage":{"prompt_tokens":"many"}}""")]
    public void Chunk_WithOddMembers_IsPassedOver(string chunk)
    {
        var (log, end) = Decode(chunk, Delta("{\"content\":\"x\"}"), Stop, "[DONE]");
        Assert.Equal(DecodedEnd.Normal, end);
        Assert.Equal("x", log.Text);
        Assert.Equal(FinishReason.Stop, log.Reason);
    }

    [Fact]
    public void DataOverSeveralLines_IsOneEvent()
    {
        var (log, _) = DecodeStream("data: {\"choices\":[{\"index\":0,\ndata: \"delta\":{\"content\":\"x\"},\ndata: \"finish_reason\":\"stop\"}]}\n\n");
        Assert.Equal("x", log.Text);
    }

    [Fact]
    public void Tools_UnderOtherNames_ComeBackAsTheClientNamedThem()
    {
        var request = ReadWith("""
            "tools":[{"type":"function","function":{"name":"my tool.v1"}}]
            """);
        var translation = Translate(request);
        var sent = System.Text.Json.JsonDocument.Parse(WriteText(translation)).RootElement.GetProperty("tools")[0].GetProperty("function").GetProperty("name").GetString()!;
        Assert.Matches("^[a-zA-Z0-9_-]{1,64}$", sent);

        var log = new EventLog();
        var chunk = Delta("""{"tool_calls":[{"index":0,"id":"a","function":{"name":"NAME","arguments":"{}"}}]}""".Replace("NAME", sent, StringComparison.Ordinal));
        new OpenAIDecoder(translation).Decode(Encoding.UTF8.GetBytes($"data: {chunk}\n\n"), log);
        Assert.Equal("tool[0] a my tool.v1", log.Lines[1]);
    }

    [Fact]
    public void PlainAnswer_WithPartsThatNobodyElseCanSay_NamesThem()
    {
        var notes = new TranslationNotes();
        var decoder = new OpenAIDecoder(Translate(new NeutralRequest { Model = "m" }, notes: notes));
        decoder.DecodeAnswer("""{"choices":[{"message":{"content":"x","annotations":[{"type":"url_citation"}],"audio":null,"images":[]},"finish_reason":"stop"}]}"""u8, new NeutralAnswer());
        Assert.Equal(["annotations"], notes.Dropped);
    }

    [Fact]
    public void PlainAnswer_WithoutReason_EndsByContent()
    {
        Assert.Equal(FinishReason.Stop, DecodeAnswer("""{"choices":[{"message":{"content":"x"}}]}""").Reason);
        Assert.Equal(FinishReason.Tool, DecodeAnswer("""{"choices":[{"message":{"tool_calls":[{"id":"a","function":{"name":"f","arguments":"{}"}}]},"finish_reason":null}]}""").Reason);
    }

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"choices\":[]}")]
    [InlineData("{\"choices\":[{\"message\":{\"content\":\"x\"")]
    public void PlainAnswer_ThatIsNone_IsInvalid(string document) =>
        Assert.Throws<InvalidDataException>(() => new OpenAIDecoder(null).DecodeAnswer(Encoding.UTF8.GetBytes(document), new NeutralAnswer()));

    [Fact]
    public void Decoder_AnyGarbage_DoesNotThrow()
    {
        var random = new Random(4711);
        var seed = Encoding.UTF8.GetBytes("data: " + Delta("""{"content":"a\ud83d\ude00é","tool_calls":[{"index":0,"id":"a","function":{"name":"f","arguments":"{\"x\":1}"}}],"reasoning_details":[{"text":"t"}]}""", "\"stop\"", ""","usage":{"prompt_tokens":1}""") + "\n\n");
        for (var round = 0; round < 5_000; round++)
        {
            var frame = (byte[])seed.Clone();
            for (var change = random.Next(1, 6); change > 0; change--)
            {
                frame[random.Next(6, frame.Length - 2)] = (byte)random.Next(256);
            }

            var decoder = new OpenAIDecoder(null);
            if (decoder.Decode(frame, new EventLog()) == EventKind.Error)
            {
                Assert.InRange(decoder.ReadError(frame).Status, 400, 599);
            }
        }
    }
}
