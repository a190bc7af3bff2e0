using System.Text;
using Gateway.Simulator.Faults;
using Gateway.Simulator.Meter;
using Gateway.Simulator.Text;

namespace Gateway.Simulator.Protocols.OpenAI.Media;

/// <summary><c>POST /v1/audio/transcriptions</c> and <c>/translations</c>: a text about the file. Whisper is charged by the second, the others by the token.</summary>
internal sealed class TranscriptionOperation(OpenAIProvider provider) : Operation(provider)
{
    private const int BytesPerSecond = 16_000;
    private const int TokensPerSecond = 10;

    public override FieldTable Fields => MediaFields.Transcription;

    public override bool TakesForm => true;

    public override async Task<Ending> AnswerAsync(ProviderCall call)
    {
        var script = call.ReadScript(Json.Text(call.Body, "prompt"u8) ?? "");
        var response = await call.OpenAsync(script, call.SeedOf(call.Body, script));
        var file = call.Body.GetProperty("file"u8);
        var text = $"A sound of {file.GetProperty("bytes"u8).GetInt64()} bytes.";
        var seconds = 1 + (int)(file.GetProperty("bytes"u8).GetInt64() / BytesPerSecond);
        var byTime = FaultDirectives.ModelName(call.Model).StartsWith("whisper", StringComparison.Ordinal);
        var input = byTime ? 0 : seconds * TokensPerSecond;
        var output = byTime ? 0 : Tokenizer.Count(text);
        call.Meter.Prompt(input);
        if (Json.Text(call.Body, "response_format"u8) == "text")
        {
            return await AnswerSender.WholeAsync(call, response, Encoding.UTF8.GetBytes(text + "\n"), output, "text/plain; charset=utf-8");
        }

        var body = Json.Write(json =>
        {
            json.WriteStartObject();
            json.WriteString("text"u8, text);
            if (!script.NoUsage && byTime)
            {
                json.WriteStartObject("usage"u8);
                json.WriteString("type"u8, "duration"u8);
                json.WriteNumber("seconds"u8, seconds);
                json.WriteEndObject();
            }
            else if (!script.NoUsage)
            {
                MediaUsage.Write(json, "input_token_details"u8, "audio_tokens"u8, input, output, "tokens");
            }

            json.WriteEndObject();
        });
        return await AnswerSender.WholeAsync(call, response, body, output);
    }
}
