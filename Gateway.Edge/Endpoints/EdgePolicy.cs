using Gateway.Core.Requests;

namespace Gateway.Edge.Endpoints;

/// <summary>Who may call an endpoint. Every endpoint carries one; a test lists those that do not.</summary>
internal enum EdgeAccess
{
    /// <summary>Anybody: probes and static pages.</summary>
    Public,

    /// <summary>Clients with a virtual key, or without one for what is public.</summary>
    VirtualKey,

    /// <summary>Operators with the admin key.</summary>
    Admin,
}

/// <summary>Metadata of an endpoint.</summary>
/// <param name="Access">Who may call it.</param>
/// <param name="Llm">For endpoints that take a body, JSON or a form, to a model: its rules apply. One of several where the path decides which.</param>
internal sealed record EdgePolicy(EdgeAccess Access, LlmEndpoint? Llm = null);
