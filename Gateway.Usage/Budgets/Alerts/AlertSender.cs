using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using System.Threading.Channels;
using Gateway.Core.Http;
using Microsoft.Extensions.Options;

namespace Gateway.Usage.Budgets.Alerts;

/// <summary>
/// Calls webhooks, a few at once, each several times if it must. A receiver that hangs holds up no more than itself; of too many messages the oldest are dropped.
/// Thread-safe.
/// </summary>
internal sealed class AlertSender : BackgroundService
{
    private const int Together = 8;
    private const int MostWaiting = 1000;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan[] Pauses = [TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(16)];

    private readonly Channel<(AlertMessage Message, Uri Webhook)> _waiting;
    private readonly HttpClient _http;
    private readonly BudgetOptions _options;
    private readonly TimeProvider _time;
    private readonly BudgetMetrics _metrics;
    private readonly ILogger<AlertSender> _logger;

    public AlertSender(IOptions<BudgetOptions> options, TimeProvider time, BudgetMetrics metrics, ILogger<AlertSender> logger)
    {
        (_options, _time, _metrics, _logger) = (options.Value, time, metrics, logger);
        _waiting = Channel.CreateBounded<(AlertMessage, Uri)>(new BoundedChannelOptions(MostWaiting) { FullMode = BoundedChannelFullMode.DropOldest }, _ => Dropped());

        // No redirects: the address that was checked is the one that is told.
        _http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false, ConnectTimeout = Patience, ConnectCallback = ConnectAsync })
        {
            Timeout = Timeout.InfiniteTimeSpan,    // per attempt, by our clock
        };
    }

    /// <summary>In the background.</summary>
    /// <param name="webhook">Null for none: then the log alone has it.</param>
    public void Post(AlertMessage message, Uri? webhook)
    {
        if (webhook is null)
        {
            _metrics.Alert("logged");
            return;
        }

        _waiting.Writer.TryWrite((message, webhook));
    }

    public override void Dispose()
    {
        _http.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await Parallel.ForEachAsync(
                _waiting.Reader.ReadAllAsync(stoppingToken), new ParallelOptions { MaxDegreeOfParallelism = Together, CancellationToken = stoppingToken },
                (alert, cancellationToken) => SendAsync(alert.Message, alert.Webhook, cancellationToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The log has what was not told.
        }
    }

    private async ValueTask SendAsync(AlertMessage message, Uri webhook, CancellationToken cancellationToken)
    {
        var body = JsonSerializer.SerializeToUtf8Bytes(message, AlertJson.Default.AlertMessage);
        for (var attempt = 0; ; attempt++)
        {
            if (await TrySendAsync(body, webhook, cancellationToken) is not { } reason)
            {
                _metrics.Alert("sent");
                return;
            }

            if (attempt == Pauses.Length)
            {
                _logger.WebhookFailed(message.Scope, message.Window, message.Percent, attempt + 1, reason);
                _metrics.Alert("failed");
                return;
            }

            await Task.Delay(Pauses[attempt], _time, cancellationToken);
        }
    }

    /// <returns>Why it was not taken, never with an address; null when it was.</returns>
    private async Task<string?> TrySendAsync(byte[] body, Uri webhook, CancellationToken cancellationToken)
    {
        using var over = new CancellationTokenSource(Patience, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(over.Token, cancellationToken);
        using var request = new HttpRequestMessage(HttpMethod.Post, webhook) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            return response.IsSuccessStatusCode ? null : $"status {(int)response.StatusCode}";
        }
        catch (HttpRequestException exception)
        {
            return exception.InnerException is WebhookAddressException refused ? refused.Message : $"cannot be reached: {exception.HttpRequestError}";
        }
        catch (Exception exception) when (exception is IOException or InvalidOperationException)
        {
            return "cannot be reached";
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return "no answer in time";
        }
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var addresses = await Dns.GetHostAddressesAsync(context.DnsEndPoint.Host, cancellationToken);
        var permitted = Array.FindAll(addresses, address => _options.PrivateWebhooks || PublicAddress.IsPublic(address));
        if (permitted.Length == 0)
        {
            throw new WebhookAddressException();
        }

        // To the very addresses that were checked: a second look-up could answer others.
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(permitted, context.DnsEndPoint.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private void Dropped()
    {
        _metrics.Alert("dropped");
        _logger.AlertDropped();
    }

    private sealed class WebhookAddressException()
        : IOException("its name leads only to loopback, private or link-local addresses; if that is meant, set Gateway:Budgets:PrivateWebhooks to true");
}
