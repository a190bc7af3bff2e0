using System.Net;
using Gateway.Bench.Load;

namespace Gateway.Bench.Processes;

/// <summary>The few requests that are not load: health and a first chat request.</summary>
internal static class Http
{
    private static readonly HttpClient _client = new(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(10) };

    public static Task<string> GetAsync(int port, string path, CancellationToken cancellationToken) =>
        _client.GetStringAsync(new Uri($"http://127.0.0.1:{port}{path}"), cancellationToken);

    /// <summary>Waits until a GET answers with a success.</summary>
    public static async Task WaitAsync(ChildProcess process, int port, string path, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(patience);
        while (true)
        {
            if (process.HasExited)
            {
                throw new BenchException($"{process.Name} ended at once. Its last words:\n{process.LogTail()}");
            }

            try
            {
                await GetAsync(port, path, limit.Token);
                return;
            }
            catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
            {
                if (limit.IsCancellationRequested)
                {
                    throw new BenchException($"{process.Name} did not answer GET {path} within {patience.TotalSeconds:F0} s. Its last words:\n{process.LogTail()}");
                }

                await Task.Delay(50, cancellationToken);
            }
        }
    }

    /// <summary>One chat request as the generator sends it; throws with status and body unless it is answered with 200 and without a warning.</summary>
    /// <param name="patience">So long a 503 is asked again: counters of budgets are made from the ledger after a start.</param>
    public static async Task FirstRequestAsync(LoadPlan plan, TimeSpan patience, CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!await TryFirstRequestAsync(plan, mayBeUnready: TimeProvider.System.GetElapsedTime(started) < patience, cancellationToken))
        {
            await Task.Delay(100, cancellationToken);
        }
    }

    private static async Task<bool> TryFirstRequestAsync(LoadPlan plan, bool mayBeUnready, CancellationToken cancellationToken)
    {
        var raw = plan.BuildRequest();
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://127.0.0.1:{plan.Port}/v1/chat/completions")
        {
            Content = new ByteArrayContent(raw[(raw.AsSpan().IndexOf("\r\n\r\n"u8) + 4)..]),
        };
        request.Content.Headers.ContentType = new("application/json");
        request.Headers.Authorization = new("Bearer", plan.Key);
        try
        {
            using var response = await _client.SendAsync(request, cancellationToken);
            if (response.StatusCode == HttpStatusCode.ServiceUnavailable && mayBeUnready)
            {
                return false;
            }

            if (response.StatusCode != HttpStatusCode.OK)
            {
                var body = await response.Content.ReadAsStringAsync(cancellationToken);
                throw new BenchException($"the first request was answered {(int)response.StatusCode} {body[..Math.Min(body.Length, 300)]}");
            }

            // What is measured must arrive whole: a translation that drops something would look cheap.
            if (response.Headers.TryGetValues("x-gateway-warning", out var warnings))
            {
                throw new BenchException($"the first answer came with a warning: {string.Join(", ", warnings)}");
            }

            return true;
        }
        catch (HttpRequestException e)
        {
            throw new BenchException($"the first request failed: {e.Message}");
        }
    }
}
