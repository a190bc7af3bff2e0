using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;

namespace Gateway.EndToEnd.Tests.Budgets;

/// <summary>What a client saw of one request.</summary>
/// <param name="Status">0 when the connection broke.</param>
/// <param name="Code">Code of the error; empty for none.</param>
internal sealed record BudgetAnswer(int Status, string Code, string Id, string? RetryAfter, string? RetryAfterMs, string? ShouldRetry, string? Degraded, TimeSpan Took)
{
    public bool IsServed => Status == 200;
}

/// <summary>A budget as <c>/v1/usage/me</c> tells of it. Nano-USD.</summary>
/// <param name="Spent">Null while nobody can know.</param>
internal readonly record struct BudgetView(string Scope, long Limit, long? Spent, long? Held)
{
    public bool IsKept => Spent is null || Spent + Held <= Limit;
}

/// <summary>Sends requests of a known price.</summary>
internal sealed class BudgetClient(GatewayRig rig) : IDisposable
{
    private readonly HttpClient[] _edges = [.. Enumerable.Range(0, rig.Edges.Count).Select(edge => rig.Client(key: null, edge))];

    /// <summary>One request whose answer has as many tokens as it asks for.</summary>
    public async Task<BudgetAnswer> SendAsync(int number, string key, string model = "priced", string directives = "", CancellationToken cancellationToken = default)
    {
        var started = TimeProvider.System.GetTimestamp();
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/chat/completions")
        {
            Content = JsonContent.Create(new
            {
                model,
                max_tokens = BudgetDocument.Tokens,
                user = $"{key}:{number}",
                messages = new[] { new { role = "user", content = $"[sim tokens={BudgetDocument.Tokens} {directives}] request {number}" } },
            }),
        };
        request.Headers.Authorization = new("Bearer", BudgetDocument.Secret(key));
        try
        {
            using var response = await _edges[number % _edges.Length].SendAsync(request, cancellationToken);
            var body = await response.Content.ReadAsStringAsync(cancellationToken);
            var code = response.IsSuccessStatusCode ? "" : CodeOf(body);
            return new((int)response.StatusCode, code, One(response, "x-gateway-request-id") ?? "", One(response, "retry-after"), One(response, "retry-after-ms"), One(response, "x-should-retry"),
                One(response, "x-gateway-degraded"), TimeProvider.System.GetElapsedTime(started));
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            return new(0, error.GetType().Name, "", null, null, null, null, TimeProvider.System.GetElapsedTime(started));
        }
    }

    /// <summary>The budgets of a key as one Edge sees them.</summary>
    public async Task<IReadOnlyList<BudgetView>> BudgetsAsync(string key, int edge = 0, CancellationToken cancellationToken = default)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/v1/usage/me");
        request.Headers.Authorization = new("Bearer", BudgetDocument.Secret(key));
        using var response = await _edges[edge].SendAsync(request, cancellationToken);
        var body = await response.Content.ReadAsStringAsync(cancellationToken);
        Assert.True(response.IsSuccessStatusCode, body);
        using var json = JsonDocument.Parse(body);
        return [.. json.RootElement.GetProperty("budgets").EnumerateArray().Select(static budget =>
            new BudgetView($"{budget.GetProperty("scope").GetString()}:{budget.GetProperty("owner").GetString()}", Nano(budget, "limit_usd")!.Value, Nano(budget, "spent_usd"), Nano(budget, "held_usd")))];
    }

    public void Dispose()
    {
        foreach (var edge in _edges)
        {
            edge.Dispose();
        }
    }

    private static long? Nano(JsonElement budget, string name) =>
        budget.GetProperty(name).GetString() is { } text ? (long)(decimal.Parse(text, CultureInfo.InvariantCulture) * BudgetDocument.DollarNanoUsd) : null;

    private static string? One(HttpResponseMessage response, string name) => response.Headers.TryGetValues(name, out var values) ? string.Join(',', values) : null;

    private static string CodeOf(string body)
    {
        try
        {
            using var json = JsonDocument.Parse(body);
            return json.RootElement.GetProperty("error").GetProperty("code").GetString() ?? "";
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return body;
        }
    }
}
