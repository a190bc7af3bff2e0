using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Gateway.Core;
using Gateway.Core.Context;
using Gateway.Core.Journal;

namespace Gateway.Router.Settlement;

/// <summary>What the Usage service said to a batch.</summary>
/// <param name="Kind">Taken, out of order, or neither.</param>
/// <param name="Seq">Record up to which it holds all, or the one that it expects.</param>
/// <param name="Reason">Why neither; never a host name.</param>
internal readonly record struct ShipReply(ShipReplyKind Kind, long Seq = 0, string Reason = "");

internal enum ShipReplyKind
{
    Accepted,
    Gap,
    Failed,
}

/// <summary>Posts batches to the Usage service. Sends each once: repeating is the shipper's business.</summary>
internal sealed class UsageClient(IHttpClientFactory clients, ContextToken tokens)
{
    public const string HttpClientName = "usage-batches";

    public static void Configure(HttpClient http)
    {
        http.BaseAddress = new Uri("https+http://usage/");
        http.Timeout = TimeSpan.FromSeconds(10);    // a batch waits for the ledger's disk
    }

    public static SocketsHttpHandler CreateHandler() => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        ConnectTimeout = TimeSpan.FromSeconds(1),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    };

    /// <summary>A request to an internal endpoint of Usage, signed as this Router's own.</summary>
    public static HttpRequestMessage Request(ContextToken tokens, string path, string contentType, ReadOnlyMemory<byte> content)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ReadOnlyMemoryContent(content) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
        request.Headers.TryAddWithoutValidation(GatewayHeaders.Context, tokens.Sign(new ContextClaims
        {
            Audience = ContextAudience.Usage,
            Role = ContextRole.Service,
            RequestId = Guid.NewGuid(),
            Path = path,
            ExpiresUnixMs = tokens.ExpiryFromNow(),
        }));
        return request;
    }

    public async Task<ShipReply> SendAsync(ReadOnlyMemory<byte> batch, CancellationToken cancellationToken)
    {
        using var http = clients.CreateClient(HttpClientName);
        using var request = Request(tokens, UsageBatch.Path, UsageBatch.ContentType, batch);
        try
        {
            using var response = await http.SendAsync(request, cancellationToken);
            return response.StatusCode switch
            {
                HttpStatusCode.OK => await ReadAcceptedAsync(response, cancellationToken),
                HttpStatusCode.Conflict => await ReadGapAsync(response, cancellationToken),
                _ => Failed($"status {(int)response.StatusCode}"),
            };
        }
        catch (HttpRequestException exception)
        {
            return Failed($"cannot be reached: {exception.HttpRequestError}");
        }
        catch (Exception exception) when (exception is JsonException or IOException)
        {
            return Failed("unreadable answer");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Failed("no answer in time");
        }
    }

    private static async Task<ShipReply> ReadAcceptedAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        var accepted = await JsonSerializer.DeserializeAsync(body, UsageBatchJson.Default.UsageBatchAccepted, cancellationToken);
        return accepted is null ? Failed("empty answer") : new ShipReply(ShipReplyKind.Accepted, accepted.ToSeq);
    }

    private static async Task<ShipReply> ReadGapAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        var gap = await JsonSerializer.DeserializeAsync(body, UsageBatchJson.Default.UsageBatchGap, cancellationToken);
        return gap is null ? Failed("empty answer") : new ShipReply(ShipReplyKind.Gap, gap.ExpectedSeq);
    }

    private static ShipReply Failed(string reason) => new(ShipReplyKind.Failed, Reason: reason);
}
