using Gateway.Core;
using Gateway.Core.Configuration;
using Gateway.Core.Requests;
using Gateway.Router.Pipeline;

namespace Gateway.Router.Balancing;

/// <summary>What says that requests belong together: the same number for all requests of one talk, in every Router. Allocates nothing. Stateless.</summary>
internal static class Affinity
{
    /// <summary>
    /// By session: the client's own name for it (header <c>x-session-id</c>, then <c>prompt_cache_key</c> and <c>conversation</c>, then the end user), else
    /// how the talk begins. By prefix: how the prompt begins, whoever sends it.
    /// </summary>
    /// <remarks>
    /// Names and talks of two tenants are never the same; prefixes are, as the provider's cache does not ask whose they are either.
    /// <c>previous_response_id</c> is no name of a talk: it is another one in each turn.
    /// </remarks>
    /// <returns>Never 0, but for a form that names nothing.</returns>
    public static ulong Of(LlmExchange exchange, StickyBy by)
    {
        var claims = exchange.Claims;
        var body = exchange.Form is null && exchange.Files is null ? exchange.Body.Span : default;
        return Of(body, exchange.Endpoint.Operation, by, claims.Team.Length > 0 ? claims.Team : claims.KeyId, Header(exchange), exchange.Facts.User);
    }

    /// <param name="body">JSON that the strict reader has passed; empty where there is none.</param>
    /// <param name="tenant">The team, else the key.</param>
    /// <param name="session">The session that the head names; empty for none.</param>
    /// <param name="user">The end user; empty for none.</param>
    internal static ulong Of(ReadOnlySpan<byte> body, LlmOperation operation, StickyBy by, string tenant, string session, string? user)
    {
        if (by == StickyBy.Prefix)
        {
            return body.IsEmpty ? 0 : Some(PromptStart.Read(body, operation).OfPrefix());
        }

        var hash = new StableHash(0);
        hash.Add(tenant);
        if (session.Length > 0)
        {
            hash.Add(session);
        }
        else if (NamedSession.TryRead(body, operation, out var name))
        {
            hash.Add(name);
        }
        else if (!string.IsNullOrEmpty(user))
        {
            hash.Add(user);
        }
        else if (!body.IsEmpty)
        {
            hash.Add(PromptStart.Read(body, operation).OfTalk());
        }
        else
        {
            return 0;
        }

        return Some(hash.Value);
    }

    private static string Header(LlmExchange exchange)
    {
        var values = exchange.Http.Request.Headers[GatewayHeaders.Session];
        return values.Count > 0 ? values[0] ?? "" : "";
    }

    /// <summary>0 stands for none.</summary>
    private static ulong Some(ulong hash) => hash == 0 ? 1 : hash;
}
