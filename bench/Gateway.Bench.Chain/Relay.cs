using System.Net;

namespace Gateway.Bench.Chain;

/// <summary>
/// One hop: method, path, headers and bytes go on as they came, the answer comes back read by read. Nothing else, so that the difference
/// between this and the gateway is what the gateway does.
/// </summary>
internal sealed class Relay(Uri next) : IDisposable
{
    private readonly HttpMessageInvoker _client = new(new SocketsHttpHandler
    {
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        AutomaticDecompression = DecompressionMethods.None,
        ActivityHeadersPropagator = null,
        PooledConnectionLifetime = Timeout.InfiniteTimeSpan,
        PooledConnectionIdleTimeout = TimeSpan.FromMinutes(10),
    });

    public async Task InvokeAsync(HttpContext context)
    {
        using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), new Uri(next, context.Request.Path));
        if (context.Request.ContentLength > 0)
        {
            request.Content = new StreamContent(context.Request.Body);
        }

        foreach (var (name, values) in context.Request.Headers)
        {
            if (!IsPerConnection(name) && !request.Headers.TryAddWithoutValidation(name, (string?)values))
            {
                request.Content?.Headers.TryAddWithoutValidation(name, (string?)values);
            }
        }

        using var response = await _client.SendAsync(request, context.RequestAborted);
        context.Response.StatusCode = (int)response.StatusCode;
        CopyHeaders(response.Headers.NonValidated, context.Response.Headers);
        CopyHeaders(response.Content.Headers.NonValidated, context.Response.Headers);

        await using var body = await response.Content.ReadAsStreamAsync(context.RequestAborted);
        var writer = context.Response.BodyWriter;
        while (await body.ReadAsync(writer.GetMemory(4096), context.RequestAborted) is var read and > 0)
        {
            writer.Advance(read);
            await writer.FlushAsync(context.RequestAborted);
        }
    }

    public void Dispose() => _client.Dispose();

    private static void CopyHeaders(System.Net.Http.Headers.HttpHeadersNonValidated from, IHeaderDictionary to)
    {
        foreach (var (name, values) in from)
        {
            if (!IsPerConnection(name))
            {
                to[name] = values.ToString();
            }
        }
    }

    private static bool IsPerConnection(string name) =>
        name.Equals("Host", StringComparison.OrdinalIgnoreCase)
        || name.Equals("Connection", StringComparison.OrdinalIgnoreCase)
        || name.Equals("Transfer-Encoding", StringComparison.OrdinalIgnoreCase);
}
