using Gateway.Core;
using Gateway.Core.Context;
using Gateway.Core.Errors;
using Gateway.Moderation.Policies;

namespace Gateway.Moderation.Endpoints;

/// <summary>Lets in only calls that the Edge or the Router signed for this service and this path.</summary>
internal sealed class ContextGate(ContextToken tokens, ILogger<ContextGate> log)
{
    /// <returns>The claims; or null, and the 401 is written.</returns>
    public async ValueTask<ContextClaims?> EnterAsync(HttpContext context, string path)
    {
        var header = context.Request.Headers[GatewayHeaders.Context];
        if (header.Count == 1 && tokens.Verify(header[0], ContextAudience.Moderation, path) is { } claims)
        {
            context.Response.Headers[GatewayHeaders.RequestId] = claims.RequestId.ToString("N");
            return claims;
        }

        log.ContextRefused(path);
        await OpenAIErrorWriter.WriteAsync(context, new GatewayError(GatewayErrorKind.ContextRejected, "The call has no valid context."));
        return null;
    }
}
