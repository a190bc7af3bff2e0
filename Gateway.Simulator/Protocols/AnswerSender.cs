using System.Text;
using Gateway.Simulator.Faults;
using Gateway.Simulator.Meter;
using Gateway.Simulator.Text;

namespace Gateway.Simulator.Protocols;

/// <summary>Puts an answer on the wire, as a stream or whole, with the faults of its script, and meters every token.</summary>
internal static class AnswerSender
{
    private static readonly byte[] Html = Encoding.UTF8.GetBytes("<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>\n");

    public static async Task<Ending> StreamAsync(ProviderCall call, ScriptedResponse response, Answer answer, IAnswerFrames frames)
    {
        call.Context.Response.ContentType = frames.ContentType;
        call.Context.Response.Headers.CacheControl = "no-cache";
        var script = response.Script;
        var sent = 0;
        var held = 0;
        for (var position = 0; position < answer.Longest; position++)
        {
            for (var choice = 0; choice < answer.Choices.Count; choice++)
            {
                var tokens = answer.Choices[choice].Tokens;
                if (position >= tokens.Count)
                {
                    continue;
                }

                var opened = position == 0 && script.OpenFirst;
                if (opened)
                {
                    await response.SendAsync(frames.Open(choice, tokens[0]));
                }

                if (await response.NextAsync(sent, last: false) is var verdict and not TokenVerdict.Write)
                {
                    return await BreakAsync(verdict, call, response, frames);
                }

                if (sent == script.GarbageAfter)
                {
                    await response.SendAsync(frames.Garbage());
                }

                if (position == 0 && !opened)
                {
                    await response.SendAsync(frames.Open(choice, tokens[0]));
                }

                call.Meter.Generated(1);
                if (choice == 0 && tokens[position].Call == AnswerToken.Content)
                {
                    call.Meter.Said(tokens[position].Text);
                }

                held++;
                sent++;
                if (frames.Token(choice, tokens[position]) is { IsEmpty: false } frame)
                {
                    await response.SendAsync(script.PadBytes > 0 ? Pad(frame, script.PadBytes) : frame);
                    call.Meter.Written(held);
                    held = 0;
                }
            }
        }

        if (await response.NextAsync(sent, last: true) is var end and not TokenVerdict.Write)
        {
            return await BreakAsync(end, call, response, frames);
        }

        return await FinishAsync(call, response, answer, frames, held);
    }

    /// <summary>One document, JSON if nothing else is said. Scripts that count tokens break it in the middle, when it has that many.</summary>
    public static async Task<Ending> WholeAsync(ProviderCall call, ScriptedResponse response, ReadOnlyMemory<byte> body, int tokens, string contentType = "application/json", Answer? answer = null)
    {
        var script = response.Script;
        call.Meter.Generated(tokens);
        if (answer is not null && call.Meter.KeepsText)
        {
            call.Meter.Said(answer.Choices[0].Join(AnswerToken.Content));
        }

        if (script.Ttft + (script.Gap * tokens) is { Ticks: > 0 } delay)
        {
            await response.WaitAsync(delay);
        }

        call.Context.Response.ContentType = contentType;
        if (script.HeadFirst)
        {
            await response.SendHeadAsync();
        }

        var half = body[..(body.Length / 2)];
        if (script.CutAfter == 0)
        {
            response.Cut();
            return Ending.Cut;
        }

        if (script.ErrorAfter <= tokens)
        {
            await response.SendAsync(call.Provider.Scripted(StatusCodes.Status500InternalServerError, null).ToBytes(call.Meter.Number));
            return Ending.Error;
        }

        if (script.EndAfter <= tokens)
        {
            await response.SendAsync(script.EndAfter == 0 ? default : half);
            return Ending.Ended;
        }

        if (script.GarbageAfter <= tokens)
        {
            if (!script.HeadFirst)
            {
                call.Context.Response.ContentType = "text/html";
            }

            await response.SendAsync(Html);
            return Ending.Error;
        }

        if (!script.HeadFirst)
        {
            call.Context.Response.ContentLength = body.Length;
        }

        if (script.CutAfter <= tokens)
        {
            await response.SendAsync(half);
            response.Cut();
            return Ending.Cut;
        }

        if (script.StallAfter <= tokens)
        {
            await response.SendAsync(half);
            await response.WaitAsync(Timeout.InfiniteTimeSpan);
        }

        await response.SendAsync(body);
        call.Meter.Written(tokens);
        return Ending.Completed;
    }

    /// <summary>The frame with blanks at the start of its data, where they are white space of JSON; one without such a start is left alone.</summary>
    private static ReadOnlyMemory<byte> Pad(ReadOnlyMemory<byte> frame, int bytes)
    {
        var at = frame.Span.IndexOf("data: "u8);
        if (at < 0)
        {
            return frame;
        }

        var padded = new byte[frame.Length + bytes];
        padded.AsSpan().Fill((byte)' ');
        frame.Span[..(at + 6)].CopyTo(padded);
        frame.Span[(at + 6)..].CopyTo(padded.AsSpan(at + 6 + bytes));
        return padded;
    }

    private static async Task<Ending> FinishAsync(ProviderCall call, ScriptedResponse response, Answer answer, IAnswerFrames frames, int held)
    {
        for (var choice = 0; choice < answer.Choices.Count; choice++)
        {
            if (answer.Choices[choice].Tokens.Count == 0)
            {
                await response.SendAsync(frames.Open(choice, null));
            }

            await response.SendAsync(frames.Finish(choice, answer.Choices[choice].End));
        }

        call.Meter.Written(held);
        await response.SendAsync(frames.End(answer));
        return Ending.Completed;
    }

    private static async Task<Ending> BreakAsync(TokenVerdict verdict, ProviderCall call, ScriptedResponse response, IAnswerFrames frames)
    {
        switch (verdict)
        {
            case TokenVerdict.Cut:
                return Ending.Cut;
            case TokenVerdict.Fail:
                await response.SendAsync(frames.Error(call.Provider.Scripted(StatusCodes.Status500InternalServerError, null)));
                return Ending.Error;
            default:
                return Ending.Ended;
        }
    }
}
