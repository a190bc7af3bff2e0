using System.Buffers;
using Gateway.Simulator.Text;

namespace Gateway.Simulator.Faults;

/// <summary>What the script wants before the next token.</summary>
internal enum TokenVerdict
{
    Write,

    /// <summary>The connection was reset; nothing more can be written.</summary>
    Cut,

    /// <summary>End the body here, cleanly.</summary>
    End,

    /// <summary>Write an error event and end.</summary>
    Fail,
}

/// <summary>The response of one request, written as its script says. Throws <see cref="OperationCanceledException"/> once the client is gone.</summary>
internal sealed class ScriptedResponse(HttpContext context, FaultScript script, ulong seed, TimeProvider time)
{
    private const int MaxRandomPiece = 48;

    private readonly CancellationToken _clientGone = context.RequestAborted;
    private StableRandom _random = new(seed);

    public FaultScript Script => script;

    /// <summary>Waits as long as the script wants before the response head; for ever when it hangs.</summary>
    public Task BeforeHeadAsync() => script switch
    {
        { Hang: true } => WaitAsync(Timeout.InfiniteTimeSpan),
        { SlowHeaders.Ticks: > 0 } => WaitAsync(script.SlowHeaders),
        _ => Task.CompletedTask,
    };

    /// <summary>Waits and decides before the token after <paramref name="written"/> tokens; also asked once after the last.</summary>
    /// <param name="written">Tokens written so far.</param>
    /// <param name="last">Every token is written; there is nothing more to wait for.</param>
    public async ValueTask<TokenVerdict> NextAsync(int written, bool last)
    {
        if (script.HeadFirst && written == 0)
        {
            await SendHeadAsync();
        }

        if (written == script.CutAfter)
        {
            Cut();
            return TokenVerdict.Cut;
        }

        if (written == script.EndAfter)
        {
            return TokenVerdict.End;
        }

        if (written == script.ErrorAfter)
        {
            return TokenVerdict.Fail;
        }

        if (written == script.StallAfter)
        {
            await SendHeadAsync();
            await WaitAsync(Timeout.InfiniteTimeSpan);
        }

        if (!last)
        {
            if (written == 0 && script.Ttft > TimeSpan.Zero)
            {
                await SendHeadAsync();
                await WaitAsync(script.Ttft);
            }
            else if (written > 0 && script.Gap > TimeSpan.Zero)
            {
                await WaitAsync(script.Gap);
            }
        }

        return TokenVerdict.Write;
    }

    /// <summary>Writes and flushes; when it returns, the socket has the bytes.</summary>
    public async ValueTask SendAsync(ReadOnlyMemory<byte> bytes)
    {
        var body = context.Response.BodyWriter;
        while (script.PieceBytes != 0 && !bytes.IsEmpty)
        {
            var length = Math.Min(bytes.Length, script.PieceBytes > 0 ? script.PieceBytes : 1 + _random.Next(MaxRandomPiece));
            body.Write(bytes.Span[..length]);
            await body.FlushAsync(CancellationToken.None);
            _clientGone.ThrowIfCancellationRequested();
            bytes = bytes[length..];
        }

        if (!bytes.IsEmpty)
        {
            // Without a token: the server ends the flush itself when the connection dies, and a registration for each token is dear.
            body.Write(bytes.Span);
            await body.FlushAsync(CancellationToken.None);
        }

        _clientGone.ThrowIfCancellationRequested();
    }

    /// <summary>Resets the connection: the client sees an error, not an end.</summary>
    public void Cut() => context.Abort();

    public Task WaitAsync(TimeSpan delay) => Task.Delay(delay, time, _clientGone);

    public async Task SendHeadAsync()
    {
        if (!context.Response.HasStarted)
        {
            await context.Response.StartAsync(_clientGone);
            await context.Response.BodyWriter.FlushAsync(CancellationToken.None);
        }
    }
}
