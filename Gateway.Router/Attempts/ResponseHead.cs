using System.Globalization;
using Gateway.Core;
using Gateway.Core.Journal;
using Gateway.Core.Money;
using Gateway.Core.Requests;
using Gateway.Router.Pipeline;
using Microsoft.Net.Http.Headers;

namespace Gateway.Router.Attempts;

/// <summary>Writes the head of an answer: a few headers of the upstream, by name, and what the gateway says about it.</summary>
internal static class ResponseHead
{
    /// <summary>
    /// Upstream's rate limit headers are not among them: they speak about the gateway's key, which every client shares.
    /// </summary>
    private static readonly string[] Passed = ["x-request-id", "openai-processing-ms", "openai-version", "retry-after", "retry-after-ms"];

    /// <summary>Overloaded, as one provider says it: no status that SDKs of OpenAI know.</summary>
    private const int SiteOverloaded = 529;

    /// <summary>The status that the client gets for an upstream's.</summary>
    /// <param name="client">Anthropic's clients know its own "overloaded"; the others get a 503.</param>
    public static int StatusFor(int upstream, LlmProtocol client) =>
        upstream == SiteOverloaded && client != LlmProtocol.Anthropic ? StatusCodes.Status503ServiceUnavailable : upstream;

    /// <param name="statusInside">The status that the answer should have had, where it came inside another one.</param>
    /// <param name="retryInBody">When to try again, where the upstream's body says it.</param>
    /// <returns>When the client is told to try again; null for an answer that does not say it.</returns>
    public static TimeSpan? Write(Attempt attempt, TimeSpan upstreamTime, int? statusInside = null, TimeSpan? retryInBody = null)
    {
        var (exchange, answer) = (attempt.Exchange, attempt.Answer);
        var response = exchange.Http.Response;
        var upstreamStatus = (int)answer.StatusCode;
        response.StatusCode = attempt.Outcome.Status = StatusFor(statusInside ?? upstreamStatus, exchange.Endpoint.Protocol);
        var headers = response.Headers;
        foreach (var name in Passed)
        {
            if (answer.Headers.NonValidated.TryGetValues(name, out var values) && values.ToString() is var value && IsPrintable(value))
            {
                headers[name] = value;
            }
        }

        if (answer.Content.Headers.NonValidated.TryGetValues(HeaderNames.ContentType, out var contentType) && contentType.ToString() is var type && IsPrintable(type))
        {
            headers.ContentType = type;
        }

        if (response.StatusCode != upstreamStatus)
        {
            headers[GatewayHeaders.UpstreamStatus] = upstreamStatus.ToString(CultureInfo.InvariantCulture);
        }

        var wait = RetryHint.Complete(response, attempt.UtcNow, retryInBody);
        WriteOwn(attempt, upstreamTime);
        return wait;
    }

    /// <summary>The gateway's own headers; also on errors that it made of an upstream's failure.</summary>
    public static void WriteOwn(Attempt attempt, TimeSpan upstreamTime)
    {
        var headers = attempt.Exchange.Http.Response.Headers;
        var outcome = attempt.Exchange.Outcome;
        headers[GatewayHeaders.Model] = attempt.Outcome.AnsweredModel.Length > 0 ? Printable(attempt.Outcome.AnsweredModel) : attempt.Deployment.HeaderModel;
        headers[GatewayHeaders.Deployment] = attempt.Deployment.HeaderId;
        headers[GatewayHeaders.Attempts] = outcome.Attempts == 1 ? "1" : outcome.Attempts.ToString(CultureInfo.InvariantCulture);
        headers[GatewayHeaders.Cache] = "off";
        headers["server-timing"] = Timing(upstreamTime);
    }

    /// <summary>Tells everything between here and the client to pass each event on at once.</summary>
    public static void WriteStream(HttpResponse response)
    {
        response.Headers.CacheControl = "no-cache";
        response.Headers["x-accel-buffering"] = "no";
    }

    /// <summary>Names what a translation could not keep.</summary>
    public static void WriteWarning(LlmExchange exchange)
    {
        if (exchange.Notes?.ToHeader() is { } warning)
        {
            exchange.Http.Response.Headers[GatewayHeaders.Warning] = Printable(warning);
        }
    }

    /// <summary>Says when the counts are ours. In streams the head has left long before that is known.</summary>
    public static void WriteUsage(Attempt attempt)
    {
        if ((attempt.Outcome.Flags & UsageFlags.Estimated) != 0)
        {
            attempt.Exchange.Http.Response.Headers[GatewayHeaders.Usage] = "estimated";
        }
    }

    /// <summary>Tells the Edge how many tokens there were, where it had to estimate them.</summary>
    public static void WriteTokens(Attempt attempt)
    {
        if (attempt.Exchange.Hold is not null)
        {
            var usage = attempt.Outcome.Usage;
            attempt.Exchange.Http.Response.Headers[GatewayHeaders.Tokens] = string.Create(CultureInfo.InvariantCulture, stackalloc char[48], $"{usage.Input}/{usage.Output}");
        }
    }

    public static void WriteCost(LlmExchange exchange) => exchange.Http.Response.Headers[GatewayHeaders.CostUsd] = Usd(exchange.Outcome.CostNanoUsd);

    /// <summary>Milliseconds with three decimals. By integers: formats of our own are dear to double and decimal.</summary>
    internal static string Timing(TimeSpan time)
    {
        var microseconds = Math.Max(0, time.Ticks / TimeSpan.TicksPerMicrosecond);
        return string.Create(CultureInfo.InvariantCulture, stackalloc char[48], $"upstream;dur={microseconds / 1000}.{microseconds % 1000:D3}");
    }

    /// <summary>Dollars with as many decimals as they need.</summary>
    internal static string Usd(long nanoUsd)
    {
        var (whole, rest) = Math.DivRem(nanoUsd, TokenPrice.NanoPerUsd);
        if (rest == 0)
        {
            return whole.ToString(CultureInfo.InvariantCulture);
        }

        Span<char> text = stackalloc char[32];
        text.TryWrite(CultureInfo.InvariantCulture, $"{whole}.{rest:D9}", out var length);
        return new string(text[..length].TrimEnd('0'));
    }

    /// <summary>Names that an upstream or the document chose may hold anything; the server refuses a header that does.</summary>
    public static string Printable(string name) => IsPrintable(name) ? name : Uri.EscapeDataString(name);

    private static bool IsPrintable(string value) => !value.AsSpan().ContainsAnyExceptInRange(' ', '~');
}
