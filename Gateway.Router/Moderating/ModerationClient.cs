using System.Net;
using System.Text.Json;
using Gateway.Core;
using Gateway.Core.Context;
using Gateway.Core.Requests;
using Gateway.Router.Pipeline;

namespace Gateway.Router.Moderating;

/// <summary>Asks the Moderation service about one request. Any answer that is not exactly right throws: silence is no consent.</summary>
internal sealed class ModerationClient(IHttpClientFactory clients, ContextToken tokens)
{
    public const string HttpClientName = "moderation";
    private const string AnswerHeader = "x-gateway-moderation";
    private const int MaxBlockBytes = 64 * 1024;

    /// <exception cref="HttpRequestException">The service could not be reached or its answer is not valid.</exception>
    public async ValueTask<ModerationVerdict> AskAsync(LlmExchange exchange, CancellationToken cancellationToken)
    {
        var path = PathFor(exchange.Endpoint.Operation);
        var body = exchange.Body;
        using var request = new HttpRequestMessage(HttpMethod.Post, path)
        {
            Version = HttpVersion.Version11,
            Content = new HeldContent(body),
        };
        request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        request.Headers.TryAddWithoutValidation(GatewayHeaders.Context, tokens.Sign(new ContextClaims
        {
            Audience = ContextAudience.Moderation,
            Role = ContextRole.Service,
            RequestId = exchange.RequestId,
            Path = path,
            ExpiresUnixMs = tokens.ExpiryFromNow(),
            ModerationPolicy = exchange.Claims.ModerationPolicy,
        }));

        using var client = clients.CreateClient(HttpClientName);
        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (answer.StatusCode is not (HttpStatusCode.OK or HttpStatusCode.NoContent))
        {
            throw new HttpRequestException("The Moderation service answered an error.", inner: null, answer.StatusCode);
        }

        // An answer for another request must never be taken for this one's.
        if (!string.Equals(Header(answer, GatewayHeaders.RequestId), exchange.RequestId.ToString("N"), StringComparison.Ordinal))
        {
            throw new HttpRequestException("The Moderation service answered for another request.");
        }

        var verdict = Header(answer, AnswerHeader) switch
        {
            "allow" => new ModerationVerdict(ModerationAnswer.Allow),
            "redact" => new ModerationVerdict(ModerationAnswer.Redact, await ReadAsync(answer, exchange.Config.Server.MaxBodyBytes, cancellationToken)),
            "block" => await ReadBlockAsync(answer, cancellationToken),
            _ => throw new HttpRequestException("The Moderation service did not say what to do."),
        };
        return verdict with { IsDegraded = answer.Headers.NonValidated.Contains(GatewayHeaders.Degraded) };
    }

    public static string PathFor(LlmOperation operation) => operation switch
    {
        LlmOperation.ChatCompletions => "/internal/moderation/chat",
        LlmOperation.Completions => "/internal/moderation/completions",
        LlmOperation.Embeddings => "/internal/moderation/embeddings",
        LlmOperation.Responses or LlmOperation.ResponsesInputTokens => "/internal/moderation/responses",
        LlmOperation.Messages or LlmOperation.MessagesCountTokens => "/internal/moderation/messages",
        LlmOperation.GenerateContent or LlmOperation.GeminiCountTokens => "/internal/moderation/generate-content",
        LlmOperation.EmbedContent or LlmOperation.BatchEmbedContents => "/internal/moderation/embed-content",
        LlmOperation.OllamaChat => "/internal/moderation/ollama-chat",
        LlmOperation.OllamaGenerate => "/internal/moderation/ollama-generate",
        LlmOperation.OllamaEmbed or LlmOperation.OllamaEmbeddings => "/internal/moderation/ollama-embed",
        LlmOperation.ImageGenerations => "/internal/moderation/images",
        LlmOperation.Speech => "/internal/moderation/speech",
        LlmOperation.Rerank => "/internal/moderation/rerank",
        LlmOperation.ImageEdits or LlmOperation.ImageVariations or LlmOperation.Transcriptions or LlmOperation.SpeechTranslations or LlmOperation.Files =>
            throw new InvalidOperationException("Moderation reads no forms."),
        LlmOperation.Moderations or LlmOperation.Converse or LlmOperation.BedrockCountTokens => throw new InvalidOperationException("Such requests do not come from clients, or are moderation themselves."),
    };

    private static string? Header(HttpResponseMessage answer, string name) =>
        answer.Headers.NonValidated.TryGetValues(name, out var values) && values.Count == 1 ? values.ToString() : null;

    private static async ValueTask<ModerationVerdict> ReadBlockAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        var body = await ReadAsync(answer, MaxBlockBytes, cancellationToken);
        try
        {
            var block = JsonSerializer.Deserialize(body.Span, ModerationJson.Default.ModerationBlock);
            return block is { Message.Length: > 0 }
                ? new ModerationVerdict(ModerationAnswer.Block, Message: block.Message, Check: block.Check)
                : throw new HttpRequestException("The Moderation service blocked without a message.");
        }
        finally
        {
            body.Release();
        }
    }

    private static async ValueTask<RequestBody> ReadAsync(HttpResponseMessage answer, long limit, CancellationToken cancellationToken)
    {
        await using var stream = await answer.Content.ReadAsStreamAsync(cancellationToken);
        var length = answer.Content.Headers.ContentLength ?? limit;
        return length <= limit && await PooledReading.ReadAsync(stream, answer.Content.Headers.ContentLength, limit, cancellationToken) is { } body
            ? body : throw new HttpRequestException("The answer of the Moderation service is too large.");
    }

    /// <summary>The client's body, held in its buffer for as long as it is being sent.</summary>
    private sealed class HeldContent(RequestBody body) : HttpContent
    {
        protected override bool TryComputeLength(out long length)
        {
            length = body.Length;
            return true;
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            body.BeginRead();
            try
            {
                await stream.WriteAsync(body.Memory, cancellationToken);
            }
            finally
            {
                body.EndRead();
            }
        }
    }
}
