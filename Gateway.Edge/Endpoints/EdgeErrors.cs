using Gateway.Core.Errors;
using Microsoft.AspNetCore.Connections;

namespace Gateway.Edge.Endpoints;

/// <summary>Tells a client of the Edge what went wrong, and the log in numbers.</summary>
internal sealed class EdgeErrors(ILogger<EdgeErrors> logger)
{
    public static readonly GatewayError Bug = new(GatewayErrorKind.Internal, "The gateway failed on this request. Its operator finds the cause in the log by the x-gateway-request-id.");

    public Task WriteAsync(HttpContext context, GatewayError error)
    {
        var facts = error.Facts;
        logger.Refused(facts.Level, context.TraceIdentifier, facts.Status, facts.Code, facts.Domain.ToString());
        if (context.Response.HasStarted)
        {
            context.Abort();
            return Task.CompletedTask;
        }

        if (InputRules.MustClose(error))
        {
            context.Response.Headers.Connection = "close";
        }

        return ErrorWriters.WriteAsync(ClientProtocols.Of(context), context, error, context.TraceIdentifier, ClientProtocols.WantsArray(context.Request));
    }

    /// <summary>Whether a failure only says that the client went away.</summary>
    public static bool IsGone(HttpContext context, Exception failure) =>
        failure is ConnectionResetException || (failure is OperationCanceledException && context.RequestAborted.IsCancellationRequested);

    public Task WriteUnexpectedAsync(HttpContext context, Exception failure)
    {
        if (IsGone(context, failure))
        {
            // The client went away in the middle of it: nobody is left to tell.
            return Task.CompletedTask;
        }

        logger.Unexpected(failure, context.TraceIdentifier);
        return WriteAsync(context, Bug);
    }
}
