using System.Text;
using System.Text.Json;

namespace Gateway.Router.Processors;

/// <summary>The text in a processor's answer, a chat completion.</summary>
internal static class ProcessorAnswer
{
    /// <summary>Longest text in UTF-8 bytes.</summary>
    public const int MaxTextBytes = 64 * 1024;

    /// <summary>Longest answer around it: a thinking model may say more than its text.</summary>
    public const int MaxBytes = 4 * MaxTextBytes;

    /// <param name="answer">The whole body.</param>
    /// <returns>Null where there is no text that may stand for the user's: none at all, a refusal, or one that was cut off.</returns>
    public static string? Read(ReadOnlyMemory<byte> answer)
    {
        try
        {
            using var document = JsonDocument.Parse(answer);
            if (!document.RootElement.TryGetProperty("choices", out var choices) || choices.GetArrayLength() == 0)
            {
                return null;
            }

            var choice = choices[0];
            if (choice.TryGetProperty("finish_reason", out var reason) && reason.ValueKind == JsonValueKind.String && (reason.ValueEquals("length"u8) || reason.ValueEquals("content_filter"u8)))
            {
                return null;
            }

            var text = choice.GetProperty("message").GetProperty("content").GetString();
            return string.IsNullOrWhiteSpace(text) || Encoding.UTF8.GetByteCount(text) > MaxTextBytes ? null : text;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or KeyNotFoundException)
        {
            return null;
        }
    }
}
