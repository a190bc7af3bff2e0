using Gateway.Simulator.Meter;
using Gateway.Simulator.Text;

namespace Gateway.Simulator.Protocols.OpenAI.Media;

/// <summary><c>POST /v1/images/...</c>: one white pixel for each picture, and tokens as for a small one.</summary>
internal sealed class ImageOperation(OpenAIProvider provider, FieldTable fields, bool takesForm) : Operation(provider)
{
    private const int TokensPerImage = 272;
    private const string Pixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+M8AAAIBAQAY3Y2wAAAAAElFTkSuQmCC";

    public override FieldTable Fields => fields;

    public override bool TakesForm => takesForm;

    public override async Task<Ending> AnswerAsync(ProviderCall call)
    {
        var prompt = Json.Text(call.Body, "prompt"u8) ?? "";
        var script = call.ReadScript(prompt);
        var response = await call.OpenAsync(script, call.SeedOf(call.Body, script));
        var count = Json.Integer(call.Body, "n"u8, 1);
        var input = Tokenizer.Count(prompt);
        var output = count * TokensPerImage;
        call.Meter.Prompt(input);
        var body = Json.Write(json =>
        {
            json.WriteStartObject();
            json.WriteNumber("created"u8, call.Created);
            json.WriteStartArray("data"u8);
            for (var i = 0; i < count; i++)
            {
                json.WriteStartObject();
                json.WriteString("b64_json"u8, Pixel);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            if (!script.NoUsage)
            {
                MediaUsage.Write(json, "input_tokens_details"u8, "text_tokens"u8, input, output);
            }

            json.WriteEndObject();
        });
        return await AnswerSender.WholeAsync(call, response, body, output);
    }
}
