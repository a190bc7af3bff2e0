using Gateway.Router.Attempts;
using Gateway.Router.Protocols;
using Gateway.Router.Tests.Hosting;

namespace Gateway.Router.Tests.Attempts;

public sealed class RetryAfterTests
{
    private static readonly DateTimeOffset Now = new(1994, 11, 6, 8, 49, 7, TimeSpan.Zero);

    [Theory]
    [InlineData("retry-after", "7", 7.0)]
    [InlineData("retry-after", " 7 ", 7.0)]
    [InlineData("retry-after", "1.5", 1.5)]
    [InlineData("retry-after", "30s", 30.0)]
    [InlineData("retry-after", "Sun, 06 Nov 1994 08:49:37 GMT", 30.0)]
    [InlineData("retry-after", "Sunday, 06-Nov-94 08:49:37 GMT", 30.0)]
    [InlineData("retry-after", "Sun Nov  6 08:49:37 1994", 30.0)]
    [InlineData("Retry-After-Ms", "850", 0.85)]
    [InlineData("x-ms-retry-after-ms", "1250.0", 1.25)]
    [InlineData("retry-after", "0.01", 0.1)]
    [InlineData("retry-after", "86400", 600.0)]
    [InlineData("retry-after", "1e9", null)]
    [InlineData("retry-after", "99999999999999999999999", 600.0)]
    [InlineData("retry-after", "0", null)]
    [InlineData("retry-after", "-3", null)]
    [InlineData("retry-after", "Sun, 06 Nov 1994 08:49:07 GMT", null)]
    [InlineData("retry-after", "Sat, 05 Nov 1994 08:49:07 GMT", null)]
    [InlineData("retry-after", "soon", null)]
    [InlineData("retry-after", "", null)]
    [InlineData("retry-after-ms", "0", null)]
    public void A_header_is_read_in_every_form(string name, string value, double? seconds) => Assert.Equal(seconds, Of((name, value)));

    [Theory]
    [InlineData("x-ratelimit-remaining-requests", "x-ratelimit-reset-requests", "1s", 1.0)]
    [InlineData("x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens", "6m0s", 360.0)]
    [InlineData("x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens", "120ms", 0.12)]
    [InlineData("x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens", "12ms", 0.1)]
    [InlineData("x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens", "1h2m3.5s", 600.0)]
    [InlineData("x-ratelimit-remaining-requests", "x-ratelimit-reset-requests", "2m59.56s", 179.56)]
    [InlineData("x-ratelimit-remaining-requests", "x-ratelimit-reset-requests", "42", 42.0)]
    [InlineData("x-ratelimit-remaining", "x-ratelimit-reset", "784111777", null)]
    [InlineData("ratelimit-remaining", "ratelimit-reset", "5", 5.0)]
    [InlineData("anthropic-ratelimit-requests-remaining", "anthropic-ratelimit-requests-reset", "1994-11-06T08:49:37Z", 30.0)]
    [InlineData("anthropic-ratelimit-output-tokens-remaining", "anthropic-ratelimit-output-tokens-reset", "1994-11-06T09:49:37.5+01:00", 30.5)]
    public void The_reset_of_what_is_used_up_counts_and_no_other(string remaining, string reset, string value, double? seconds)
    {
        // Seconds since 1970 were below a thousand millions then: that is a wait, and bounded.
        Assert.Equal(seconds ?? 600, Of((remaining, "0"), (reset, value)));
        Assert.Null(Of((remaining, "1"), (reset, value)));
        Assert.Null(Of((reset, value)));
    }

    [Theory]
    [InlineData("1767225630", 30.0)]
    [InlineData("1767225630.5", 30.5)]
    [InlineData("1767225630000", 30.0)]
    [InlineData("2026-01-01T00:00:30Z", 30.0)]
    [InlineData("Thu, 01 Jan 2026 00:00:30 GMT", 30.0)]
    [InlineData("2026-01-01T00:00:00Z", 0.0)]
    [InlineData("1767225000", 0.0)]
    [InlineData("", null)]
    [InlineData("tomorrow", null)]
    public void A_reset_may_be_a_time(string value, double? seconds)
    {
        var wait = RetryAfter.ResetIn(value, new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero))?.TotalSeconds;

        Assert.Equal(seconds is null, wait is null);
        Assert.Equal(seconds ?? 0, wait ?? 0, 3);
    }

    [Fact]
    public void The_longest_of_several_that_are_used_up_counts() => Assert.Equal(
        90, Of(("x-ratelimit-remaining-requests", "0"), ("x-ratelimit-reset-requests", "8s"), ("x-ratelimit-remaining-tokens", "0"), ("x-ratelimit-reset-tokens", "1m30s")));

    [Fact]
    public void What_is_said_outright_goes_before_what_follows_from_limits() =>
        Assert.Equal(2, Of(("retry-after", "2"), ("x-ratelimit-remaining-requests", "0"), ("x-ratelimit-reset-requests", "8s")));

    [Fact]
    public void Milliseconds_go_before_seconds_unless_they_are_none()
    {
        Assert.Equal(0.4, Of(("retry-after", "1"), ("retry-after-ms", "400")));
        Assert.Equal(1, Of(("retry-after", "1"), ("retry-after-ms", "0")));
    }

    [Fact]
    public void The_body_counts_where_the_head_is_silent()
    {
        Assert.Equal(31.5, Of(TimeSpan.FromSeconds(31.5)));
        Assert.Equal(3, Of(TimeSpan.FromSeconds(31.5), ("retry-after", "3")));
        Assert.Equal(600, Of(TimeSpan.FromHours(3)));
    }

    [Theory]
    [InlineData("anthropic-error-429-rate-limit", 7.0)]
    [InlineData("gemini-error-429", 48.0)]
    [InlineData("openai-chat-azure-error-429", 1.0)]
    [InlineData("openai-chat-error-503-overloaded", 3.0)]
    [InlineData("openai-chat-error-429-insufficient-quota", null)]
    public void A_recorded_error_says_when(string id, double? seconds)
    {
        var recording = Recordings.Load(id);
        using var answer = new HttpResponseMessage();
        foreach (var (name, value) in recording.ResponseHeaders)
        {
            answer.Headers.TryAddWithoutValidation(name, value);
        }

        Assert.Equal(seconds, RetryAfter.Of(answer.Headers, Now, UpstreamErrors.Read(recording.Status, recording.Response).RetryAfter)?.TotalSeconds);
    }

    [Theory]
    [InlineData("Please retry in 31.5s.", 31.5)]
    [InlineData("Please try again in 7m12s.", 432.0)]
    [InlineData("Please try again in 1h2m3.5s. Visit us", 3723.5)]
    [InlineData("Please try again in 20ms.", 0.02)]
    [InlineData("Please retry after 6 seconds. Please contact us", 6.0)]
    [InlineData("Try again in 2 minutes 30 seconds", 150.0)]
    [InlineData("Please wait 15 seconds before the next", 15.0)]
    [InlineData("Please try again in 7 models", null)]
    [InlineData("Please try again later", null)]
    public void Words_are_read(string text, double? seconds) => Assert.Equal(seconds, UpstreamErrorText.RetryIn(text)?.TotalSeconds);

    private static double? Of(params (string Name, string Value)[] headers) => Of(null, headers);

    private static double? Of(TimeSpan? inBody, params (string Name, string Value)[] headers)
    {
        using var answer = new HttpResponseMessage();
        foreach (var (name, value) in headers)
        {
            answer.Headers.TryAddWithoutValidation(name, value);
        }

        return RetryAfter.Of(answer.Headers, Now, inBody)?.TotalSeconds;
    }
}
