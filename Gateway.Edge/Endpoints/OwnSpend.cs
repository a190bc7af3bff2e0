using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Core.Context;
using Gateway.Core.Errors;
using Gateway.Edge.Forwarding;
using Gateway.Edge.VirtualKeys;

namespace Gateway.Edge.Endpoints;

/// <summary>
/// Asks Usage what a key has spent by day. Callers may ask about themselves as often as they like, so an answer is kept for a while and few are asked for at a time. Thread-safe.
/// </summary>
internal sealed class OwnSpend(
    ServiceClient services, ContextToken tokens, TimeProvider time, [FromKeyedServices(ForwardingExtensions.Usage)] ServiceEndpoints usage) : IDisposable
{
    /// <summary>How long an answer holds.</summary>
    public static readonly TimeSpan Fresh = TimeSpan.FromSeconds(10);

    /// <summary>At Usage, which reads the key out of the signed context.</summary>
    private const string UsagePath = "/internal/usage/spend";

    private const string Parameter = "days";
    private const int UsualDays = 30;
    private const int MostDays = 90;
    private const int MostKept = 1000;
    private const int AtATime = 4;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private readonly Dictionary<(string Key, int Days), (DateTimeOffset Until, string Answer)> _kept = [];
    private readonly SemaphoreSlim _asking = new(AtATime, AtATime);

    /// <summary>How many days the caller wants to hear of, 0 for none.</summary>
    /// <exception cref="GatewayException">It is no such number.</exception>
    public static int ReadDays(IQueryCollection query)
    {
        if (!query.TryGetValue(Parameter, out var values))
        {
            return UsualDays;
        }

        return values is [{ } value] && int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var days) && days <= MostDays
            ? days
            : throw new GatewayException(GatewayErrorKind.InvalidRequest, string.Create(CultureInfo.InvariantCulture, $"'{Parameter}' must be a whole number from 0 to {MostDays}, once."), Parameter);
    }

    /// <returns>Members <c>days</c> and <c>total</c>; null when Usage does not answer.</returns>
    public async Task<JsonNode?> AskAsync(VirtualKey key, int days, HttpContext context)
    {
        var now = time.GetUtcNow();
        lock (_lock)
        {
            if (_kept.TryGetValue((key.Id, days), out var kept) && kept.Until > now)
            {
                return JsonNode.Parse(kept.Answer);
            }
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        using var timer = time.CreateTimer(static source => ((CancellationTokenSource)source!).Cancel(), limit, Patience, Timeout.InfiniteTimeSpan);
        try
        {
            await _asking.WaitAsync(limit.Token);
            try
            {
                return await FetchAsync(key, days, context, limit.Token) is { } answer ? Keep(key, days, answer, now) : null;
            }
            finally
            {
                _asking.Release();
            }
        }
        catch (Exception failure) when (failure is HttpRequestException or JsonException or IOException || (failure is OperationCanceledException && !context.RequestAborted.IsCancellationRequested))
        {
            // The rest of the report is worth having.
            return null;
        }
    }

    public void Dispose() => _asking.Dispose();

    private async Task<string?> FetchAsync(VirtualKey key, int days, HttpContext context, CancellationToken cancellationToken)
    {
        var token = tokens.Sign(new ContextClaims
        {
            Audience = ContextAudience.Usage,
            Role = ContextRole.Client,
            RequestId = Guid.Parse(context.TraceIdentifier),
            Path = UsagePath,
            KeyId = key.Id,
            ExpiresUnixMs = tokens.ExpiryFromNow(),
        });
        var call = new ForwardedCall(
            usage, HttpMethod.Get, string.Create(CultureInfo.InvariantCulture, $"{UsagePath}?{Parameter}={days}"), token, Body: null, time.GetTimestamp(), Patience);
        using var answer = await services.SendAsync(call, context, cancellationToken);
        return answer is { IsSuccessStatusCode: true } ? await answer.Content.ReadAsStringAsync(cancellationToken) : null;
    }

    private JsonObject? Keep(VirtualKey key, int days, string answer, DateTimeOffset now)
    {
        if (JsonNode.Parse(answer) is not JsonObject parsed)
        {
            return null;
        }

        lock (_lock)
        {
            if (_kept.Count >= MostKept)
            {
                _kept.Clear();
            }

            _kept[(key.Id, days)] = (now + Fresh, answer);
        }

        return parsed;
    }
}
