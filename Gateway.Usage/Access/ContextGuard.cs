using Gateway.Core;
using Gateway.Core.Context;
using Gateway.Core.Errors;

namespace Gateway.Usage.Access;

/// <summary>Lets in who has a context of the right role for this path, and answers 401 to all others without saying why.</summary>
internal sealed class ContextGuard(ContextToken tokens)
{
    private static readonly GatewayError Rejected = new(GatewayErrorKind.ContextRejected, "This address serves the gateway's own services only. Ask the gateway's public address.");

    /// <summary>True when the call may go on; else the answer is written.</summary>
    /// <param name="context">The call.</param>
    /// <param name="role">The role that it needs, or null when any will do.</param>
    public async ValueTask<bool> AdmitAsync(HttpContext context, ContextRole? role) => await ClaimsAsync(context, role) is not null;

    /// <summary>What the caller is; null when the call may not go on and the answer is written.</summary>
    /// <inheritdoc cref="AdmitAsync"/>
    public async ValueTask<ContextClaims?> ClaimsAsync(HttpContext context, ContextRole? role)
    {
        var header = context.Request.Headers[GatewayHeaders.Context];
        var claims = header.Count == 1 ? tokens.Verify(header[0], ContextAudience.Usage, context.Request.Path.Value ?? "") : null;
        if (claims is not null && (role is null || claims.Role == role))
        {
            return claims;
        }

        await OpenAIErrorWriter.WriteAsync(context, Rejected);
        return null;
    }
}
