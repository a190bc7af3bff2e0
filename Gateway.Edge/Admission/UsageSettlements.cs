using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Gateway.Core;
using Gateway.Core.Admission.Shared;
using Gateway.Core.Context;

namespace Gateway.Edge.Admission;

/// <summary>Asks the Usage service. Asks once: repeating is the business of whoever calls.</summary>
internal sealed class UsageSettlements(IHttpClientFactory clients, ContextToken tokens, ILogger<UsageSettlements> logger) : IUsageSettlements
{
    public const string HttpClientName = "usage-settlements";

    private volatile bool _wasTold;

    public static void Configure(HttpClient http)
    {
        http.BaseAddress = new Uri("https+http://usage/");
        http.Timeout = TimeSpan.FromSeconds(1);    // requests may wait for it
        http.MaxResponseContentBufferSize = 1024 * 1024;
    }

    public static SocketsHttpHandler CreateHandler() => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        UseProxy = false,
        ConnectTimeout = TimeSpan.FromSeconds(1),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
    };

    public async ValueTask<IReadOnlyList<long>?> SpentAsync(SpentQuery query, CancellationToken cancellationToken)
    {
        var reply = await PostAsync(UsageContract.BudgetsPath, query, UsageContractJson.Default.SpentQuery, UsageContractJson.Default.SpentReply, cancellationToken);
        return Checked(reply?.Spent is { } spent && spent.Count == query.Slots.Count, reply)?.Spent;
    }

    public async ValueTask<IReadOnlyList<SettledRequest>?> SettledAsync(SettledQuery query, CancellationToken cancellationToken)
    {
        var reply = await PostAsync(UsageContract.SettledPath, query, UsageContractJson.Default.SettledQuery, UsageContractJson.Default.SettledReply, cancellationToken);
        return Checked(reply?.Settled is not null, reply)?.Settled;
    }

    private TReply? Checked<TReply>(bool isGood, TReply? reply)
        where TReply : class
    {
        if (reply is null)
        {
            return null;
        }

        if (!isGood)
        {
            return Failed<TReply>("unreadable answer");
        }

        if (_wasTold)
        {
            _wasTold = false;
            logger.UsageTelling();
        }

        return reply;
    }

    private async ValueTask<TReply?> PostAsync<TQuery, TReply>(string path, TQuery query, JsonTypeInfo<TQuery> queryType, JsonTypeInfo<TReply> replyType, CancellationToken cancellationToken)
        where TReply : class
    {
        using var http = clients.CreateClient(HttpClientName);
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(query, queryType)) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.TryAddWithoutValidation(GatewayHeaders.Context, tokens.Sign(new ContextClaims
        {
            Audience = ContextAudience.Usage,
            Role = ContextRole.Service,
            RequestId = Guid.NewGuid(),
            Path = path,
            ExpiresUnixMs = tokens.ExpiryFromNow(),
        }));

        try
        {
            using var response = await http.SendAsync(request, cancellationToken);
            if (response.StatusCode is not HttpStatusCode.OK)
            {
                return Failed<TReply>($"status {(int)response.StatusCode}");
            }

            await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
            return await JsonSerializer.DeserializeAsync(body, replyType, cancellationToken) ?? Failed<TReply>("empty answer");
        }
        catch (HttpRequestException exception)
        {
            return Failed<TReply>($"cannot be reached: {exception.HttpRequestError}");
        }
        catch (Exception exception) when (exception is JsonException or IOException)
        {
            return Failed<TReply>("unreadable answer");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Failed<TReply>("no answer in time");
        }
    }

    private TReply? Failed<TReply>(string error)
        where TReply : class
    {
        if (!_wasTold)
        {
            _wasTold = true;
            logger.UsageNotTelling(error);
        }

        return null;
    }
}
