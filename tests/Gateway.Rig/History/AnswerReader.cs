using System.Text;
using System.Text.Json;

namespace Gateway.Rig.History;

/// <summary>Reads one answer as a strict client does, and counts what it finds. Not the gateway's own reader, on purpose.</summary>
internal sealed class AnswerReader(ClientProtocol protocol)
{
    private readonly StringBuilder _text = new();
    private readonly Decoder _utf8 = new UTF8Encoding(false, throwOnInvalidBytes: false).GetDecoder();
    private readonly StringBuilder _line = new();
    private readonly StringBuilder _data = new();
    private bool _afterCarriageReturn;

    public string Text => _text.ToString();

    public int Pieces { get; private set; }

    public int Terminals { get; private set; }

    public int Errors { get; private set; }

    public int BadFrames { get; private set; }

    public bool SpokeAfterEnd { get; private set; }

    public string Code { get; private set; } = "";

    public string FinishReason { get; private set; } = "";

    /// <summary>A body that is no stream.</summary>
    public void Whole(ReadOnlySpan<byte> body, bool good)
    {
        try
        {
            var reader = new Utf8JsonReader(body);
            var json = JsonElement.ParseValue(ref reader);
            if (json.TryGetProperty("error", out var error))
            {
                Fail(error);
            }
            else if (!good)
            {
                BadFrames++;
            }
            else if (protocol == ClientProtocol.OpenAI)
            {
                var choice = json.GetProperty("choices")[0];
                _text.Append(choice.GetProperty("message").GetProperty("content").GetString());
                FinishReason = choice.GetProperty("finish_reason").GetString() ?? "";
                Terminals++;
            }
            else
            {
                foreach (var block in json.GetProperty("content").EnumerateArray().Where(block => block.GetProperty("type").ValueEquals("text")))
                {
                    _text.Append(block.GetProperty("text").GetString());
                }

                FinishReason = json.GetProperty("stop_reason").GetString() ?? "";
                Terminals++;
            }
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            BadFrames++;
        }
    }

    /// <summary>The next bytes of a stream; lines may end in LF, CRLF or CR, and be split anywhere.</summary>
    public void Stream(ReadOnlySpan<byte> bytes)
    {
        var characters = new char[bytes.Length + 4];
        var count = _utf8.GetChars(bytes, characters, flush: false);
        foreach (var character in characters.AsSpan(0, count))
        {
            if (character == '\n' && _afterCarriageReturn)
            {
                _afterCarriageReturn = false;
                continue;
            }

            _afterCarriageReturn = character == '\r';
            if (character is '\n' or '\r')
            {
                Line(_line.ToString());
                _line.Clear();
            }
            else
            {
                _line.Append(character);
            }
        }
    }

    /// <summary>The body ended; an event without its blank line is none.</summary>
    public void End()
    {
        if (_line.Length > 0 || _data.Length > 0)
        {
            BadFrames++;
        }
    }

    private void Line(string line)
    {
        if (line.Length == 0)
        {
            if (_data.Length > 0)
            {
                Event(_data.ToString());
                _data.Clear();
            }
        }
        else if (line.StartsWith("data:", StringComparison.Ordinal))
        {
            _data.Append(_data.Length > 0 ? "\n" : "").Append(line.AsSpan(line.StartsWith("data: ", StringComparison.Ordinal) ? 6 : 5));
        }
        else if (line[0] != ':' && !line.StartsWith("event:", StringComparison.Ordinal))
        {
            BadFrames++;
        }
    }

    private void Event(string data)
    {
        SpokeAfterEnd |= Terminals + Errors > 0;
        if (protocol == ClientProtocol.OpenAI && data == "[DONE]")
        {
            Terminals++;
            return;
        }

        try
        {
            using var json = JsonDocument.Parse(data);
            if (json.RootElement.TryGetProperty("error", out var error))
            {
                Fail(error);
            }
            else if (protocol == ClientProtocol.OpenAI)
            {
                Chunk(json.RootElement);
            }
            else
            {
                Message(json.RootElement);
            }
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            BadFrames++;
        }
    }

    private void Chunk(JsonElement chunk)
    {
        foreach (var choice in chunk.GetProperty("choices").EnumerateArray().Where(choice => choice.GetProperty("index").GetInt32() == 0))
        {
            if (choice.GetProperty("delta").TryGetProperty("content", out var content) && content.GetString() is { Length: > 0 } text)
            {
                _text.Append(text);
                Pieces++;
            }

            if (choice.TryGetProperty("finish_reason", out var reason) && reason.ValueKind == JsonValueKind.String)
            {
                FinishReason = reason.GetString()!;
            }
        }
    }

    private void Message(JsonElement json)
    {
        switch (json.GetProperty("type").GetString())
        {
            case "content_block_delta" when json.GetProperty("delta").TryGetProperty("text", out var text):
                _text.Append(text.GetString());
                Pieces++;
                break;
            case "message_delta" when json.GetProperty("delta").TryGetProperty("stop_reason", out var reason):
                FinishReason = reason.GetString() ?? "";
                break;
            case "message_stop":
                Terminals++;
                break;
        }
    }

    private void Fail(JsonElement error)
    {
        Errors++;
        Code = error.ValueKind != JsonValueKind.Object ? ""
            : error.TryGetProperty("code", out var code) && code.ValueKind == JsonValueKind.String ? code.GetString()!
            : error.TryGetProperty("type", out var type) ? type.GetString() ?? "" : "";
    }
}
