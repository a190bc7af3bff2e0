using System.Globalization;
using Gateway.Core.Admission.Shared;
using Gateway.Core.Configuration;
using Gateway.Core.Context;
using Gateway.Core.Errors;
using Gateway.Core.Journal;
using Gateway.Core.Requests;
using Gateway.Router.Budgets;
using Gateway.Router.Catalog;
using Gateway.Router.Pipeline;

namespace Gateway.Router.Processors;

/// <summary>
/// Asks the model of a processor: an exchange of its own, with a record of its own, through the stages that every request goes through from the resolution on. Thread-safe, no state.
/// </summary>
internal sealed class ProcessorCalls(ResolveStage resolve, ExchangeRunner runner, RequestHolds holds, TimeProvider time, ILogger<ProcessorCalls> logger)
{
    /// <param name="outer">The client's exchange.</param>
    /// <param name="processor">Which one.</param>
    /// <param name="text">What the user said, or what the processor before made of it.</param>
    /// <param name="next">The stages behind the processors: what is asked here meets no processor again.</param>
    /// <returns>The new text.</returns>
    /// <exception cref="GatewayException">There is none.</exception>
    public async ValueTask<string> AskAsync(LlmExchange outer, ProcessorConfig processor, string text, LlmStageDelegate next)
    {
        var answer = new BoundedAnswer(ProcessorAnswer.MaxBytes);
        var http = new DefaultHttpContext { RequestAborted = outer.Http.RequestAborted };
        http.Request.Method = HttpMethods.Post;
        http.Response.Body = answer;
        var inner = new LlmExchange(http, LlmEndpoint.ChatCompletions, outer.Catalog, time);
        var body = ProcessorRequest.Write(processor, outer.Catalog.Resolve(processor.Model), text);
        if (!RequestFactsReader.TryRead(body.Span, LlmOperation.ChatCompletions, out var facts, out var error))
        {
            body.Release();
            throw new GatewayException(error);
        }

        inner.Claims = ClaimsFor(outer, processor);
        inner.SetBody(body, in facts);
        if (outer.Claims.Ticket is { Budgets.Count: > 0 } ticket)
        {
            await HoldAsync(inner, ticket, processor);
        }

        await runner.RunAsync(inner, exchange => resolve.InvokeAsync(exchange, next));
        await http.Response.CompleteAsync();
        http.RequestAborted.ThrowIfCancellationRequested();

        if (inner.Outcome is { Error: null, Ending: RequestEnding.Completed, Status: StatusCodes.Status200OK } && !answer.IsTooLong && ProcessorAnswer.Read(answer.Bytes) is { } rewritten)
        {
            logger.ProcessorDone(outer.RequestId, processor.Name, inner.RequestId);
            return rewritten;
        }

        throw new GatewayException(Describe(outer, processor, inner));
    }

    /// <summary>A record of its own is settled by its own id, so the call holds money of its own.</summary>
    private async ValueTask HoldAsync(LlmExchange inner, AdmissionTicket outer, ProcessorConfig processor)
    {
        var prices = inner.Catalog.Resolve(processor.Model)?.Deployments.Where(static deployment => deployment.Plan is not null).Select(static deployment => deployment.Plan!).ToArray() ?? [];
        try
        {
            var ticket = await holds.AdmitAsync(outer, inner.RequestId, prices, inner.Body.Length, processor.MaxTokens, processor.Model);
            inner.Claims = inner.Claims with { Ticket = ticket };
            inner.Hold = holds.Begin(inner.RequestId, ticket);
        }
        catch
        {
            inner.ReleaseBody();
            throw;
        }
    }

    private ContextClaims ClaimsFor(LlmExchange outer, ProcessorConfig processor)
    {
        var claims = outer.Claims;
        var policy = claims.ModerationPolicy.Length > 0 ? claims.ModerationPolicy : outer.Catalog.Names.Resolve(processor.Model)?.Moderation;
        return new ContextClaims
        {
            Audience = ContextAudience.Router,
            // Its model is the operator's choice; where the text may go (providers, labels) is still the key's to say.
            Role = ContextRole.Service,
            RequestId = Guid.CreateVersion7(time.GetUtcNow()),
            Path = LlmEndpoint.ChatCompletions.Path,
            ExpiresUnixMs = claims.ExpiresUnixMs,
            DeadlineUnixMs = claims.DeadlineUnixMs,
            KeyId = claims.KeyId,
            Team = claims.Team,
            User = claims.User,
            Owner = claims.Owner,
            RequestedModel = processor.Model,
            OutputCap = processor.MaxTokens,
            AllowedModels = ["*"],
            AllowedProviders = claims.AllowedProviders,
            RequiredTags = claims.RequiredTags,
            Tags = claims.Tags,
            Priority = claims.Priority,
            Weight = claims.Weight,
            MaySteer = false,
            // No model sees text that the policy has not seen, a processor's no more than any other.
            ModerationPolicy = policy ?? "",
            Capture = claims.Capture,
            ConfigGeneration = claims.ConfigGeneration,
        };
    }

    private GatewayError Describe(LlmExchange outer, ProcessorConfig processor, LlmExchange inner)
    {
        // What the client wrote is not to be sent to any model: that is about the request, and not about the processor.
        if (inner.Outcome.Error is { Kind: GatewayErrorKind.ContentBlocked } blocked)
        {
            return blocked;
        }

        var status = inner.Outcome.Ending == RequestEnding.DeadlineExceeded ? StatusCodes.Status504GatewayTimeout : inner.Outcome.Status switch
        {
            StatusCodes.Status429TooManyRequests => StatusCodes.Status429TooManyRequests,
            StatusCodes.Status503ServiceUnavailable => StatusCodes.Status503ServiceUnavailable,
            StatusCodes.Status504GatewayTimeout => StatusCodes.Status504GatewayTimeout,
            _ => StatusCodes.Status502BadGateway,
        };
        logger.ProcessorFailed(outer.RequestId, processor.Name, status, inner.RequestId);
        return Failed(processor.Name, status, RetryAfter(inner.Http.Response));
    }

    public static GatewayError Failed(string processor, int status, TimeSpan? retryAfter) => new(GatewayErrorKind.ProcessorFailed, status switch
    {
        StatusCodes.Status429TooManyRequests => $"The limits of the processor '{processor}' of this path are reached. Try again later.",
        StatusCodes.Status503ServiceUnavailable => $"The processor '{processor}' of this path cannot be asked now. Try again later.",
        StatusCodes.Status504GatewayTimeout => $"The processor '{processor}' of this path did not answer in time. Try again, or allow more time.",
        _ => $"The processor '{processor}' of this path gave no text to go on with. Try again, or tell the operator of this gateway.",
    }, RetryAfter: retryAfter)
    {
        Status = status,
    };

    private static TimeSpan? RetryAfter(HttpResponse response) =>
        int.TryParse(response.Headers.RetryAfter, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) ? TimeSpan.FromSeconds(seconds) : null;
}
