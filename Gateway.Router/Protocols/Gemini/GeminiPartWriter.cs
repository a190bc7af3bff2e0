using System.Text;
using System.Text.Json;
using Gateway.Core.Requests;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Gemini;

/// <summary>Writes single parts of the talk.</summary>
internal sealed class GeminiPartWriter(Translation translation, Utf8JsonWriter json, GeminiModel model, bool isVertex)
{
    private List<MediaPart>? _moved;

    /// <summary>Google Cloud learnt of ids with Gemini 3.</summary>
    private bool WritesIds => !isVertex || model.Major >= 3;

    public void WriteText(string text, string? signature = null)
    {
        json.WriteStartObject();
        json.WriteString("text"u8, text);
        WriteSignature(signature);
        json.WriteEndObject();
    }

    public void WriteThought(string text)
    {
        json.WriteStartObject();
        json.WriteString("text"u8, text);
        json.WriteBoolean("thought"u8, true);
        json.WriteEndObject();
    }

    /// <summary>The arguments of a call as an object.</summary>
    public byte[] Arguments(ToolCallPart call)
    {
        if (call.IsCustom)
        {
            return JsonInput(call.Arguments);
        }

        if (call.Arguments.Length == 0)
        {
            return "{}"u8.ToArray();
        }

        var arguments = CanonicalJson.Of(Encoding.UTF8.GetBytes(call.Arguments));
        if (arguments is not [(byte)'{', ..])
        {
            var member = translation.Client.Protocol == LlmProtocol.OpenAI ? "function.arguments" : "arguments";
            TranslationNotes.Reject(call.Path.Member is null ? call.Path.At(member) : call.Path, "The arguments of a call must be a JSON object for this model.");
        }

        return arguments;
    }

    public void WriteCall(ToolCallPart call, ReadOnlySpan<byte> arguments, string? signature)
    {
        json.WriteStartObject();
        json.WriteStartObject("functionCall"u8);
        if (WritesIds)
        {
            json.WriteString("id"u8, call.Id);
        }

        json.WriteString("name"u8, GeminiToolsWriter.NameOf(translation, call.Name));
        json.WritePropertyName("args"u8);
        json.WriteRawValue(arguments, skipInputValidation: true);
        json.WriteEndObject();
        WriteSignature(signature);
        json.WriteEndObject();
    }

    public void WriteResult(ToolCallPart call, ToolResultPart result)
    {
        json.WriteStartObject();
        json.WriteStartObject("functionResponse"u8);
        if (WritesIds)
        {
            json.WriteString("id"u8, call.Id);
        }

        json.WriteString("name"u8, GeminiToolsWriter.NameOf(translation, call.Name));
        json.WritePropertyName("response"u8);
        WriteResponse(result);
        WriteResultMedia(result);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    /// <summary>Media of results for models that cannot take them inside: behind all results, in the user's words.</summary>
    public void WriteMovedMedia()
    {
        if (_moved is null)
        {
            return;
        }

        foreach (var media in _moved)
        {
            translation.Notes.Adapt(media.Path);
            WriteText("Returned by the tool:");
            WriteMedia(media);
        }

        _moved = null;
    }

    public void WriteMedia(MediaPart media)
    {
        if (media.Detail is not (null or "auto"))
        {
            translation.Notes.Drop(media.Path.At("detail"));
        }

        json.WriteStartObject();
        if (media.Url is { } url)
        {
            GeminiFiles.Write(media, url, isVertex, json);
        }
        else
        {
            WriteInline(media);
        }

        json.WriteEndObject();
    }

    private void WriteInline(MediaPart media)
    {
        if (media.FileId is not null)
        {
            TranslationNotes.Reject(media.Path, "A file that lies at another provider cannot be read by this model. Send its content.");
        }

        if (media.MimeType is null)
        {
            TranslationNotes.Reject(media.Path, "The kind of this file is not known. Say its MIME type.");
        }

        json.WriteStartObject("inlineData"u8);
        json.WriteString("mimeType"u8, media.MimeType);
        json.WriteString("data"u8, media.Base64.Span);
        json.WriteEndObject();
    }

    private void WriteResponse(ToolResultPart result)
    {
        if (result.Object is { } given)
        {
            given.WriteTo(json);
            return;
        }

        var text = Text(result);
        if (!result.IsError && TryObject(text) is { } document)
        {
            using (document)
            {
                document.RootElement.WriteTo(json);
            }

            return;
        }

        json.WriteStartObject();
        json.WriteString(result.IsError ? "error"u8 : "output"u8, text);
        json.WriteEndObject();
    }

    private void WriteResultMedia(ToolResultPart result)
    {
        var isOpen = false;
        foreach (var part in result.Parts)
        {
            if (part is not MediaPart media)
            {
                continue;
            }

            if (!model.HasMediaInResults)
            {
                (_moved ??= []).Add(media);
                continue;
            }

            if (!isOpen)
            {
                isOpen = true;
                json.WriteStartArray("parts"u8);
            }

            WriteMedia(media);
        }

        if (isOpen)
        {
            json.WriteEndArray();
        }
    }

    private static string Text(ToolResultPart result)
    {
        string? first = null;
        StringBuilder? all = null;
        foreach (var part in result.Parts)
        {
            if (part is not TextPart text)
            {
                continue;
            }

            if (first is null)
            {
                first = text.Text;
                continue;
            }

            all ??= new StringBuilder(first);
            all.Append('\n').Append(text.Text);
        }

        return all?.ToString() ?? first ?? "";
    }

    /// <summary>
    /// An object goes as it is: results are data, whatever words they hold. But Gemini reads <c>$ref</c> in a result as the name of a file
    /// beside it, so such a result stays text.
    /// </summary>
    private static JsonDocument? TryObject(string text)
    {
        if (!text.AsSpan().TrimStart().StartsWith("{") || text.Contains("\"$ref\"", StringComparison.Ordinal))
        {
            return null;
        }

        try
        {
            var document = JsonDocument.Parse(text);
            if (CanonicalJson.Of(document.RootElement).Length > 0)
            {
                return document;
            }

            document.Dispose();
            return null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static byte[] JsonInput(string input)
    {
        var text = JsonEncodedText.Encode(input, System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping);
        return Encoding.UTF8.GetBytes($$"""{"input":"{{text}}"}""");
    }

    private void WriteSignature(string? signature)
    {
        if (signature is not null)
        {
            json.WriteString("thoughtSignature"u8, signature);
        }
    }
}
