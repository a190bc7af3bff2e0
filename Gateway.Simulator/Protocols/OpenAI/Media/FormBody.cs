using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace Gateway.Simulator.Protocols.OpenAI.Media;

/// <summary>A form as the JSON object that the field tables check: texts as strings, files as their name and size, <c>name[]</c> as a list.</summary>
internal static class FormBody
{
    /// <summary>Parts that are no text in JSON.</summary>
    private static readonly HashSet<string> Raw = ["stream", "n", "temperature", "output_compression", "partial_images"];

    /// <exception cref="ProviderException">It is no form.</exception>
    public static async Task<ReadOnlyMemory<byte>> ToJsonAsync(HttpContext context, ReadOnlyMemory<byte> body)
    {
        if (!MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var type)
            || !type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase)
            || HeaderUtilities.RemoveQuotes(type.Boundary) is not { Length: > 0 } boundary)
        {
            throw OpenAIError.Bad("Invalid body: expected a multipart/form-data body.", null, null);
        }

        var single = new Dictionary<string, string>(StringComparer.Ordinal);
        var lists = new Dictionary<string, List<string>>(StringComparer.Ordinal);
        var files = new Dictionary<string, (string Name, long Size)>(StringComparer.Ordinal);
        using var stream = new MemoryStream(body.ToArray(), writable: false);
        var reader = new MultipartReader(boundary.ToString(), stream) { HeadersCountLimit = 32 };
        try
        {
            while (await reader.ReadNextSectionAsync(context.RequestAborted) is { } section)
            {
                if (section.GetContentDispositionHeader() is not { } disposition || !disposition.Name.HasValue)
                {
                    throw OpenAIError.Bad("Invalid body: a part has no name.", null, null);
                }

                var name = HeaderUtilities.RemoveQuotes(disposition.Name).ToString();
                using var content = new MemoryStream();
                await section.Body.CopyToAsync(content, context.RequestAborted);
                if (disposition.FileName.HasValue || disposition.FileNameStar.HasValue)
                {
                    files[name] = (HeaderUtilities.RemoveQuotes(disposition.FileName).ToString(), content.Length);
                }
                else if (name.EndsWith("[]", StringComparison.Ordinal))
                {
                    (lists.TryGetValue(name[..^2], out var list) ? list : lists[name[..^2]] = []).Add(Text(content));
                }
                else if (!single.TryAdd(name, Text(content)))
                {
                    throw OpenAIError.Bad($"Duplicate parameter: '{name}'.", name, null);
                }
            }
        }
        catch (Exception broken) when (broken is IOException or InvalidDataException)
        {
            throw OpenAIError.Bad("Invalid body: the form could not be parsed.", null, null);
        }

        return Json.Write(json =>
        {
            json.WriteStartObject();
            foreach (var (name, value) in single)
            {
                json.WritePropertyName(name);
                if (Raw.Contains(name) && (value is "true" or "false" || double.TryParse(value, System.Globalization.CultureInfo.InvariantCulture, out _)))
                {
                    json.WriteRawValue(value);
                }
                else
                {
                    json.WriteStringValue(value);
                }
            }

            foreach (var (name, values) in lists)
            {
                json.WriteStartArray(name);
                values.ForEach(json.WriteStringValue);
                json.WriteEndArray();
            }

            foreach (var (name, file) in files)
            {
                json.WriteStartObject(name.Replace("[]", "", StringComparison.Ordinal));
                json.WriteString("filename"u8, file.Name);
                json.WriteNumber("bytes"u8, file.Size);
                json.WriteEndObject();
            }

            json.WriteEndObject();
        });
    }

    private static string Text(MemoryStream content) => System.Text.Encoding.UTF8.GetString(content.GetBuffer(), 0, (int)content.Length);
}
