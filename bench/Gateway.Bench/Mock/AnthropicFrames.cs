namespace Gateway.Bench.Mock;

/// <summary>
/// Messages of Anthropic, plain and streamed: as many pieces of text as OpenAI's chunks, the same text in each, at the same times.
/// </summary>
/// <remarks>
/// A translation gives its answer an id of its own, so the mock's id stands in the text as well: in the first piece of a stream, and nowhere
/// else, so that all other pieces are the same in both protocols.
/// </remarks>
internal sealed class AnthropicFrames() : MockFrames(IdMark, Plain, Opening + TokenFrame(Zeros(IdMark) + " "), TokenFrame(""))
{
    /// <summary>Stands before the answer's id, in the message's own id and in its text.</summary>
    public const string IdMark = "answer-";

    private static string Opening =>
        Event("message_start", $$$""","message":{{{{Message}}},"content":[],"stop_reason":null,"stop_sequence":null,{{{Usage(1)}}}}}""")
        + Event("content_block_start", ""","index":0,"content_block":{"type":"text","text":""}}""");

    private static string Message => $"\"id\":\"msg_{Zeros(IdMark)}\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"bench-upstream\"";

    protected override string LastFrames(int tokens) =>
        Event("content_block_stop", ""","index":0}""")
        + Event("message_delta", $$$""","delta":{"stop_reason":"end_turn","stop_sequence":null},{{{Usage(tokens)}}}}""")
        + Event("message_stop", "}");

    private static string TokenFrame(string before) =>
        Event("content_block_delta", $$$""","index":0,"delta":{"type":"text_delta","text":"{{{before}}}{{{TokenText}}}"}}""");

    // The type first, as the service writes it.
    private static string Event(string type, string rest) => $$"""event: {{type}}""" + "\n" + $$"""data: {"type":"{{type}}"{{rest}}""" + "\n\n";

    private static string Usage(int output) =>
        $$"""
        "usage":{"input_tokens":{{PromptTokens}},"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":{{output}}}
        """;

    private static (string Start, string End) Plain => (
        $$"""{{{Message}},"content":[{"type":"text","text":"{{Zeros(IdMark)}} """,
        $$""" "}],"stop_reason":"end_turn","stop_sequence":null,{{Usage(AnswerTokens)}}}""");
}
