using System.Text;
using Gateway.Simulator.Faults;
using Gateway.Simulator.Meter;
using Gateway.Simulator.Text;

namespace Gateway.Simulator.Protocols.OpenAI;

/// <summary>Puts an answer on the wire, as a stream or whole, with the faults of its script, and meters every token.</summary>
internal static class AnswerSender
{
    private static readonly byte[] Html = Encoding.UTF8.GetBytes("<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>\n");

    public static async Task<Ending> StreamAsync(OpenAICall call, ScriptedResponse response, Answer answer, AnswerFrames frames, bool includeUsage)
    {
        call.Context.Response.ContentType = "text/event-stream; charset=utf-8";
        call.Context.Response.Headers.CacheControl = "no-cache";
        var script = response.Script;
        var written = 0;
        for (var position = 0; position < answer.Longest; position++)
        {
            for (var choice = 0; choice < answer.Choices.Count; choice++)
            {
                var tokens = answer.Choices[choice].Tokens;
                if (position >= tokens.Count)
                {
                    continue;
                }

                if (await response.NextAsync(written, last: false) is var verdict and not TokenVerdict.Write)
                {
                    return await BreakAsync(verdict, response, frames);
                }

                if (written == script.GarbageAfter)
                {
                    await response.SendAsync(frames.Garbage());
                }

                if (position == 0 && frames.Open(choice, tokens[0].Call >= 0) is { } opening)
                {
                    await response.SendAsync(opening);
                }

                call.Meter.Generated(1);
                await response.SendAsync(frames.Token(choice, tokens[position]));
                call.Meter.Written(1);
                written++;
            }
        }

        if (await response.NextAsync(written, last: true) is var end and not TokenVerdict.Write)
        {
            return await BreakAsync(end, response, frames);
        }

        return await FinishAsync(response, answer, frames, includeUsage);
    }

    /// <summary>One JSON document. Scripts that count tokens break it in the middle, when it has that many.</summary>
    public static async Task<Ending> WholeAsync(OpenAICall call, ScriptedResponse response, ReadOnlyMemory<byte> body, int tokens)
    {
        var script = response.Script;
        call.Meter.Generated(tokens);
        if (script.Ttft + (script.Gap * tokens) is { Ticks: > 0 } delay)
        {
            await response.WaitAsync(delay);
        }

        call.Context.Response.ContentType = "application/json";
        var half = body[..(body.Length / 2)];
        if (script.CutAfter == 0)
        {
            response.Cut();
            return Ending.Cut;
        }

        if (script.ErrorAfter <= tokens)
        {
            await response.SendAsync(OpenAICall.Serialize(OpenAIError.Scripted(500, null).Body, OpenAIJson.Wire.ErrorBody));
            return Ending.Error;
        }

        if (script.EndAfter <= tokens)
        {
            await response.SendAsync(script.EndAfter == 0 ? default : half);
            return Ending.Ended;
        }

        if (script.GarbageAfter <= tokens)
        {
            call.Context.Response.ContentType = "text/html";
            await response.SendAsync(Html);
            return Ending.Error;
        }

        call.Context.Response.ContentLength = body.Length;
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

    private static async Task<Ending> FinishAsync(ScriptedResponse response, Answer answer, AnswerFrames frames, bool includeUsage)
    {
        for (var choice = 0; choice < answer.Choices.Count; choice++)
        {
            if (answer.Choices[choice].Tokens.Count == 0 && frames.Open(choice, calls: false) is { } opening)
            {
                await response.SendAsync(opening);
            }

            await response.SendAsync(frames.Finish(choice, answer.Choices[choice].End));
        }

        if (includeUsage && !response.Script.NoUsage)
        {
            await response.SendAsync(frames.Usage(Usage.Of(answer.PromptTokens, answer.CompletionTokens)));
        }

        if (!response.Script.NoDone)
        {
            await response.SendAsync(frames.Done());
        }

        return Ending.Completed;
    }

    private static async Task<Ending> BreakAsync(TokenVerdict verdict, ScriptedResponse response, AnswerFrames frames)
    {
        switch (verdict)
        {
            case TokenVerdict.Cut:
                return Ending.Cut;
            case TokenVerdict.Fail:
                await response.SendAsync(frames.Error(OpenAIError.Scripted(500, null).Body));
                return Ending.Error;
            default:
                return Ending.Ended;
        }
    }
}
