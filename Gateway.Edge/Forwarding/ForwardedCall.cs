using Gateway.Edge.Budgets;
using Gateway.Edge.Endpoints;

namespace Gateway.Edge.Forwarding;

/// <summary>One call to an inner service.</summary>
/// <param name="Service">Who is called.</param>
/// <param name="Method">HTTP method.</param>
/// <param name="PathAndQuery">Escaped; its path is what the token is good for.</param>
/// <param name="Token">Signed context.</param>
/// <param name="Body">The very bytes that the client sent; null for none. Given back once they are sent.</param>
/// <param name="Arrived">Timestamp of the request's arrival at the Edge.</param>
/// <param name="Expires">When the Edge gives up on the answer.</param>
internal readonly record struct ForwardedCall(
    ServiceEndpoints Service, HttpMethod Method, string PathAndQuery, string Token, PooledBody? Body, long Arrived, TimeSpan Expires)
{
    /// <summary>The content type of a body that is a form, written anew; null for JSON.</summary>
    public string? FormType { get; init; }

    /// <summary>What the request holds until the service has it; null for nothing.</summary>
    public HeldAdmission? Held { get; init; }
}
