using System.Text;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Protocols.Anthropic;

/// <summary>The members that say why a message ended: in a plain message, or in the delta of a <c>message_delta</c>.</summary>
internal static class Ending
{
    /// <param name="holder">The object that holds them.</param>
    /// <returns>Whether there was a reason; it is then told.</returns>
    public static bool Tell(ReadOnlySpan<byte> holder, BlockDecoder blocks, Translation? translation, JsonStrings text, IAnswerSink sink)
    {
        ReadOnlySpan<byte> reason = default, sequence = default, details = default;
        var members = new JsonMembers(holder);
        while (members.Next())
        {
            if (members.Is("stop_reason"u8))
            {
                reason = members.Value();
            }
            else if (members.Is("stop_sequence"u8))
            {
                sequence = members.Value();
            }
            else if (members.Is("stop_details"u8))
            {
                details = members.Value();
            }
        }

        var word = text.Of(reason);
        if (word.IsEmpty)
        {
            return false;
        }

        var finish = StopReasons.Read(word, blocks.HasCalls, out var isKnown);
        if (!isKnown)
        {
            translation?.Notes.DropFromAnswer($"finish_reason={Encoding.UTF8.GetString(word)}");
        }

        if (finish == FinishReason.Refusal)
        {
            Explain(details, text, sink);
        }

        sink.Finish(finish, text.Of(sequence));
        return true;
    }

    private static void Explain(ReadOnlySpan<byte> details, JsonStrings text, IAnswerSink sink)
    {
        var members = new JsonMembers(details);
        while (members.Next())
        {
            if (members.Is("explanation"u8) && text.Of(members.Value()) is { IsEmpty: false } explanation)
            {
                sink.Refusal(explanation);
            }
        }
    }
}
