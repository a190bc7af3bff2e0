using System.Text;
using Gateway.Core.Requests;

namespace Gateway.Router.Processors;

/// <summary>Where the bodies of one kind of request keep what the user says.</summary>
internal sealed class UserTextShape
{
    private static readonly UserTextShape Messages = new("messages", "content", "text");
    private static readonly UserTextShape Input = new("input", "content", "input_text") { MayBeText = true };
    private static readonly UserTextShape Contents = new("contents", "parts", "") { RoleIsUser = true };
    private static readonly UserTextShape Prompt = new("prompt", "", "") { MayBeText = true };

    private UserTextShape(string member, string content, string partType)
    {
        Name = member;
        Member = Encoding.UTF8.GetBytes(member);
        Content = Encoding.UTF8.GetBytes(content);
        PartType = Encoding.UTF8.GetBytes(partType);
    }

    /// <summary><see cref="Member"/> for errors.</summary>
    public string Name { get; }

    /// <summary>The member that has it all: a list of messages, or the text itself.</summary>
    public byte[] Member { get; }

    /// <summary>What of a message is its content; empty where the member holds no messages.</summary>
    public byte[] Content { get; }

    /// <summary>The <c>type</c> of a part that is text; empty where every part with a <c>text</c> is.</summary>
    public byte[] PartType { get; }

    /// <summary>The member may be the text itself.</summary>
    public bool MayBeText { get; private init; }

    /// <summary>A message without a role is the user's.</summary>
    public bool RoleIsUser { get; private init; }

    /// <returns>Null for what is no chat.</returns>
    public static UserTextShape? Of(LlmOperation operation) => operation switch
    {
        LlmOperation.ChatCompletions or LlmOperation.Messages or LlmOperation.OllamaChat => Messages,
        LlmOperation.Responses => Input,
        LlmOperation.GenerateContent => Contents,
        LlmOperation.Completions or LlmOperation.OllamaGenerate => Prompt,
        _ => null,
    };
}
