using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Gateway.Router.Protocols;

/// <summary>The members of an error as they were found, whatever object they stood in. Their text is the upstream's own, not fit to be shown.</summary>
internal record struct UpstreamErrorShape
{
    /// <summary>Bytes of a body that is no JSON and are still looked at.</summary>
    private const int MaxText = 4 * 1024;

    private const int MaxNesting = 4;

    public string? Message { get; private set; }

    /// <summary>Settable for the providers that say it in a header.</summary>
    public string? Type { get; set; }

    public string? Code { get; private set; }

    public string? Param { get; private set; }

    /// <summary>Google's <c>status</c>.</summary>
    public string? StatusWord { get; private set; }

    /// <summary>A number that says the status; 0 for none.</summary>
    public int Number { get; private set; }

    /// <summary>Google's <c>ErrorInfo.reason</c>.</summary>
    public string? Reason { get; private set; }

    /// <summary>Azure's <c>innererror.code</c>.</summary>
    public string? InnerCode { get; private set; }

    /// <summary>Google's quota of a day: no wait of a minute helps.</summary>
    public bool IsDailyQuota { get; private set; }

    public TimeSpan? RetryAfter { get; private set; }

    /// <summary>Finds what there is. Never throws.</summary>
    public static UpstreamErrorShape Find(ReadOnlySpan<byte> body)
    {
        var found = default(UpstreamErrorShape);
        body = DataOf(body.TrimStart(" \t\r\n\uFEFF"u8));
        try
        {
            if (body is [(byte)'{' or (byte)'[', ..])
            {
                var reader = new Utf8JsonReader(body);
                using var document = JsonDocument.ParseValue(ref reader);
                found.Read(document.RootElement, nesting: 0);
                return found;
            }
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // Cut, or text that is no text; what was found before stands.
            if (found.Message is not null)
            {
                return found;
            }
        }

        found.Message = Encoding.UTF8.GetString(body[..Math.Min(body.Length, MaxText)]);
        return found;
    }

    /// <summary>The data of an event, where the error came as one.</summary>
    private static ReadOnlySpan<byte> DataOf(ReadOnlySpan<byte> body)
    {
        if (body.StartsWith("event:"u8) && body.IndexOf("\ndata:"u8) is > 0 and var at)
        {
            body = body[(at + 1)..];
        }

        return body.StartsWith("data:"u8) ? body["data:"u8.Length..].TrimStart((byte)' ') : body;
    }

    private void Read(JsonElement element, int nesting)
    {
        if (nesting > MaxNesting)
        {
            return;
        }

        if (element.ValueKind == JsonValueKind.Array)
        {
            // Gemini's stream as an array, or a validator's list: the first says enough.
            if (element.GetArrayLength() > 0)
            {
                Read(element[0], nesting + 1);
            }

            return;
        }

        if (element.ValueKind == JsonValueKind.String)
        {
            Message ??= element.GetString();
            return;
        }

        if (element.ValueKind != JsonValueKind.Object)
        {
            return;
        }

        // The innermost object knows best, so it is read first and keeps what it says.
        foreach (var inner in (ReadOnlySpan<string>)["response", "error", "detail", "errors"])
        {
            if (element.TryGetProperty(inner, out var value) && value.ValueKind is JsonValueKind.Object or JsonValueKind.Array or JsonValueKind.String)
            {
                Read(value, nesting + 1);
            }
        }

        foreach (var member in element.EnumerateObject())
        {
            ReadMember(member.Name, member.Value, nesting);
        }
    }

    private void ReadMember(string name, JsonElement value, int nesting)
    {
        switch (name)
        {
            case "message" or "Message" or "msg":
                Message ??= Text(value);
                break;
            case "type" or "__type" when Text(value) is { } type && type != "error" && !type.StartsWith("response.", StringComparison.Ordinal):
                Type ??= type;
                break;
            case "code":
                ReadNumber(value);
                Code ??= Text(value) ?? (value.ValueKind == JsonValueKind.Number ? value.GetRawText() : null);
                break;
            case "status" or "status_code":
                ReadNumber(value);
                StatusWord ??= Text(value);
                break;
            case "param":
                Param ??= Text(value);
                break;
            case "loc" when value.ValueKind == JsonValueKind.Array:
                // A validator's path, beginning with where it looked.
                Param ??= string.Join('.', value.EnumerateArray().Where(static part => part.ValueKind is JsonValueKind.String or JsonValueKind.Number).Select(static part => part.ToString()).SkipWhile(static part => part == "body"));
                break;
            case "innererror" when value.ValueKind == JsonValueKind.Object && value.TryGetProperty("code", out var code):
                InnerCode ??= Text(code);
                break;
            case "metadata" when value.ValueKind == JsonValueKind.Object && value.TryGetProperty("raw", out var raw) && Text(raw) is { } said:
                // A reseller's word for the error of its own provider, which says more.
                Message = Find(Encoding.UTF8.GetBytes(said)).Message ?? Message;
                break;
            case "details" when value.ValueKind == JsonValueKind.Array && nesting > 0:
                foreach (var detail in value.EnumerateArray())
                {
                    ReadDetail(detail);
                }

                break;
            default:
                break;
        }
    }

    private void ReadDetail(JsonElement detail)
    {
        if (detail.ValueKind != JsonValueKind.Object)
        {
            return;
        }

        if (detail.TryGetProperty("reason", out var reason))
        {
            Reason ??= Text(reason);
        }

        if (detail.TryGetProperty("retryDelay", out var delay) && Text(delay) is { } wait)
        {
            RetryAfter ??= UpstreamErrorText.Wait(wait);
        }

        if (detail.TryGetProperty("violations", out var violations) && violations.ValueKind == JsonValueKind.Array)
        {
            foreach (var violation in violations.EnumerateArray())
            {
                IsDailyQuota |= violation.ValueKind == JsonValueKind.Object && violation.TryGetProperty("quotaId", out var id) && Text(id)?.Contains("PerDay", StringComparison.Ordinal) == true;
            }
        }
    }

    private void ReadNumber(JsonElement value)
    {
        var isNumber = value.ValueKind == JsonValueKind.Number ? value.TryGetInt32(out var number)
            : int.TryParse(Text(value), NumberStyles.None, CultureInfo.InvariantCulture, out number);
        if (isNumber && Number == 0)
        {
            Number = number;
        }
    }

    private static string? Text(JsonElement value) => value.ValueKind == JsonValueKind.String && value.GetString() is { Length: > 0 } text ? text : null;
}
