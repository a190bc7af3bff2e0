using System.Text;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.OpenAI;

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

    [Fact]
    public void Short_events_are_a_token_each_however_their_upstream_writes_them()
    {
        var reader = new OpenAIEventReader(hidesUsage: false, candidates: 1);
        for (var index = 0; index < 3; index++)
        {
            reader.Observe(Encoding.UTF8.GetBytes("""data: {"choices":[{"index":0,"delta":{"content":" \ud83d\ude42"}}]}""" + "\n\n"));
        }

        Assert.Equal(3, reader.OutputEstimate);
    }
}
