using System.Net;
using Gateway.Core.Capture;
using Gateway.Core.Context;
using Gateway.Router.Settlement;

namespace Gateway.Router.Capture;

internal enum ContentReply
{
    Taken,

    /// <summary>It will never be taken.</summary>
    Refused,

    /// <summary>Another time, perhaps.</summary>
    Away,
}

/// <summary>Posts captured content to Usage, once. Its own client: it must not stand in the way of the ledger's batches.</summary>
internal sealed class ContentClient(IHttpClientFactory clients, ContextToken tokens)
{
    public const string HttpClientName = "usage-content";

    /// <returns>What became of it and why; never a host name.</returns>
    public async Task<(ContentReply Reply, string Reason)> SendAsync(ReadOnlyMemory<byte> frames, CancellationToken cancellationToken)
    {
        using var http = clients.CreateClient(HttpClientName);
        using var request = UsageClient.Request(tokens, ContentShipment.Path, ContentShipment.ContentType, frames);
        try
        {
            using var response = await http.SendAsync(request, cancellationToken);
            return (response.StatusCode switch
            {
                HttpStatusCode.NoContent => ContentReply.Taken,
                HttpStatusCode.BadRequest or HttpStatusCode.RequestEntityTooLarge => ContentReply.Refused,
                // A Usage of another version, too: it may be the next that answers.
                _ => ContentReply.Away,
            }, $"status {(int)response.StatusCode}");
        }
        catch (HttpRequestException exception)
        {
            return (ContentReply.Away, $"cannot be reached: {exception.HttpRequestError}");
        }
        catch (IOException)
        {
            return (ContentReply.Away, "the connection broke");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (ContentReply.Away, "no answer in time");
        }
    }
}
