using System.Text;
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

        Block? open = null;
        var first = turn.Parts.Count;
        var index = 0;
        foreach (var detail in details.EnumerateArray())
        {
            var at = path with { Inner = "reasoning_details", InnerIndex = index++ };
            OpenAIField.Object(detail, at);
            if (OpenAIField.OptionalText(OpenAIField.Member(detail, "data"u8), at.At("data")) is { } data)
            {
                Close(ref open, turn);
                turn.Parts.Add(new ReasoningPart("", at) { Redacted = data });
                continue;
            }

            var text = OpenAIField.OptionalText(OpenAIField.Member(detail, "text"u8), at.At("text"))
                ?? OpenAIField.OptionalText(OpenAIField.Member(detail, "summary"u8), at.At("summary"));
            var signature = OpenAIField.OptionalText(OpenAIField.Member(detail, "signature"u8), at.At("signature"));
            var number = OpenAIField.OptionalInteger(OpenAIField.Member(detail, "index"u8), at.At("index"));
            if (open is not null && (number is null ? open.Signature is not null : number != open.Number))
            {
                Close(ref open, turn);
            }

            open ??= new Block(number, at);
            open.Text.Append(text);
            open.Signature = signature is null ? open.Signature : open.Signature + signature;
        }

        Close(ref open, turn);
        if (turn.Parts.Count == first + 1 && turn.Parts[first] is ReasoningPart { Text: "", Redacted: null } only)
        {
            // Clients may keep the signature and lose the text in the details; it stands in the plain member, too.
            turn.Parts[first] = only with { Text = plain ?? "" };
        }
    }

    private static void Close(ref Block? open, NeutralTurn turn)
    {
        if (open is not null)
        {
            turn.Parts.Add(new ReasoningPart(open.Text.ToString(), open.Path) { Signature = open.Signature });
            open = null;
        }
    }

    /// <summary>Pieces that a client kept as they came in a stream are one block again: the signature proves the whole of it.</summary>
    private sealed class Block(long? number, SourcePath path)
    {
        public long? Number { get; } = number;

        public SourcePath Path { get; } = path;

        public StringBuilder Text { get; } = new();

        public string? Signature { get; set; }
    }
}
