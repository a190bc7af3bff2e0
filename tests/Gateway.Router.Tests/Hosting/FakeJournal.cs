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

    // Like the journal that ships, these throw before they return when a test makes them fail.
    public ValueTask AppendIntentAsync(UsageIntent intent) => WriteAsync(BeforeIntent(), intent);

    public ValueTask AppendFinalAsync(UsageFinal final) => WriteAsync(BeforeFinal(), final);

    private async ValueTask WriteAsync(Task before, UsageIntent intent)
    {
        await before;
        _records.Enqueue(intent);
    }

    private async ValueTask WriteAsync(Task before, UsageFinal final)
    {
        await before;
        _records.Enqueue(final);
        _firstFinal.TrySetResult(final);
    }
}
