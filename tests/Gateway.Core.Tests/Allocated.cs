namespace Gateway.Core.Tests;

/// <summary>
/// What code allocates on the thread of a test. The runtime's own count is off by some bytes when a collection comes in between, which any test of the process may bring about, or while it compiles; code that
/// allocates does so each time.
/// </summary>
internal static class Allocated
{
    private const int Rounds = 20;

    /// <returns>Bytes, of the round with the fewest.</returns>
    public static long By(Action work)
    {
        work();
        var least = long.MaxValue;
        for (var round = 0; round < Rounds && least > 0; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            work();
            least = Math.Min(least, Math.Abs(GC.GetAllocatedBytesForCurrentThread() - before));
        }

        return least;
    }
}
