using System.Collections.Concurrent;
using Gateway.Core;
using Gateway.Core.Context;
using Gateway.Core.Journal;
using Gateway.Router.Settlement;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Gateway.Router.Tests.Settlement;

/// <summary>How the Usage service treats one batch.</summary>
internal enum Mood
{
    Takes,

    /// <summary>Takes it, and the answer gets lost.</summary>
    TakesSilently,

    /// <summary>Breaks off without taking it.</summary>
    BreaksOff,

    Is503,
}

/// <summary>A Usage service on a loopback port that keeps what it takes and misbehaves as told.</summary>
internal sealed class UsageStandIn : IAsyncDisposable, IHttpClientFactory
{
    public const string Secret = "a secret for tests that is long enough";

    private readonly WebApplication _app;
    private readonly ContextToken _tokens = new(new ContextKeys(Secret), TimeProvider.System);
    private readonly Lock _lock = new();
    private readonly SocketsHttpHandler _handler = new();
    private readonly SemaphoreSlim _changed = new(0);

    private UsageStandIn(WebApplication app) => _app = app;

    /// <summary>One for each batch to come; afterwards it takes all.</summary>
    public ConcurrentQueue<Mood> Moods { get; } = new();

    /// <summary>Set while it is away.</summary>
    public volatile bool IsAway;

    /// <summary>The next record that it takes.</summary>
    public long Expected { get; set; } = 1;

    public List<UsageBatchHead> Batches { get; } = [];

    public List<Guid> Finals { get; } = [];

    public List<(long From, long To)> Gaps { get; } = [];

    public int LargestBatch { get; private set; }

    public int Attempts { get; private set; }

    public static async Task<UsageStandIn> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRouting();
        var app = builder.Build();
        var usage = new UsageStandIn(app);
        app.MapPost(UsageBatch.Path, usage.TakeAsync);
        await app.StartAsync();
        return usage;
    }

    public UsageClient Client() => new(this, _tokens);

    public HttpClient CreateClient(string name) => new(_handler, disposeHandler: false) { BaseAddress = new Uri(_app.Urls.Single()) };

    /// <summary>Waits for something that a batch brings about.</summary>
    public async Task UntilAsync(Func<bool> isSo)
    {
        using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!isSo())
        {
            await _changed.WaitAsync(deadline.Token);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _app.DisposeAsync();
        _handler.Dispose();
        _changed.Dispose();
    }

    private async Task TakeAsync(HttpContext context)
    {
        try
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            await AnswerAsync(context, body.ToArray());
        }
        finally
        {
            _changed.Release();
        }
    }

    private async Task AnswerAsync(HttpContext context, byte[] batch)
    {
        Attempts++;
        var claims = _tokens.Verify(context.Request.Headers[GatewayHeaders.Context], ContextAudience.Usage, UsageBatch.Path);
        var mood = IsAway ? Mood.BreaksOff : Moods.TryDequeue(out var told) ? told : Mood.Takes;
        if (claims?.Role != ContextRole.Service || mood == Mood.Is503)
        {
            context.Response.StatusCode = claims is null ? 401 : 503;
            return;
        }

        if (mood == Mood.BreaksOff)
        {
            context.Abort();
            return;
        }

        lock (_lock)
        {
            if (!Take(batch, out var head))
            {
                context.Response.StatusCode = 409;
            }

            LargestBatch = Math.Max(LargestBatch, head.Count);
        }

        if (mood == Mood.TakesSilently)
        {
            context.Abort();
            return;
        }

        await context.Response.WriteAsJsonAsync(context.Response.StatusCode == 409 ? new { expected_seq = Expected } : (object)new { to_seq = Expected - 1 });
    }

    private bool Take(byte[] batch, out UsageBatchHead head)
    {
        Assert.True(UsageBatch.TryOpen(batch, out head, out var records));
        Assert.True(batch.Length <= UsageBatch.MaxBytes);
        if (head.FromSeq > Expected)
        {
            return false;
        }

        Batches.Add(head);
        var next = head.FromSeq;
        while (RecordFrame.TryRead(records, out var record))
        {
            var first = record.Type is JournalRecordType.Checkpoint ? GapNote.ReadFrom(record) : record.Seq;
            Assert.Equal(next, first);
            next = record.Seq + 1;
            if (record.Seq >= Expected)
            {
                Expected = next;
                if (record.Type is JournalRecordType.Final)
                {
                    Finals.Add(record.RequestId);
                }
                else if (record.Type is JournalRecordType.Checkpoint)
                {
                    Gaps.Add((first, record.Seq));
                }
            }

            records = records[record.Frame.Length..];
        }

        Assert.Equal(head.ToSeq + 1, next);
        return true;
    }
}
