using System.Text;
using Gateway.Moderation.Checks;

namespace Gateway.Moderation.Content;

/// <summary>One run of text that becomes another.</summary>
/// <param name="Span">In the text before.</param>
/// <param name="Order">Of overlapping ones the lowest says what is written.</param>
/// <param name="Replacement">What is written.</param>
internal readonly record struct Redaction(TextSpan Span, int Order, string Replacement);

/// <summary>The text of one group, redacted step by step, that still knows its parts and what in it is not the client's.</summary>
internal sealed class RedactableText
{
    private readonly int[] _joints;

    // In the order of the text and never overlapping: starts and ends only grow, and are searched by halves.
    private List<TextSpan> _replaced = [];
    private string _text;

    public RedactableText(ContentGroup group)
    {
        var segments = group.Segments;
        _joints = new int[Math.Max(0, segments.Count - 1)];
        for (int index = 0, length = 0; index < _joints.Length; index++)
        {
            length += segments[index].Text.Length;
            _joints[index] = length;
        }

        _text = segments.Count == 1 ? segments[0].Text : string.Concat(segments.Select(static segment => segment.Text));
    }

    public bool Changed { get; private set; }

    /// <summary>The text as it is now, for checks.</summary>
    public CheckedText Snapshot() => new(_text, [.. _joints]);

    /// <summary>The part of a segment as it is now.</summary>
    public string Part(int index)
    {
        var start = index == 0 ? 0 : _joints[index - 1];
        var end = index == _joints.Length ? _text.Length : _joints[index];
        return _text[start..end];
    }

    /// <summary>Whether a match is nothing but what earlier redactions wrote; the operator's own words are not judged.</summary>
    public bool IsOwn(TextSpan match)
    {
        var after = FirstReplaced(match.Start, static (own, place) => own.Start > place);
        return after > 0 && match.End <= _replaced[after - 1].End;
    }

    /// <param name="redactions">At least one, in any order; sorted and merged in place.</param>
    public void Apply(List<Redaction> redactions)
    {
        Merge(redactions);
        var text = new StringBuilder(_text.Length);
        var replaced = new List<TextSpan>(redactions.Count + _replaced.Count);
        var joint = 0;
        var old = 0;
        var done = 0;
        foreach (var (span, _, replacement) in redactions)
        {
            CopyUpTo(span.Start);
            var start = text.Length;
            text.Append(replacement);
            replaced.Add(new TextSpan(start, text.Length));

            // A part that ends inside the match ends after the replacement: what is written goes to the part where the match began.
            for (; joint < _joints.Length && _joints[joint] < span.End; joint++)
            {
                _joints[joint] = text.Length;
            }

            for (; old < _replaced.Count && _replaced[old].Start < span.End; old++)
            {
            }

            done = span.End;
        }

        CopyUpTo(_text.Length);
        (_text, _replaced, Changed) = (text.ToString(), replaced, true);

        void CopyUpTo(int end)
        {
            var shift = text.Length - done;
            for (; joint < _joints.Length && _joints[joint] <= end; joint++)
            {
                _joints[joint] += shift;
            }

            for (; old < _replaced.Count && _replaced[old].End <= end; old++)
            {
                replaced.Add(new TextSpan(_replaced[old].Start + shift, _replaced[old].End + shift));
            }

            text.Append(_text, done, end - done);
        }
    }

    /// <summary>Overlapping ones become one; none cuts through what an earlier step wrote or through a surrogate pair.</summary>
    private void Merge(List<Redaction> redactions)
    {
        for (var index = 0; index < redactions.Count; index++)
        {
            redactions[index] = redactions[index] with { Span = Widen(redactions[index].Span) };
        }

        redactions.Sort(static (left, right) => left.Span.Start.CompareTo(right.Span.Start) is var order and not 0 ? order : left.Order.CompareTo(right.Order));
        var last = 0;
        for (var index = 1; index < redactions.Count; index++)
        {
            var (before, next) = (redactions[last], redactions[index]);
            if (next.Span.Start >= before.Span.End)
            {
                redactions[++last] = next;
                continue;
            }

            redactions[last] = (next.Order < before.Order ? next : before) with
            {
                Span = new TextSpan(before.Span.Start, Math.Max(before.Span.End, next.Span.End)),
            };
        }

        redactions.RemoveRange(last + 1, redactions.Count - last - 1);
    }

    private TextSpan Widen(TextSpan span)
    {
        var (start, end) = (span.Start, span.End);
        for (var index = FirstReplaced(start, static (own, place) => own.End > place); index < _replaced.Count && _replaced[index].Start < end; index++)
        {
            (start, end) = (Math.Min(start, _replaced[index].Start), Math.Max(end, _replaced[index].End));
        }

        // A pattern may match one half of a pair; the other half alone would be no text.
        start -= start > 0 && start < _text.Length && char.IsSurrogatePair(_text[start - 1], _text[start]) ? 1 : 0;
        end += end > 0 && end < _text.Length && char.IsSurrogatePair(_text[end - 1], _text[end]) ? 1 : 0;
        return new TextSpan(start, end);
    }

    /// <summary>Index of the first replacement for which it is true, given that it is true for all later ones; their count when there is none.</summary>
    private int FirstReplaced(int place, Func<TextSpan, int, bool> isTrue)
    {
        var (low, high) = (0, _replaced.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            (low, high) = isTrue(_replaced[middle], place) ? (low, middle) : (middle + 1, high);
        }

        return low;
    }
}
