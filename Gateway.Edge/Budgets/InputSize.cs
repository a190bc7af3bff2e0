using System.Text.Json;
using Gateway.Core.Requests;

namespace Gateway.Edge.Budgets;

/// <summary>How much a body puts before a model, as far as the body tells.</summary>
/// <param name="TextBytes">Bytes of the body without those of inline media.</param>
/// <param name="MediaBytes">Bytes of inline media as they stand there.</param>
/// <param name="Media">Pictures and sounds, inline or by reference.</param>
/// <param name="IsOpen">It brings in what is not in the body (files, stored talks, pages, tools that providers run): only the context window bounds it.</param>
/// <param name="HasTools">Providers put words of their own before a model that has tools.</param>
/// <param name="Choices">Answers that are asked for, at least 1.</param>
internal readonly record struct InputSize(long TextBytes, long MediaBytes, int Media, bool IsOpen, bool HasTools, int Choices)
{
    // In a form each file has a name; that of a text part would be one file more, which errs on the strict side.
    private static ReadOnlySpan<byte> FileName => "filename"u8;

    /// <summary>One pass over the body. Allocates nothing.</summary>
    /// <param name="body">JSON that <see cref="RequestFactsReader"/> has accepted, or a form.</param>
    public static InputSize Read(LlmOperation operation, ReadOnlySpan<byte> body, in RequestFacts facts)
    {
        var choices = Math.Max(1, facts.CandidateCount);
        if (LlmOperations.IsForm(operation))
        {
            return new InputSize(0, body.Length, Math.Max(1, body.Count(FileName)), IsOpen: false, HasTools: false, choices);
        }

        try
        {
            var scan = new InputScan(operation, body);
            scan.Run();
            return new InputSize(
                Math.Max(0, body.Length - scan.MediaBytes), scan.MediaBytes, scan.Media, scan.IsOpen || facts.ContinuesResponse, scan.HasTools,
                Math.Max(choices, scan.BestOf) * Math.Max(1, scan.Prompts));
        }
        catch (Exception unreadable) when (unreadable is JsonException or InvalidOperationException)
        {
            // The second is what half a surrogate pair in a name makes: the reader of the facts has not looked at it.
            return new InputSize(body.Length, 0, 0, IsOpen: true, HasTools: true, choices);
        }
    }
}
