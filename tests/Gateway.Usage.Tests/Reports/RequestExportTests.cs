using System.Text.Json;
using Gateway.Core;
using Gateway.Core.Context;
using Gateway.Core.Journal;
using Gateway.Usage.Access;
using Gateway.Usage.Ledger;
using Gateway.Usage.Ledger.Corrections;
using Gateway.Usage.Reports;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Usage.Tests.Reports;

/// <summary>Requests as files: everything in a span, however much that is.</summary>
public sealed class RequestExportTests
{
    [Theory]
    [InlineData("", 2500)]
    [InlineData("&limit=1700", 1700)]
    [InlineData("&limit=3", 3)]
    [InlineData("&key=even", 1250)]
    public async Task Ndjson_has_all_pages_newest_first(string query, int expected)
    {
        await using var usage = await UsageHost.StartAsync();
        var journal = new FakeJournal();
        for (var i = 0; i < 2500; i++)
        {
            journal.Add(FakeJournal.Final(key: i % 2 == 0 ? "even" : "odd", time: FakeJournal.Noon + i));
        }

        for (var from = 1; from <= 2500; from += 500)
        {
            Assert.Equal(200, (await usage.PostAsync(journal.Batch(from, from + 499))).Status);
        }

        using var answer = await usage.SendAsync("/admin/v1/requests?format=ndjson" + query, ContextRole.Admin);
        var rows = (await answer.Content.ReadAsStringAsync()).TrimEnd('\n').Split('\n').Select(static line => JsonDocument.Parse(line).RootElement).ToArray();

        Assert.Equal(expected, rows.Length);
        Assert.Equal(expected, rows.Select(static row => row.GetProperty("id").GetString()).Distinct().Count());
        Assert.Equal(rows.Select(static row => row.GetProperty("time").GetString()).OrderDescending(StringComparer.Ordinal), rows.Select(static row => row.GetProperty("time").GetString()));
        Assert.Equal(1, rows[0].GetProperty("attempts").GetArrayLength());
    }

    [Fact]
    public async Task Csv_quotes_what_must_be_and_disarms_what_looks_like_a_formula()
    {
        await using var usage = await UsageHost.StartAsync();
        var id = Guid.NewGuid();
        var final = FakeJournal.Final(id, key: "a\"b", team: "r,d");
        final = final with
        {
            ServiceTier = "flex",
            Flags = UsageFlags.Estimated,
            Intent = final.Intent with { User = "@SUM(1)", Organisation = "+acme", Owner = "line\r\nbreak", Tags = ["env=prod", "app=ü"], PriceVersion = "document:3", Flags = UsageFlags.Unpriced, Stream = true },
        };
        await usage.PostAsync(new FakeJournal().Add(final).All());

        using var answer = await usage.SendAsync("/admin/v1/requests?format=csv", ContextRole.Admin);
        var text = await answer.Content.ReadAsStringAsync();

        Assert.Equal(
            "id,time,key,team,user,organisation,owner,operation,model,answered_model,deployment,status,ending,stream,input_tokens,cached_tokens,cache_write_tokens,cache_write_1h_tokens,output_tokens,reasoning_tokens," +
            "audio_input_tokens,audio_output_tokens,cost_nano_usd,cost_usd,estimated,incomplete,unpriced,price_version,service_tier,tags,duration_ms,ttft_ms,attempt_count\r\n" +
            $"{id},2026-03-10T12:00:00.000Z,\"a\"\"b\",\"r,d\",\"'@SUM(1)\",\"'+acme\",\"line\r\nbreak\",chat_completions,gpt-4o,gpt-4o,openai/gpt-4o,200,completed,true,100,10,0,0,40,5,0,0," +
            "510000,0.00051,true,false,true,document:3,flex,env=prod;app=ü,250,-1,1\r\n",
            text);
        Assert.Equal("attachment; filename=\"requests.csv\"", answer.Content.Headers.ContentDisposition?.ToString());
    }

    [Theory]
    [InlineData("csv")]
    [InlineData("ndjson")]
    public async Task Export_of_many_rows_makes_no_objects_for_each(string format)
    {
        const int Rows = 50_000;
        var store = new EndlessStore(Rows);
        await RunAsync(store, format, Stream.Null);

        var before = GC.GetAllocatedBytesForCurrentThread();
        await RunAsync(store, format, Stream.Null);
        var perRow = (GC.GetAllocatedBytesForCurrentThread() - before) / (double)Rows;

        Assert.Equal(2 * Rows / 1000, store.Pages);
        Assert.True(perRow <= 64, $"{perRow} bytes a row");
    }

    [Fact]
    public async Task Export_stops_reading_the_ledger_when_its_reader_goes()
    {
        using var gone = new CancellationTokenSource();
        var store = new EndlessStore(1_000_000);
        store.OnPage = page =>
        {
            if (page == 3)
            {
                gone.Cancel();
            }
        };
        await RunAsync(store, "csv", Stream.Null, gone.Token);

        Assert.Equal(3, store.Pages);
    }

    [Fact]
    public async Task Export_that_breaks_cuts_the_connection_and_does_not_look_whole()
    {
        var store = new EndlessStore(10_000) { OnPage = static page => { if (page == 3) { throw new IOException("damaged"); } } };
        var lifetime = await RunAsync(store, "ndjson", Stream.Null);

        Assert.True(lifetime.IsAborted);
    }

    [Fact]
    public async Task Ledger_that_cannot_be_read_is_a_503_before_anything_is_written()
    {
        var body = new MemoryStream();
        var store = new EndlessStore(10_000) { OnPage = static _ => throw new IOException("damaged at /var/lib/secret") };
        var lifetime = await RunAsync(store, "ndjson", body);

        Assert.False(lifetime.IsAborted);
        Assert.Contains("service_unavailable", System.Text.Encoding.UTF8.GetString(body.ToArray()), StringComparison.Ordinal);
        Assert.DoesNotContain("secret", System.Text.Encoding.UTF8.GetString(body.ToArray()), StringComparison.Ordinal);
    }

    private static async Task<Lifetime> RunAsync(EndlessStore store, string format, Stream body, CancellationToken gone = default)
    {
        var tokens = new ContextToken(new ContextKeys("a secret for tests that is long enough"), TimeProvider.System);
        var reports = new RequestReports(new ReportDoor(new ContextGuard(tokens), NullLogger<ReportDoor>.Instance), store, new FixedConfig());
        var lifetime = new Lifetime();
        var context = new DefaultHttpContext();
        context.Features.Set<Microsoft.AspNetCore.Http.Features.IHttpRequestLifetimeFeature>(lifetime);
        lifetime.RequestAborted = gone;
        context.Response.Body = body;
        var started = new Started(context.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpResponseFeature>()!, body);
        context.Features.Set<Microsoft.AspNetCore.Http.Features.IHttpResponseFeature>(started);
        context.Request.Path = "/admin/v1/requests";
        context.Request.QueryString = new QueryString("?format=" + format);
        context.Request.Headers[GatewayHeaders.Context] = tokens.Sign(new ContextClaims
        {
            Audience = ContextAudience.Usage,
            Role = ContextRole.Admin,
            RequestId = Guid.NewGuid(),
            Path = "/admin/v1/requests",
            ExpiresUnixMs = tokens.ExpiryFromNow(),
        });
        started.AfterFirstPage = () => store.Pages > 1;
        await reports.ListAsync(context);
        return lifetime;
    }

    /// <summary>So many requests, all of them the same record: what is allocated is the report's.</summary>
    private sealed class EndlessStore(int rows) : ILedgerStore
    {
        private readonly LedgerEntry[] _page = [.. Enumerable.Repeat(new LedgerEntry(FakeJournal.After(FakeJournal.Final()), default), 1000)];

        public int Pages { get; private set; }

        public Action<int>? OnPage { get; set; }

        public long Requests => rows;

        public bool IsWritable => true;

        public Exception? Failure => null;

        public DateTimeOffset KeptFrom => DateTimeOffset.MinValue;

        public Task<long> CarryAsync(DateTimeOffset before, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<RequestPage> ListAsync(RequestQuery query, CancellationToken cancellationToken)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Pages++;
            OnPage?.Invoke(Pages);
            var left = (int)(query.Before?.TimeUnixMs ?? rows) - _page.Length;
            return ValueTask.FromResult(new RequestPage(_page, left > 0 ? new RequestPlace(left, 0, 0) : null));
        }

        public Task<IngestResult> IngestAsync(UsageBatchHead head, ReadOnlyMemory<byte> records, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<UsageSums> SumAsync(UsageQuery query, CancellationToken cancellationToken) => throw new NotSupportedException();

        public ValueTask<LedgerEntry?> FindAsync(Guid requestId, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IReadOnlyList<CorrectionResult>> CorrectAsync(IReadOnlyList<CostCorrection> corrections, CancellationToken cancellationToken) => throw new NotSupportedException();

        public IAsyncEnumerable<LedgerEntry> WalkAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
    }

    private sealed class Lifetime : Microsoft.AspNetCore.Http.Features.IHttpRequestLifetimeFeature
    {
        public CancellationToken RequestAborted { get; set; }

        public bool IsAborted { get; private set; }

        public void Abort() => IsAborted = true;
    }

    /// <summary>The head as a server has it: sent with the first page.</summary>
    private sealed class Started(Microsoft.AspNetCore.Http.Features.IHttpResponseFeature inner, Stream body) : Microsoft.AspNetCore.Http.Features.IHttpResponseFeature
    {
        public Func<bool> AfterFirstPage { get; set; } = static () => false;

        public int StatusCode { get => inner.StatusCode; set => inner.StatusCode = value; }

        public string? ReasonPhrase { get => inner.ReasonPhrase; set => inner.ReasonPhrase = value; }

        public IHeaderDictionary Headers { get => inner.Headers; set => inner.Headers = value; }

        public Stream Body { get => body; set => throw new NotSupportedException(); }

        public bool HasStarted => AfterFirstPage();

        public void OnStarting(Func<object, Task> callback, object state)
        {
        }

        public void OnCompleted(Func<object, Task> callback, object state)
        {
        }
    }
}
