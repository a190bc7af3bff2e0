using Gateway.Core.Errors;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Neutral;
using static Gateway.Router.Tests.Protocols.OpenAI.OpenAIChat;

namespace Gateway.Router.Tests.Protocols.OpenAI;

/// <summary>Short ways to make the neutral requests that are written.</summary>
internal static class NeutralTalk
{
    /// <summary>A server that is OpenAI's own.</summary>
    public static readonly UpstreamTraits Real = UpstreamTraits.Default with { MaxCompletionTokens = true, DeveloperRole = true, Host = "api.openai.com" };

    public static readonly SourcePath Here = new("messages", 0, "content", 0);

    public static NeutralRequest User(string text) => new() { Model = "gpt-test", Turns = { Turn(NeutralRole.User, new TextPart(text, Here)) } };

    public static NeutralRequest Talk(params NeutralPart[] calls)
    {
        var request = User("hi");
        request.Turns.Add(Turn(NeutralRole.Assistant, calls));
        return request;
    }

    public static NeutralTurn Turn(NeutralRole role, params NeutralPart[] parts)
    {
        var turn = new NeutralTurn(role, new SourcePath("messages"));
        turn.Parts.AddRange(parts);
        return turn;
    }

    public static ToolResultPart Result(string id, params NeutralPart[] parts) => new(id, null, parts, IsError: false, Here);

    /// <summary>The member that a request is refused for.</summary>
    public static string? Rejected(NeutralRequest request) => Assert.Throws<GatewayException>(() => WriteText(Translate(request))).Error.Param;
}
