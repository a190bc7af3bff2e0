using System.Buffers;
using System.Text.Json;
using System.Text.Unicode;
using Gateway.Core.Configuration;
using Gateway.Router.Telemetry;

namespace Gateway.Router.Capture;

/// <summary>Writes what was kept of one request as the JSON object that operators read. Far from the request: this takes time.</summary>
internal static class CaptureDocument
{
    public static void Write(IBufferWriter<byte> output, RequestCapture capture)
    {
        using var writer = new Utf8JsonWriter(output, MaskedJson.Options);
        writer.WriteStartObject();
        writer.WriteString("id"u8, capture.RequestId);
        writer.WriteString("time"u8, DateTimeOffset.FromUnixTimeMilliseconds(capture.ArrivedUnixMs).UtcDateTime);
        writer.WriteString("level"u8, capture.Level.Word());
        writer.WriteString("operation"u8, JsonNamingPolicy.SnakeCaseLower.ConvertName(capture.Operation.ToString()));
        writer.WriteBoolean("stream"u8, capture.IsStream);
        writer.WriteNumber("status"u8, capture.Status);
        writer.WriteString("ending"u8, MetricNames.Of(capture.Ending));
        writer.WriteStartObject("request"u8);
        WriteRequest(writer, capture);
        writer.WriteEndObject();
        writer.WriteStartObject("answer"u8);
        WriteAnswer(writer, capture);
        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteRequest(Utf8JsonWriter writer, RequestCapture capture)
    {
        if (!capture.HasRequest)
        {
            WriteNotKept(writer, NotKept.NotModerated);
            return;
        }

        WriteSize(writer, capture.Request, capture.Level, capture.RequestType);
        switch (capture.Level)
        {
            case CaptureLevel.Full:
                WriteBytes(writer, capture.Request);
                break;
            case CaptureLevel.Redacted:
                WriteMasked(writer, capture.Request);
                break;
            case CaptureLevel.Metadata:
                ContentShape.WriteRequest(writer, capture.Request.Span, capture.Request.IsCut);
                break;
            case CaptureLevel.None:
                break;
        }
    }

    private static void WriteAnswer(Utf8JsonWriter writer, RequestCapture capture)
    {
        WriteSize(writer, capture.Answer, capture.Level, capture.AnswerType);
        if (capture.Answer.Length == 0)
        {
            return;
        }

        switch (capture.Level)
        {
            case CaptureLevel.Full:
                WriteBytes(writer, capture.Answer);
                break;
            case CaptureLevel.Redacted:
                WriteMaskedAnswer(writer, capture.Answer);
                break;
            case CaptureLevel.Metadata:
                ContentShape.WriteAnswer(writer, capture.Answer.Span, capture.Answer.IsCut);
                break;
            case CaptureLevel.None:
                break;
        }
    }

    private static void WriteSize(Utf8JsonWriter writer, CapturedBytes side, CaptureLevel level, string type)
    {
        writer.WriteNumber("bytes"u8, side.Total);
        writer.WriteBoolean("cut"u8, side.IsCut);
        if (level == CaptureLevel.Full)
        {
            // A client may write anything into it.
            writer.WriteString("type"u8, type);
        }
    }

    private static void WriteBytes(Utf8JsonWriter writer, CapturedBytes side)
    {
        var bytes = side.IsCut ? WithoutHalfCharacter(side.Span) : side.Span;
        if (Utf8.IsValid(bytes))
        {
            writer.WriteString("text"u8, bytes);
        }
        else
        {
            writer.WriteBase64String("base64"u8, side.Span);
        }
    }

    private static void WriteMasked(Utf8JsonWriter writer, CapturedBytes side)
    {
        if (MaskedJson.Copy(side.Span, !side.IsCut, masks: true, out var masked) is not { } body)
        {
            WriteNotKept(writer, NotKept.NotMaskable);
            return;
        }

        writer.WriteNumber("masked"u8, masked);
        writer.WritePropertyName("body"u8);
        writer.WriteRawValue(body, skipInputValidation: true);
    }

    private static void WriteMaskedAnswer(Utf8JsonWriter writer, CapturedBytes answer)
    {
        var events = AnswerEvents.Read(answer.Span, answer.IsCut, out var isOne);
        var texts = new StreamTexts();
        foreach (var document in events)
        {
            using (document)
            {
                texts.Add(document.RootElement);
            }
        }

        if (isOne)
        {
            WriteMasked(writer, answer);
            return;
        }

        if (events.Count == 0)
        {
            WriteNotKept(writer, NotKept.NotMaskable);
            return;
        }

        var masked = 0;
        writer.WriteStartArray("texts"u8);
        foreach (var (place, text) in texts.All)
        {
            writer.WriteStartObject();
            writer.WriteString("place"u8, MaskedJson.Mask(place, ref masked));
            writer.WriteString("text"u8, MaskedJson.Mask(text, ref masked));
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        writer.WriteNumber("masked"u8, masked);
    }

    private static void WriteNotKept(Utf8JsonWriter writer, NotKept reason) => writer.WriteString("not_kept"u8, reason switch
    {
        NotKept.NotModerated => "not_moderated",
        NotKept.NotMaskable => "not_maskable",
        NotKept.No => "",
    });

    /// <summary>The cut may go through a character.</summary>
    private static ReadOnlySpan<byte> WithoutHalfCharacter(ReadOnlySpan<byte> text)
    {
        for (var back = 1; back <= 3 && back <= text.Length; back++)
        {
            var first = text[^back];
            if (first >= 0xC0)
            {
                var length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
                return length > back ? text[..^back] : text;
            }
        }

        return text;
    }
}
