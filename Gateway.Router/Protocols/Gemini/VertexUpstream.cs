using System.Text.Json;
using Gateway.Core.Requests;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Gemini;

/// <summary>
/// Gemini models on Google Cloud as an upstream. The base URL ends in <c>/publishers/google</c>. Counting takes the bare request, and
/// embeddings are predictions there; all else is Gemini's.
/// </summary>
internal sealed class VertexUpstream(GoogleTokens tokens) : GeminiFamily
{
    public VertexUpstream() : this(new GoogleTokens())
    {
    }

    protected override bool IsVertex => true;

    public override bool PassesThrough(ClientCall call, UpstreamTraits traits) => call.Operation == LlmOperation.GenerateContent && !call.AsArray;

    public override string CredentialFor(string key) => tokens.Register(key);

    public override async ValueTask AuthorizeAsync(HttpRequestMessage request, string credential, ReadOnlyMemory<byte> body, CancellationToken cancellationToken) =>
        request.Headers.TryAddWithoutValidation("Authorization", await tokens.HeaderAsync(credential, cancellationToken));

    public override void WriteEmbeddings(Translation translation, NeutralEmbeddingRequest request, Utf8JsonWriter json) => VertexEmbeddings.Write(translation, request, json);

    public override NeutralEmbeddings ReadEmbeddings(ReadOnlySpan<byte> document) => VertexEmbeddings.Read(document);
}
