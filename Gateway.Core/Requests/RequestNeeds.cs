using System.Text.Json;

namespace Gateway.Core.Requests;

/// <summary>What a body asks of a model, read only where a candidate says what it can do or how much it holds.</summary>
/// <param name="Capabilities">Everything that the model must be able to do.</param>
/// <param name="EstimatedInputTokens">
/// Tokens of the input as far as bytes tell: a token for every four bytes of text, 272 for a picture, or 85 for one of low detail.
/// </param>
public readonly record struct RequestNeeds(ModelCapabilities Capabilities, long EstimatedInputTokens)
{
    internal const int BytesPerToken = 4;
    internal const int TokensPerPicture = 272;
    internal const int TokensPerSmallPicture = 85;

    /// <summary>One forward pass over the body. Allocates nothing.</summary>
    /// <param name="operation">What is asked for: only chats need capabilities.</param>
    /// <param name="body">JSON that <see cref="RequestFactsReader"/> has accepted; of anything else only the length is seen.</param>
    public static RequestNeeds Read(LlmOperation operation, ReadOnlySpan<byte> body)
    {
        var byLength = new RequestNeeds(ModelCapabilities.None, body.Length / BytesPerToken);
        if (LlmOperations.IsForm(operation) || operation == LlmOperation.Files)
        {
            return byLength;
        }

        try
        {
            var scan = new NeedsScan(body);
            scan.Run();
            return new RequestNeeds(LlmOperations.KindOf(operation) == LlmKind.Chat ? scan.Capabilities : ModelCapabilities.None, scan.Tokens);
        }
        catch (Exception unreadable) when (unreadable is JsonException or InvalidOperationException)
        {
            // The second is what half a surrogate pair in a name or a value makes: the reader of the facts has looked at neither.
            return byLength;
        }
    }
}
