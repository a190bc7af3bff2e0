using Gateway.Router.Processors;

namespace Gateway.Router.Tests.Processors;

public sealed class BoundedAnswerTests
{
    [Theory]
    [InlineData(new[] { 3, 2 }, 5, false)]
    [InlineData(new[] { 3, 3 }, 3, true)]
    [InlineData(new[] { 6 }, 0, true)]
    [InlineData(new[] { 3, 3, 1 }, 3, true)]
    public async Task What_goes_beyond_the_bound_is_not_kept(int[] writes, int kept, bool isTooLong)
    {
        await using var answer = new BoundedAnswer(maxBytes: 5);
        foreach (var length in writes)
        {
            await answer.WriteAsync(new byte[length]);
        }

        Assert.Equal((kept, isTooLong), (answer.Bytes.Length, answer.IsTooLong));
    }
}
