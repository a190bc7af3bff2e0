using Gateway.Core.Catalog;
using Gateway.Core.Configuration;
using Gateway.Core.Errors;
using Gateway.Core.Requests;
using Gateway.Edge.VirtualKeys;

namespace Gateway.Edge.Routes;

/// <summary>A path of the document below which every endpoint is served, with a model of its own.</summary>
internal sealed class PathRoute(RouteConfig config, ModelDirectory models)
{
    private static readonly GatewayError OnlyStreams = new(
        GatewayErrorKind.InvalidRequest, "This path only streams. Send 'stream': true (for Gemini: call streamGenerateContent).", "stream");

    private static readonly GatewayError NeverStreams = new(
        GatewayErrorKind.InvalidRequest, "This path does not stream. Send 'stream': false (for Gemini: call generateContent).", "stream");

    // Its name is the operator's: it is not told to somebody who may not use it.
    private static readonly GatewayError Forbidden = new(
        GatewayErrorKind.ModelForbidden, "Your API key may not use the model of this path. Ask the operator of this gateway for it.", "model");

    private static readonly GatewayError Gone = new(GatewayErrorKind.ModelNotFound, "The model of this path does not exist in this gateway. Tell its operator.", "model");

    /// <summary>Prefix of the path, without a slash at its end.</summary>
    public string Path { get; } = config.Path;

    /// <summary>What answers; empty where the request says it.</summary>
    public string Model { get; } = config.Model ?? "";

    /// <summary>Processors of its chats, in order.</summary>
    public IReadOnlyList<string> Processors { get; } = config.Processors;

    /// <summary>What is kept of the content of its requests; null where it does not say.</summary>
    public CaptureLevel? Capture { get; } = config.Capture;

    /// <summary>What <see cref="Model"/> leads to; null for none.</summary>
    public ModelTarget? Target { get; } = config.Model is { } model ? models.Resolve(model) : null;

    public bool HasModel => Model.Length > 0;

    /// <summary>The route that the request came by; null for the endpoints' own paths.</summary>
    public static PathRoute? Of(HttpContext context) => context.Features.Get<PathRoute>();

    /// <summary>Whether the path takes a request of this kind. Only chats can be streams.</summary>
    /// <returns>The error, or null.</returns>
    public GatewayError? CheckStreaming(LlmKind kind, bool stream) => config.Streaming switch
    {
        RouteStreaming.Only => kind == LlmKind.Chat && !stream ? OnlyStreams : null,
        RouteStreaming.Never => stream ? NeverStreams : null,
        RouteStreaming.Both => null,
    };

    /// <summary>What somebody is told who may not use <see cref="Model"/>.</summary>
    public GatewayError Refusal(VirtualKey key) => key.IsNobody ? KeyErrors.Missing : Target is null ? Gone : Forbidden;
}
