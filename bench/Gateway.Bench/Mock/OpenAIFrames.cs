namespace Gateway.Bench.Mock;

/// <summary>Chat completions of OpenAI, plain and streamed.</summary>
internal sealed class OpenAIFrames() : MockFrames(IdMark, Message, TokenFrame, TokenFrame)
{
    /// <summary>Stands before the answer's id in every answer and frame.</summary>
    public const string IdMark = "chatcmpl-";

    private static string TokenFrame => Frame($$$""","choices":[{"index":0,"delta":{"content":"{{{TokenText}}}"},"logprobs":null,"finish_reason":null}]}""");

    protected override string LastFrames(int tokens) =>
        Frame(""","choices":[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}]}""")
        + Frame($$$""","choices":[],"usage":{"prompt_tokens":{{{PromptTokens}}},"completion_tokens":{{{tokens}}},"total_tokens":{{{PromptTokens + tokens}}}}}""")
        + "data: [DONE]\n\n";

    private static string Frame(string rest) =>
        $$"""data: {"id":"{{Zeros(IdMark)}}","object":"chat.completion.chunk","created":1750000000,"model":"bench-upstream","system_fingerprint":"fp_bench"{{rest}}""" + "\n\n";

    private static (string Start, string End) Message => (
        $$"""{"id":"{{Zeros(IdMark)}}","object":"chat.completion","created":1750000000,"model":"bench-upstream","choices":[{"index":0,"message":{"role":"assistant","content":" """,
        $$$""" ","refusal":null},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":{{{PromptTokens}}},"completion_tokens":{{{AnswerTokens}}},"total_tokens":{{{PromptTokens + AnswerTokens}}}},"system_fingerprint":"fp_bench"}""");
}
