using Gateway.Core.Requests;

namespace Gateway.Router.Protocols;

/// <summary>Takes members out of a JSON object together with the comma that would be one too many.</summary>
internal static class OwnMemberCuts
{
    /// <param name="body">A valid JSON object.</param>
    /// <param name="members">Its members to leave out, name to value, in the order of the body.</param>
    public static List<Splice> Of(ReadOnlySpan<byte> body, IReadOnlyList<ByteRange> members)
    {
        var cuts = new List<Splice>(members.Count);
        var cutUntil = 0;
        for (var i = 0; i < members.Count; i++)
        {
            var member = members[i];
            var before = member.Start - 1;
            while (IsSpace(body[before]))
            {
                before--;
            }

            int start, end;
            if (body[before] == (byte)',' && before >= cutUntil)
            {
                // Something is kept before it: the comma between the two goes.
                (start, end) = (before, member.End);
            }
            else
            {
                // It has become the first: the comma behind it goes, where there is one.
                (start, end) = (member.Start, member.End);
                while (IsSpace(body[end]))
                {
                    end++;
                }

                end = body[end] == (byte)',' ? end + 1 : member.End;
            }

            cuts.Add(new Splice(start, end - start, default));
            cutUntil = end;
        }

        return cuts;
    }

    private static bool IsSpace(byte value) => value is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n';
}
