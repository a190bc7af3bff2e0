using System.Text.Json;
using Gateway.Simulator.Protocols.OpenAI;

namespace Gateway.Simulator.Protocols.Azure;

/// <summary>A refusal of Azure itself, before the model sees the request: only code and message.</summary>
internal sealed class AzureError(int status, string message, string code) : OpenAIError(status, message, "", null, code)
{
    private const string Filtered = "content_filter";

    public static AzureError Usual(int status, string? code) => status switch
    {
        400 when code == Filtered => new(status,
            "The response was filtered due to the prompt triggering Azure OpenAI's content management policy. Please modify your prompt and retry. To learn more about our content filtering policies please read our documentation: https://go.microsoft.com/fwlink/?linkid=2198766", code),
        400 => new(status, "The request was invalid.", code ?? "BadRequest"),
        401 => new(status, "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an active subscription and use a correct regional API endpoint for your resource.", code ?? "401"),
        403 => new(status, "Public access is disabled. Please configure private endpoint.", code ?? "403"),
        404 => new(status, "The API deployment for this resource does not exist. If you created the deployment within the last 5 minutes, please wait a moment and try again.", code ?? "DeploymentNotFound"),
        429 => new(status, "Requests to the ChatCompletions_Create Operation have exceeded call rate limit of your current OpenAI S0 pricing tier. Please retry after 2 seconds.", code ?? "429"),
        503 => new(status, "The service is temporarily unable to process your request. Please try again later.", code ?? "ServiceUnavailable"),
        >= 500 => new(status, "The server had an error while processing your request. Sorry about that!", code ?? "InternalServerError"),
        _ => new(status, "The request was refused.", code ?? "BadRequest"),
    };

    public static AzureError NotFound() => new(StatusCodes.Status404NotFound, "Resource not found", "404");

    public override void WriteDetail(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("code"u8, Code);
        json.WriteString("message"u8, Message);
        if (Code == Filtered)
        {
            json.WriteNull("type"u8);
            json.WriteString("param"u8, "prompt"u8);
            json.WriteNumber("status"u8, Status);
            json.WriteStartObject("innererror"u8);
            json.WriteString("code"u8, "ResponsibleAIPolicyViolation"u8);
            json.WritePropertyName("content_filter_result"u8);
            json.WriteRawValue("{\"hate\":{\"filtered\":true,\"severity\":\"high\"},\"self_harm\":{\"filtered\":false,\"severity\":\"safe\"},\"sexual\":{\"filtered\":false,\"severity\":\"safe\"},\"violence\":{\"filtered\":false,\"severity\":\"safe\"}}"u8);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }
}
