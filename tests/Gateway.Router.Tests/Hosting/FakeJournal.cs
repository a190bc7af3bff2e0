using System.Collections.Concurrent;
using Gateway.Core.Journal;

namespace Gateway.Router.Tests.Hosting;

/// <summary>Remembers records in order, and lets a test hold one back or refuse it.</summary>
internal sealed class FakeJournal : IUsageJournal
{
    private readonly ConcurrentQueue<object> _records = new();
    private readonly TaskCompletionSource<UsageFinal> _firstFinal = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public bool IsWritable { get; set; } = true;

    /// <summary>Awaited before a record counts as written.</summary>
    public Func<Task> BeforeIntent { get; set; } = static () => Task.CompletedTask;

    public Func<Task> BeforeFinal { get; set; } = static () => Task.CompletedTask;

    public IReadOnlyList<UsageIntent> Intents => [.. _records.OfType<UsageIntent>()];

    public IReadOnlyList<UsageFinal> Finals => [.. _records.OfType<UsageFinal>()];

    public Task<UsageFinal> FirstFinalAsync() => _firstFinal.Task.WaitAsync(RouterHost.Patience);

    public async ValueTask AppendIntentAsync(UsageIntent intent)
    {
        await BeforeIntent();
        _records.Enqueue(intent);
    }

    public async ValueTask AppendFinalAsync(UsageFinal final)
    {
        await BeforeFinal();
        _records.Enqueue(final);
        _firstFinal.TrySetResult(final);
    }
}
