namespace Gateway.Core.Requests;

/// <summary>What a body asks of a model, read only where a candidate says what it can do or how much it holds.</summary>
/// <param name="Capabilities">Everything that the model must be able to do.</param>
/// <param name="EstimatedInputTokens">Tokens of the input as far as bytes tell.</param>
public readonly record struct RequestNeeds(ModelCapabilities Capabilities, long EstimatedInputTokens)
{
    private const int BytesPerToken = 4;

    /// <param name="operation">Says which protocol's fields count.</param>
    /// <param name="body">A body that <see cref="RequestFactsReader"/> has accepted.</param>
    public static RequestNeeds Read(LlmOperation operation, ReadOnlySpan<byte> body) => new(ModelCapabilities.None, body.Length / BytesPerToken);
}
