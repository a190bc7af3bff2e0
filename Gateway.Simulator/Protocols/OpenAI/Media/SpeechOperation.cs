using System.Text;
using Gateway.Simulator.Meter;
using Gateway.Simulator.Text;

namespace Gateway.Simulator.Protocols.OpenAI.Media;

/// <summary><c>POST /v1/audio/speech</c>: bytes made of the text, as they are or as events. Only the events have usage.</summary>
internal sealed class SpeechOperation(OpenAIProvider provider) : Operation(provider)
{
    public override FieldTable Fields => MediaFields.Speech;

    public override async Task<Ending> AnswerAsync(ProviderCall call)
    {
        var input = Json.Text(call.Body, "input"u8)!;
        var script = call.ReadScript(input);
        var response = await call.OpenAsync(script, call.SeedOf(call.Body, script));
        var tokens = Tokenizer.Count(input);
        call.Meter.Prompt(tokens);

        // The head of an MP3 frame, so that the sound is never text.
        byte[] sound = [0xFF, 0xFB, 0x90, 0x00, .. Encoding.UTF8.GetBytes(input)];
        if (Json.Text(call.Body, "stream_format"u8) != "sse")
        {
            return await AnswerSender.WholeAsync(call, response, sound, tokens: 0, "audio/mpeg");
        }

        call.Context.Response.ContentType = "text/event-stream; charset=utf-8";
        call.Meter.Generated(tokens);
        await response.SendAsync(Event($$"""{"type":"speech.audio.delta","audio":"{{Convert.ToBase64String(sound)}}"}"""));
        call.Meter.Written(tokens);
        await response.SendAsync(Event($$$"""{"type":"speech.audio.done","usage":{"input_tokens":{{{tokens}}},"output_tokens":{{{tokens}}},"total_tokens":{{{2 * tokens}}}}}"""));
        return Ending.Completed;
    }

    private static byte[] Event(string json) => Encoding.UTF8.GetBytes($"data: {json}\n\n");
}
