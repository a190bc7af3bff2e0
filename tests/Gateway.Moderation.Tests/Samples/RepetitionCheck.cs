using Gateway.Core.Configuration;
using Gateway.Moderation.Checks;

namespace Gateway.Moderation.Tests.Samples;

// sample: check
/// <summary>Finds one character that is repeated very often: such prompts cost much and ask for nothing.</summary>
internal sealed class RepetitionCheck(string name, ModerationAction action, int most) : IModerationCheck
{
    public string Name => name;

    public ModerationAction Action => action;

    public string Replacement => "...";

    public void Find(CheckedText text, List<TextSpan> found)
    {
        var units = text.Text;
        var start = 0;
        for (var at = 1; at <= units.Length; at++)
        {
            if (at < units.Length && units[at] == units[start])
            {
                continue;
            }

            if (at - start > most)
            {
                found.Add(new TextSpan(start, at));
            }

            start = at;
        }
    }
}
// end sample
