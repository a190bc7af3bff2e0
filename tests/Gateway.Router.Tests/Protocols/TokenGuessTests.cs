using Gateway.Router.Protocols;

namespace Gateway.Router.Tests.Protocols;

public sealed class TokenGuessTests
{
    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(10, 8, 10)]
    [InlineData(10, 45, 10)]
    [InlineData(10, 80, 10)]
    [InlineData(10, 81, 20)]
    [InlineData(10, 400, 100)]
    public void Short_events_are_a_token_each_and_of_long_ones_four_bytes_are(long events, long bytes, long tokens) => Assert.Equal(tokens, TokenGuess.Of(events, bytes));
}
