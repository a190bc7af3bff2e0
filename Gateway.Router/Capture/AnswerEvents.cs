using System.Text;
using System.Text.Json;

namespace Gateway.Router.Capture;

/// <summary>The JSON documents of an answer as clients get it: one document, an event stream, a line each, or one array of them.</summary>
internal static class AnswerEvents
{
    /// <param name="answer">Bytes of the answer.</param>
    /// <param name="isCut">Whether its end is missing.</param>
    /// <param name="isOne">Whether it is one document, and no stream of events.</param>
    /// <returns>What is whole of it, in order; empty for what is no JSON. The caller disposes of each.</returns>
    public static List<JsonDocument> Read(ReadOnlySpan<byte> answer, bool isCut, out bool isOne)
    {
        var text = answer.TrimStart(" \t\r\n\uFEFF"u8);
        isOne = false;
        var found = new List<JsonDocument>();
        if (text.StartsWith("["u8))
        {
            ReadArray(text, isCut, found);
        }
        else if (!text.StartsWith("{"u8))
        {
            ReadEvents(text, found);
        }
        else if (MaskedJson.Copy(text, !isCut, masks: false, out _) is { } whole)
        {
            isOne = true;
            Add(whole, found);
        }
        else
        {
            ReadLines(text, found);
        }

        return found;
    }

    private static void ReadArray(ReadOnlySpan<byte> text, bool isCut, List<JsonDocument> found)
    {
        if (MaskedJson.Copy(text, !isCut, masks: false, out _) is not { } whole)
        {
            return;
        }

        using var array = JsonDocument.Parse(whole);
        foreach (var item in array.RootElement.EnumerateArray())
        {
            Add(Encoding.UTF8.GetBytes(item.GetRawText()), found);
        }
    }

    private static void ReadLines(ReadOnlySpan<byte> text, List<JsonDocument> found)
    {
        foreach (var line in text.Split((byte)'\n'))
        {
            Add(text[line].Trim((byte)'\r').ToArray(), found);
        }
    }

    private static void ReadEvents(ReadOnlySpan<byte> text, List<JsonDocument> found)
    {
        var data = new List<byte>();
        foreach (var range in text.Split((byte)'\n'))
        {
            var line = text[range].TrimEnd((byte)'\r');
            if (line.IsEmpty)
            {
                Add([.. data], found);
                data.Clear();
            }
            else if (line.StartsWith("data:"u8))
            {
                data.AddRange(line["data:"u8.Length..].TrimStart((byte)' '));
            }
        }

        Add([.. data], found);
    }

    private static void Add(byte[] json, List<JsonDocument> found)
    {
        if (json.Length == 0 || json[0] != (byte)'{')
        {
            return;
        }

        try
        {
            found.Add(JsonDocument.Parse(json));
        }
        catch (JsonException)
        {
            // The last one of a cut answer, or "[DONE]".
        }
    }
}
