using System.Data.Common;
using Gateway.Core.Context;
using Gateway.Core.Errors;
using Gateway.Usage.Access;

namespace Gateway.Usage.Reports;

/// <summary>What all reports do alike: who may ask, what is said when something goes wrong, and that a report that breaks off does not look like a whole one. Thread-safe.</summary>
internal sealed class ReportDoor(ContextGuard guard, ILogger<ReportDoor> log)
{
    private static readonly GatewayError Unreadable =
        new(GatewayErrorKind.ServiceUnavailable, "The ledger cannot be read at the moment. Try again.", RetryAfter: TimeSpan.FromSeconds(1));

    private static readonly GatewayError Keyless = new(GatewayErrorKind.ContextRejected, "This report is about one key, and the call names none.");

    /// <summary>For operators.</summary>
    public async Task AnswerAsync(HttpContext context, Func<HttpContext, Task> answer)
    {
        if (await guard.AdmitAsync(context, ContextRole.Admin))
        {
            await RunAsync(context, answer);
        }
    }

    /// <summary>For a client: the id of its key comes from the signed context, and from nowhere else.</summary>
    public async Task AnswerOwnerAsync(HttpContext context, Func<HttpContext, string, Task> answer)
    {
        if (await guard.ClaimsAsync(context, ContextRole.Client) is not { } claims)
        {
            return;
        }

        await (claims.KeyId is { Length: > 0 } key ? RunAsync(context, call => answer(call, key)) : OpenAIErrorWriter.WriteAsync(context, Keyless));
    }

    private async Task RunAsync(HttpContext context, Func<HttpContext, Task> answer)
    {
        // Reports are of this moment, and hold names.
        context.Response.Headers.CacheControl = "no-store";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        try
        {
            await answer(context);
        }
        catch (GatewayException refused) when (!context.Response.HasStarted)
        {
            await OpenAIErrorWriter.WriteAsync(context, refused.Error);
        }
        catch (OperationCanceledException)
        {
            // Nobody is there any more; should somebody be, it is not the whole report.
            context.Abort();
        }
        catch (Exception failure) when (failure is IOException or DbException && !context.Response.HasStarted)
        {
            log.ReportFailed(failure);
            await OpenAIErrorWriter.WriteAsync(context, Unreadable);
        }
        catch (Exception failure) when (context.Response.HasStarted)
        {
            // A clean end would say that these are all the rows.
            log.ReportBroken(failure);
            context.Abort();
        }
    }
}
