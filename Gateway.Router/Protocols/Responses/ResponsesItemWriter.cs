using System.Text;
using System.Text.Json;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Responses;

/// <summary>Writes the talk as items: parts of messages together, calls, results and reasoning each alone.</summary>
internal sealed class ResponsesItemWriter(Translation translation, Utf8JsonWriter json)
{
    /// <summary>Longest <c>call_id</c> that OpenAI takes.</summary>
    private const int MaxIdLength = 64;

    private readonly HashSet<string> _customCalls = new(StringComparer.Ordinal);
    private readonly HashSet<string> _answered = new(StringComparer.Ordinal);
    private bool _inMessage;

    public void Write()
    {
        json.WriteStartArray("input"u8);
        foreach (var turn in translation.Request.Turns)
        {
            if (turn.Name is not null)
            {
                translation.Notes.Drop(turn.Path.At("name"));
            }

            foreach (var part in turn.Parts)
            {
                WritePart(turn, part);
            }

            EndMessage();
        }

        json.WriteEndArray();
        RefuseOpenCalls();
        if (translation.Request.Turns is [.., { Role: NeutralRole.Assistant } last])
        {
            // A prefill to some; OpenAI begins a new message behind it.
            translation.Notes.Adapt(last.Path);
        }
    }

    private void WritePart(NeutralTurn turn, NeutralPart part)
    {
        switch (part)
        {
            case ToolCallPart call:
                EndMessage();
                WriteCall(call);
                break;
            case ToolResultPart result:
                EndMessage();
                WriteResult(result);
                break;
            case ReasoningPart reasoning:
                EndMessage();
                WriteReasoning(reasoning);
                break;
            case RefusalPart refusal:
                BeginMessage(turn);
                json.WriteStartObject();
                json.WriteString("type"u8, "refusal"u8);
                json.WriteString("refusal"u8, refusal.Text);
                json.WriteEndObject();
                break;
            case TextPart text:
                BeginMessage(turn);
                json.WriteStartObject();
                json.WriteString("type"u8, turn.Role == NeutralRole.Assistant ? "output_text"u8 : "input_text"u8);
                json.WriteString("text"u8, text.Text);
                json.WriteEndObject();
                break;
            case MediaPart media:
                BeginMessage(turn);
                WriteMedia(media);
                break;
            default:
                throw new NotSupportedException($"A part of the kind {part.GetType().Name} has no item.");
        }
    }

    private void BeginMessage(NeutralTurn turn)
    {
        if (_inMessage)
        {
            return;
        }

        _inMessage = true;
        json.WriteStartObject();
        json.WriteString("type"u8, "message"u8);
        json.WriteString("role"u8, turn.Role switch
        {
            NeutralRole.Assistant => "assistant"u8,
            NeutralRole.System when translation.Traits.DeveloperRole => "developer"u8,
            NeutralRole.System => "system"u8,
            NeutralRole.User or NeutralRole.Tool => "user"u8,
        });
        json.WriteStartArray("content"u8);
    }

    private void EndMessage()
    {
        if (_inMessage)
        {
            _inMessage = false;
            json.WriteEndArray();
            json.WriteEndObject();
        }
    }

    private void WriteCall(ToolCallPart call)
    {
        if (call.IsCustom)
        {
            _customCalls.Add(call.Id);
        }

        json.WriteStartObject();
        json.WriteString("type"u8, call.IsCustom ? "custom_tool_call"u8 : "function_call"u8);
        json.WriteString("call_id"u8, Id(call.Id));
        json.WriteString("name"u8, ResponsesToolWriter.NameOf(call.Name, translation));
        if (call.IsCustom)
        {
            json.WriteString("input"u8, call.Arguments);
        }
        else
        {
            json.WriteString("arguments"u8, call.Arguments.Length == 0 ? "{}" : call.Arguments);
        }

        json.WriteEndObject();
    }

    private void WriteResult(ToolResultPart result)
    {
        if (!_answered.Add(result.CallId))
        {
            // The first one stands; a second would be refused.
            translation.Notes.Drop(result.Path);
            return;
        }

        if (result.IsError)
        {
            translation.Notes.Drop(result.Path.At("is_error"));
        }

        json.WriteStartObject();
        json.WriteString("type"u8, _customCalls.Contains(result.CallId) ? "custom_tool_call_output"u8 : "function_call_output"u8);
        json.WriteString("call_id"u8, Id(result.CallId));
        json.WritePropertyName("output"u8);
        switch (result.Parts)
        {
            case []:
                json.WriteStringValue(""u8);
                break;
            case [TextPart only]:
                json.WriteStringValue(only.Text);
                break;
            default:
                json.WriteStartArray();
                foreach (var part in result.Parts)
                {
                    WriteResultPart(part);
                }

                json.WriteEndArray();
                break;
        }

        json.WriteEndObject();
    }

    private void WriteResultPart(NeutralPart part)
    {
        if (part is MediaPart media)
        {
            WriteMedia(media);
            return;
        }

        json.WriteStartObject();
        json.WriteString("type"u8, "input_text"u8);
        json.WriteString("text"u8, part is TextPart text ? text.Text : "");
        json.WriteEndObject();
    }

    private void WriteReasoning(ReasoningPart reasoning)
    {
        if (reasoning.Signature is not { } signature || !signature.StartsWith(PackedReasoning.OwnPrefix, StringComparison.Ordinal))
        {
            // Without OpenAI's own proof, OpenAI takes none; another provider's it could not read.
            translation.Notes.Drop(reasoning.Path);
            return;
        }

        json.WriteStartObject();
        json.WriteString("type"u8, "reasoning"u8);
        json.WriteStartArray("summary"u8);
        if (reasoning.Text.Length > 0)
        {
            json.WriteStartObject();
            json.WriteString("type"u8, "summary_text"u8);
            json.WriteString("text"u8, reasoning.Text);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteString("encrypted_content"u8, signature.AsSpan(PackedReasoning.OwnPrefix.Length));
        json.WriteEndObject();
    }

    private void WriteMedia(MediaPart media)
    {
        switch (media.Kind)
        {
            case MediaKind.Image:
                json.WriteStartObject();
                json.WriteString("type"u8, "input_image"u8);
                WriteSource(media, "image_url"u8, "image_url"u8);
                if (media.Detail is { } detail)
                {
                    json.WriteString("detail"u8, detail);
                }

                json.WriteEndObject();
                break;
            case MediaKind.File:
                json.WriteStartObject();
                json.WriteString("type"u8, "input_file"u8);
                if (media.FileName is { } name || media.FileId is null && media.Url is null && (name = DefaultName(media.MimeType)) is not null)
                {
                    json.WriteString("filename"u8, name);
                }

                WriteSource(media, "file_data"u8, "file_url"u8);
                json.WriteEndObject();
                break;
            default:
                TranslationNotes.Reject(media.Path, $"{media.Path}: this model is asked through OpenAI's responses, which take images and files, no sound and no video.");
                break;
        }
    }

    private void WriteSource(MediaPart media, ReadOnlySpan<byte> dataMember, ReadOnlySpan<byte> urlMember)
    {
        if (media.Url is { } url)
        {
            json.WriteString(urlMember, url);
        }
        else if (media.FileId is { } id)
        {
            if (translation.Client.Protocol is not (Core.Requests.LlmProtocol.OpenAI or Core.Requests.LlmProtocol.Responses))
            {
                TranslationNotes.Reject(media.Path, $"{media.Path} names a file at another provider. Send its content.");
            }

            json.WriteString("file_id"u8, id);
        }
        else
        {
            var mime = media.MimeType ?? (media.Kind == MediaKind.File ? "application/octet-stream" : Missing(media));
            json.WriteString(dataMember, string.Concat("data:", mime, ";base64,", Encoding.ASCII.GetString(media.Base64.Span)));
        }
    }

    private static string Missing(MediaPart media)
    {
        TranslationNotes.Reject(media.Path, $"{media.Path}: the type of this image is not known. Send it as a data URL that names its type.");
        return "";
    }

    // OpenAI wants a name with data; its ending tells the type.
    private static string DefaultName(string? mime) => mime == "application/pdf" ? "file.pdf" : "file";

    private static string Id(string id) => id.Length <= MaxIdLength ? id : ToolIds.Map("call_", id);

    /// <summary>A call without a result is a mistake that OpenAI would refuse without a word of ours.</summary>
    private void RefuseOpenCalls()
    {
        var turns = translation.Request.Turns;
        for (var i = 0; i < turns.Count; i++)
        {
            foreach (var part in turns[i].Parts)
            {
                if (part is ToolCallPart call && !_answered.Contains(call.Id))
                {
                    TranslationNotes.Reject(call.Path, $"{call.Path}: the call '{call.Id}' has no result. Send a result for each call.");
                }
            }
        }
    }
}
