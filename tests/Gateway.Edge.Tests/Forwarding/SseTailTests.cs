using System.Text;
using Gateway.Edge.Forwarding;

namespace Gateway.Edge.Tests.Forwarding;

public sealed class SseTailTests
{
    [Theory]
    [InlineData("", true, false)]
    [InlineData("data: 1\n\n", true, false)]
    [InlineData("data: 1\r\n\r\n", true, false)]
    [InlineData("data: 1\r\r", true, false)]
    [InlineData("data: 1\n", false, false)]
    [InlineData("data: 1\r\n", false, false)]
    [InlineData("data: 1\n\nd", false, false)]
    [InlineData("data: [DONE]\n\n", true, true)]
    [InlineData("data: [DONE]\r\n\r\n", true, true)]
    [InlineData("data: a long event that does not fit the tail [DONE]\n\ndata: 2\n\n", true, false)]
    public void Tail_KnowsBorderAndEnd_HoweverThePiecesFell(string sent, bool border, bool done)
    {
        var bytes = Encoding.UTF8.GetBytes(sent);
        for (var size = 1; size <= Math.Max(1, bytes.Length); size++)
        {
            var tail = new SseTail();
            for (var at = 0; at < bytes.Length; at += size)
            {
                tail.Append(bytes.AsSpan(at, Math.Min(size, bytes.Length - at)));
            }

            Assert.Equal((size, border, done), (size, tail.IsAtBorder, tail.IsDone));
        }
    }
}
