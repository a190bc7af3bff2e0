using System.Text;
using Gateway.Router.Protocols.Gemini;
using Gateway.Router.Protocols.Neutral;
using Gateway.Router.Tests.Hosting;
using Gateway.Router.Tests.Translating;

namespace Gateway.Router.Tests.Protocols.Gemini;

public sealed class ThoughtSignatureTests
{
    [Theory]
    [InlineData("gemini-2.5-flash")]
    [InlineData("gemini-3-flash")]
    public void Pitfall26_SignatureThatTheClientBringsBack_StandsOnItsCall(string model) =>
        Assert.Contains(""""args":{}},"thoughtSignature":"S"}"""", Ge.Write(History(Ge.Call("a", "f", "{}", "S")), model), StringComparison.Ordinal);

    [Fact]
    public void Pitfall26_SignatureThatTheClientDropped_IsFoundByItsCall()
    {
        // 1. An answer with a call goes to a client that knows no signatures.
        var signatures = new ThoughtSignatures();
        var answer = new NeutralAnswer();
        new GeminiDecoder(Ge.Translation(Ge.Chat(), "gemini-3-pro"), signatures).DecodeAnswer(Recordings.Load("gemini-vertex-tool-call-thinking").Response, answer);
        var call = answer.Blocks.OfType<ToolCallBlock>().Single();

        // 2. It comes back without, written anew.
        var request = History(Ge.Call(call.Id, call.Name, """{ "longitude": "13.4050", "latitude": "52.5200" }"""));
        var body = Ge.Write(Ge.Translation(request, "gemini-3-pro"), signatures: signatures);

        Assert.Contains("\"thoughtSignature\":\"" + call.Signature + "\"", body, StringComparison.Ordinal);
        Assert.StartsWith("AY89a1+ZeR8ABuIrVDkRQ8cn8OxRLtEL8mNyoObmAd5K1vxIQzUBUNdHBE4wrFjba0PqJSXPN8bs", call.Signature, StringComparison.Ordinal);

        // 3. Another call with that id has nothing to do with it.
        var other = Ge.Write(Ge.Translation(History(Ge.Call(call.Id, call.Name, """{"longitude":"0"}""")), "gemini-3-pro"), signatures: signatures);
        Assert.Contains("\"thoughtSignature\":\"skip_thought_signature_validator\"", other, StringComparison.Ordinal);
    }

    [Fact]
    public void Pitfall26_LostSignature_IsReplacedOnTheFirstCallOnly()
    {
        var request = History(Ge.Call("a", "f"), Ge.Call("b", "g"));
        var body = Ge.Write(request, "gemini-3-flash-preview");

        Assert.Contains(""""name":"f","args":{}},"thoughtSignature":"skip_thought_signature_validator"}"""", body, StringComparison.Ordinal);
        Assert.Equal(2, body.Split("thoughtSignature").Length);

        // Older models do not ask for it.
        Assert.DoesNotContain("thoughtSignature", Ge.Write(request, "gemini-2.5-flash"), StringComparison.Ordinal);
    }

    [Fact]
    public void Pitfall26_SignatureInAThoughtBeforeTheCall_StandsOnTheCall()
    {
        // As clients of Anthropic's protocol carry it.
        var signatures = new ThoughtSignatures();
        signatures.Remember("ours"u8);
        var request = Ge.Chat(static request => request.Turns.AddRange(
            [Ge.Model(new ReasoningPart("", Ge.At(1)) { Signature = "ours" }, Ge.Call("a", "f")), Ge.Results(Ge.Result("a", "x"))]));

        Assert.Contains(""""args":{}},"thoughtSignature":"ours"}"""", Ge.Write(Ge.Translation(request, "gemini-3-flash"), signatures: signatures), StringComparison.Ordinal);
    }

    [Fact]
    public void Signature_OnAnEmptyText_IsKept()
    {
        var log = new EventLog();
        var decoder = new GeminiDecoder(Ge.Translation(Ge.Chat()), new ThoughtSignatures());
        decoder.Decode("""data: {"candidates":[{"content":{"parts":[{"text":"","thoughtSignature":"S"}]},"finishReason":"STOP"}]}"""u8, log);

        Assert.Equal(["start", "signature S", "finish Stop"], log.Lines);
    }

    [Fact]
    public void Memory_OverItsBound_ForgetsTheOldest()
    {
        var signatures = new ThoughtSignatures(maxBytes: 3 * 1200);
        for (var i = 0; i < 10; i++)
        {
            signatures.Remember(Encoding.UTF8.GetBytes("id" + i), "f"u8, "{}"u8, new byte[1000]);
        }

        Assert.Null(signatures.Find("id0", "f", "{}"u8));
        Assert.Null(signatures.Find("id6", "f", "{}"u8));
        Assert.NotNull(signatures.Find("id7", "f", "{}"u8));
        Assert.NotNull(signatures.Find("id9", "f", "{}"u8));
    }

    private static NeutralRequest History(params ToolCallPart[] calls) => Ge.Chat(request => request.Turns.AddRange(
        [Ge.Model(calls), Ge.Results(calls.Select(static call => Ge.Result(call.Id, "x")))]));
}
