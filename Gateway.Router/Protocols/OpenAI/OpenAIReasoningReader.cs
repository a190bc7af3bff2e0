using System.Text.Json;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.OpenAI;

/// <summary>Reads the reasoning that a client sends back: <c>reasoning_details</c> with its signatures, else the plain text.</summary>
internal static class OpenAIReasoningReader
{
    public static void Read(JsonElement message, NeutralTurn turn)
    {
        var path = turn.Path;
        var plain = OpenAIField.OptionalText(OpenAIField.Member(message, "reasoning_content"u8), path.At("reasoning_content"));
        var plainPath = path.At(plain is null ? "reasoning" : "reasoning_content");
        plain ??= OpenAIField.OptionalText(OpenAIField.Member(message, "reasoning"u8), path.At("reasoning"));

        var details = OpenAIField.Member(message, "reasoning_details"u8);
        if (OpenAIField.IsAbsent(details) || OpenAIField.List(details, path.At("reasoning_details")).GetArrayLength() == 0)
        {
            if (plain is { Length: > 0 })
            {
                turn.Parts.Add(new ReasoningPart(plain, plainPath));
            }

            return;
        }

        var isOnly = details.GetArrayLength() == 1;
        var index = 0;
        foreach (var detail in details.EnumerateArray())
        {
            var at = path with { Inner = "reasoning_details", InnerIndex = index++ };
            OpenAIField.Object(detail, at);
            if (OpenAIField.OptionalText(OpenAIField.Member(detail, "data"u8), at.At("data")) is { } data)
            {
                turn.Parts.Add(new ReasoningPart("", at) { Redacted = data });
                continue;
            }

            var text = OpenAIField.OptionalText(OpenAIField.Member(detail, "text"u8), at.At("text"))
                ?? OpenAIField.OptionalText(OpenAIField.Member(detail, "summary"u8), at.At("summary")) ?? "";

            // Clients that join a stream may keep the signature and lose its text, which stands in the plain member, too.
            turn.Parts.Add(new ReasoningPart(text.Length == 0 && isOnly ? plain ?? "" : text, at)
            {
                Signature = OpenAIField.OptionalText(OpenAIField.Member(detail, "signature"u8), at.At("signature")),
            });
        }
    }
}
