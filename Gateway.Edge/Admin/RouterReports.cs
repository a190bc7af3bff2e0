using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Core;
using Gateway.Core.Context;
using Gateway.Edge.Forwarding;

namespace Gateway.Edge.Admin;

/// <summary>Asks every Router that service discovery knows for the same thing, all at once. Thread-safe.</summary>
internal sealed class RouterReports(
    IHttpClientFactory clients, ContextToken tokens, TimeProvider time, [FromKeyedServices(ForwardingExtensions.Router)] ServiceEndpoints routers)
{
    /// <summary>Name of the client.</summary>
    public const string Client = "router-reports";

    /// <summary>One Router that hangs must not hide what the others say.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public const int MaxBytes = 16 * 1024 * 1024;

    /// <param name="path">At the Router.</param>
    /// <param name="role">On whose behalf; null where no context is wanted.</param>
    /// <param name="patience">How long each may take.</param>
    /// <returns>An answer for each address; null for one that gave no JSON object.</returns>
    public async Task<IReadOnlyList<JsonObject?>> AskAsync(string path, ContextRole? role, TimeSpan patience, CancellationToken cancellationToken)
    {
        var addresses = await routers.GetAsync(cancellationToken);
        return await Task.WhenAll(addresses.Select(address => AskAsync(new Uri(address.Root, path), path, role, patience, cancellationToken)));
    }

    private async Task<JsonObject?> AskAsync(Uri uri, string path, ContextRole? role, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        using var timer = time.CreateTimer(static source => ((CancellationTokenSource)source!).Cancel(), limit, patience, Timeout.InfiniteTimeSpan);
        try
        {
            using var client = clients.CreateClient(Client);
            using var request = new HttpRequestMessage(HttpMethod.Get, uri);
            if (role is { } known)
            {
                request.Headers.TryAddWithoutValidation(GatewayHeaders.Context, tokens.Sign(new ContextClaims
                {
                    Audience = ContextAudience.Router,
                    Role = known,
                    RequestId = Guid.CreateVersion7(time.GetUtcNow()),
                    Path = path,
                    ExpiresUnixMs = tokens.ExpiryFromNow(),
                }));
            }

            // Also what is no success may say something: a Router that is not ready tells why.
            using var answer = await client.SendAsync(request, limit.Token);
            return JsonNode.Parse(await answer.Content.ReadAsByteArrayAsync(limit.Token)) as JsonObject;
        }
        catch (Exception failure) when (failure is HttpRequestException or JsonException or IOException
            || (failure is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return null;
        }
    }
}
