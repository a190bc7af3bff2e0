using System.Text;
using System.Text.Json;

namespace Gateway.Router.Protocols.OpenAI;

/// <summary>The HTTP status of an error that came inside a 200: the numeric code if it has one, else what its type or code says.</summary>
internal static class OpenAIErrorStatus
{
    /// <returns>400 to 599; 502 where the error does not tell, and for the provider's 401 and 403, which are about the gateway's own key.</returns>
    public static int Of(ReadOnlySpan<byte> json)
    {
        var status = StatusCodes.Status502BadGateway;
        try
        {
            var reader = new Utf8JsonReader(json);
            if (reader.Read() && reader.TokenType == JsonTokenType.StartObject)
            {
                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                {
                    var isError = reader.ValueTextEquals("error"u8);
                    reader.Read();
                    if (isError && reader.TokenType == JsonTokenType.StartObject)
                    {
                        status = OfError(ref reader);
                    }
                    else
                    {
                        reader.Skip();
                    }
                }
            }
        }
        catch (JsonException)
        {
            // What was read before stands.
        }

        return status is StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden ? StatusCodes.Status502BadGateway : status;
    }

    private static int OfError(ref Utf8JsonReader reader)
    {
        var (number, word) = (0, 0);
        byte[] scratch = [];
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var tells = reader.ValueTextEquals("code"u8) || reader.ValueTextEquals("type"u8) || reader.ValueTextEquals("status_code"u8) || reader.ValueTextEquals("status"u8);
            reader.Read();
            if (tells && reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var value) && value is >= 400 and < 600)
            {
                number = value;
            }
            else if (tells && reader.TokenType == JsonTokenType.String && word == 0)
            {
                word = OfWord(Encoding.UTF8.GetString(JsonText.Read(ref reader, ref scratch)));
            }
            else
            {
                reader.Skip();
            }
        }

        return number > 0 ? number : word > 0 ? word : StatusCodes.Status502BadGateway;
    }

    private static int OfWord(string? word) => word switch
    {
        "429" or "rate_limit_exceeded" or "rate_limit_error" or "insufficient_quota" or "requests" or "tokens" => StatusCodes.Status429TooManyRequests,
        "400" or "invalid_request_error" or "context_length_exceeded" or "content_filter" => StatusCodes.Status400BadRequest,
        "503" or "overloaded_error" or "service_unavailable" => StatusCodes.Status503ServiceUnavailable,
        _ => 0,
    };
}
