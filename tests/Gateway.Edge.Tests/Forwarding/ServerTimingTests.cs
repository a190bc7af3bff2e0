using Gateway.Edge.Forwarding;

namespace Gateway.Edge.Tests.Forwarding;

public sealed class ServerTimingTests
{
    [Theory]
    [InlineData(0, null, "gateway;dur=0")]
    [InlineData(12, null, "gateway;dur=0.012")]
    [InlineData(1_500, null, "gateway;dur=1.5")]
    [InlineData(2_000, null, "gateway;dur=2")]
    [InlineData(123_456_789, null, "gateway;dur=123456.789")]
    [InlineData(5_250, "upstream;dur=4.2", "gateway;dur=1.05, upstream;dur=4.2")]
    [InlineData(5_000, "x;dur=1, upstream;dur=4.0004", "gateway;dur=1, upstream;dur=4")]
    [InlineData(1_000, "upstream;dur=7", "gateway;dur=0, upstream;dur=7")]
    [InlineData(1_000, "upstream;dur=1e9", "gateway;dur=1")]
    [InlineData(1_000, "upstream;dur=99999999999999999999", "gateway;dur=0, upstream;dur=1000000000000")]
    public void Describe_IsMillisecondsToTheMicrosecond(long microseconds, string? inner, string expected)
    {
        using var answer = new HttpResponseMessage();
        if (inner is not null)
        {
            answer.Headers.TryAddWithoutValidation("server-timing", inner);
        }

        Assert.Equal(expected, ServerTiming.Describe(TimeSpan.FromMicroseconds(microseconds), answer.Headers));
    }
}
