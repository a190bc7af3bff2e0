using Gateway.Core.Requests;

namespace Gateway.Router.Protocols.Gemini;

/// <summary>Gemini's own API as an upstream. The base URL ends in the version (<c>/v1beta</c>).</summary>
internal sealed class GeminiUpstream : GeminiFamily
{
    protected override bool IsVertex => false;

    public override bool PassesThrough(ClientCall call, UpstreamTraits traits) => LlmOperations.ProtocolOf(call.Operation) == LlmProtocol.Gemini && !call.AsArray;

    public override ValueTask AuthorizeAsync(HttpRequestMessage request, string credential, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        request.Headers.TryAddWithoutValidation("x-goog-api-key", credential);
        return ValueTask.CompletedTask;
    }
}
