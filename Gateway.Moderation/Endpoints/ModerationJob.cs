using System.Buffers;
using System.Text.Json;
using Gateway.Moderation.Content;
using Gateway.Moderation.Policies;

namespace Gateway.Moderation.Endpoints;

/// <summary>The work on one body, apart from HTTP, so that it can run where there is time for it.</summary>
internal sealed class ModerationJob(RequestBody body, Shape shape, ModerationPolicy policy, PolicyRun run, Guid requestId)
{
    /// <summary>Null when the body is no JSON object, or a text file in it cannot be decoded.</summary>
    public PolicyVerdict? Verdict { get; private set; }

    /// <summary>The new body when the verdict is to redact.</summary>
    public ReadOnlyMemory<byte> Redacted { get; private set; }

    public void Run()
    {
        BodyContent content;
        try
        {
            content = ContentReader.Read(body.Bytes, shape);
        }
        catch (JsonException)
        {
            return;
        }

        Verdict = run.Check(policy, content, requestId);
        if (Verdict.Outcome == ModerationOutcome.Redact)
        {
            Redacted = Rewrite(body.Bytes, content, Verdict.Texts);
        }
    }

    /// <summary>The same bytes but for the strings that changed.</summary>
    private static ReadOnlyMemory<byte> Rewrite(ReadOnlySpan<byte> body, BodyContent content, IReadOnlyList<RedactableText> texts)
    {
        // Texts may interleave: a part's file name stands between two parts of one text.
        var edits = new List<(ContentSegment Segment, string Part)>();
        for (var group = 0; group < texts.Count; group++)
        {
            var segments = content.Groups[group].Segments;
            for (var index = 0; texts[group].Changed && index < segments.Count; index++)
            {
                var part = texts[group].Part(index);
                if (part != segments[index].Text)
                {
                    edits.Add((segments[index], part));
                }
            }
        }

        edits.Sort(static (left, right) => left.Segment.Start.CompareTo(right.Segment.Start));
        var output = new ArrayBufferWriter<byte>(body.Length + 256);
        var done = 0;
        foreach (var (segment, part) in edits)
        {
            output.Write(body[done..segment.Start]);
            JsonText.Write(output, segment.FilePrefix is { } prefix ? TextFile.Encode(prefix, part) : part);
            done = segment.Start + segment.Length;
        }

        output.Write(body[done..]);
        return output.WrittenMemory;
    }
}
