using Gateway.Core.Tests.Journal;
using Gateway.Router.Tests.Hosting;

namespace Gateway.Router.Tests.Attempts;

/// <summary>Moves a Router's clock while it works.</summary>
internal static class Clock
{
    /// <summary>
    /// Lets time pass in steps until the task is done: whatever waits for a time has it soon. What comes after that, an upstream's answer for one, has ten milliseconds of the machine's for each step of the
    /// Router's: steps are so small that its longer limits, half a minute for a first byte, are seconds of the machine's.
    /// </summary>
    public static async Task<T> RunAsync<T>(JournalTime time, Task<T> task, TimeSpan step)
    {
        for (var i = 0; i < 6000 && !task.IsCompleted; i++)
        {
            time.Advance(step);
            await Task.WhenAny(task, Task.Delay(10));
        }

        return await task.WaitAsync(RouterHost.Patience);
    }
}
