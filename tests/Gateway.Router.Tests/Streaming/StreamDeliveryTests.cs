using System.Text;
using Gateway.Core.Journal;
using Gateway.Router.Tests.Hosting;

namespace Gateway.Router.Tests.Streaming;

/// <summary>When bytes go out: each event at once, the end only after its record.</summary>
public sealed class StreamDeliveryTests
{
    [Fact]
    public async Task Stream_UpstreamPausesAfterAnEvent_ClientHasTheEventMeanwhile()
    {
        var seen = new TaskCompletionSource();
        await using var upstream = await UpstreamServer.StartAsync(async context =>
        {
            await UpstreamServer.WritePieceAsync(context, Requests.Delta("one"));
            await seen.Task;
            await UpstreamServer.WritePieceAsync(context, Requests.Finish + Requests.Done);
        });
        await using var router = await RouterHost.StartAsync(upstream);
        using var response = await router.SendAsync(Requests.Stream);
        await using var stream = await response.Content.ReadAsStreamAsync();

        // The upstream goes on only after the client has read its event: held back, the test would end in a time-out.
        Assert.Equal(Requests.Delta("one"), await ReadAsync(stream, Requests.Delta("one").Length));
        seen.SetResult();

        Assert.Equal(Requests.Finish + Requests.Done, await ReadAsync(stream, (Requests.Finish + Requests.Done).Length));
    }

    [Theory]
    [InlineData("data: [DONE]\n\n")]
    [InlineData("")]
    public async Task Stream_FinalIsNotWrittenYet_TheTerminalEventWaits(string marker)
    {
        var written = new TaskCompletionSource();
        var asked = new TaskCompletionSource();
        await using var upstream = await UpstreamServer.StartStreamAsync(Requests.Delta("one") + Requests.Finish + marker);
        await using var router = await RouterHost.StartAsync(upstream);
        router.Journal.BeforeFinal = () =>
        {
            asked.SetResult();
            return written.Task;
        };
        using var response = await router.SendAsync(Requests.Stream);
        await using var stream = await response.Content.ReadAsStreamAsync();
        var visible = marker.Length > 0 ? Requests.Delta("one") + Requests.Finish : Requests.Delta("one");
        var terminal = marker.Length > 0 ? marker : Requests.Finish;

        Assert.Equal(visible, await ReadAsync(stream, visible.Length));
        await asked.Task.WaitAsync(RouterHost.Patience);
        var end = ReadAsync(stream, terminal.Length);
        await router.RoundTripsAsync();
        Assert.False(end.IsCompleted);
        written.SetResult();

        Assert.Equal(terminal, await end);
    }

    [Theory]
    [InlineData(Requests.Finish + Requests.Done, false)]
    [InlineData(Requests.Finish + Requests.Done, true)]
    [InlineData("", false)]
    public async Task Stream_FinalCannotBeWritten_ClientSeesAnErrorAndNoEnd(string end, bool later)
    {
        // The end comes when the client has the head, so that the error must come into a running stream.
        var begun = new TaskCompletionSource();
        await using var upstream = await UpstreamServer.StartAsync(async context =>
        {
            await UpstreamServer.WritePieceAsync(context, Requests.Delta("one"));
            await begun.Task;
            await UpstreamServer.WritePieceAsync(context, end);
        });
        await using var router = await RouterHost.StartAsync(upstream);
        router.Journal.BeforeFinal = later ? static () => Task.FromException(new IOException("disk")) : static () => throw new IOException("disk");

        using var response = await router.SendAsync(Requests.Stream);
        begun.SetResult();
        var received = await response.Content.ReadAsStringAsync();

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Contains("\"usage_journal_full\"", received, StringComparison.Ordinal);
        Assert.DoesNotContain("[DONE]", received, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Stream_ClientReadsSlowly_UpstreamIsHeldBackAndNothingIsLost()
    {
        const int Events = 3_000;
        const long MostInFlight = 24 * 1024 * 1024;
        var delta = Requests.Delta(new string('x', 16_000));
        long produced = 0;
        await using var upstream = await UpstreamServer.StartAsync(async context =>
        {
            for (var i = 0; i < Events; i++)
            {
                await UpstreamServer.WritePieceAsync(context, delta);
                Interlocked.Add(ref produced, delta.Length);
            }

            await UpstreamServer.WritePieceAsync(context, Requests.Finish + Requests.Done);
        });
        await using var router = await RouterHost.StartAsync(upstream);
        using var response = await router.SendAsync(Requests.Stream);
        await using var stream = await response.Content.ReadAsStreamAsync();

        // Nobody reads: what is produced meanwhile can only lie in buffers. It stops growing, or it grows to the end.
        long before;
        do
        {
            before = Interlocked.Read(ref produced);
            await router.RoundTripsAsync();
        }
        while (Interlocked.Read(ref produced) != before);

        Assert.InRange(before, 1, MostInFlight);
        var received = 0L;
        var buffer = new byte[64 * 1024];
        int read;
        while ((read = await stream.ReadAsync(buffer)) > 0)
        {
            received += read;
        }

        Assert.Equal((delta.Length * (long)Events) + Requests.Finish.Length + Requests.Done.Length, received);
        Assert.Equal(RequestEnding.Completed, router.Journal.Finals[0].Ending);
    }

    private static async Task<string> ReadAsync(Stream stream, int length)
    {
        var buffer = new byte[length];
        using var patience = new CancellationTokenSource(RouterHost.Patience);
        await stream.ReadExactlyAsync(buffer, patience.Token);
        return Encoding.UTF8.GetString(buffer);
    }
}
