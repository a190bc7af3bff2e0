using System.Diagnostics;
using Gateway.Core.Journal;
using Gateway.Router.Pipeline;

namespace Gateway.Router.Telemetry;

/// <summary>
/// The Router's own spans. None is made while nobody exports them, and none ever holds content, a key or a user: what they say are configured names, ids, counts and
/// words of closed lists.
/// </summary>
internal static class RouterTraces
{
    public const string Name = "Gateway.Router";

    /// <summary>Exporters keep no more links of one span.</summary>
    private const int MostLinks = 128;

    /// <summary>Lives as long as the process.</summary>
    public static readonly ActivitySource Source = new(Name);

    /// <summary>Whether anybody would get a span.</summary>
    public static bool AreRead => Source.HasListeners();

    /// <summary>A step of a request.</summary>
    /// <returns>Null when nobody listens. Whoever asked ends it.</returns>
    public static Activity? Start(string name, LlmExchange exchange) =>
        Source.StartActivity(name)?.SetTag("gateway.request.id", exchange.RequestId.ToString());

    /// <summary>What is done for a request after its answer, and without it.</summary>
    /// <param name="trace">Where the request was; none when it was not traced.</param>
    public static Activity? StartLate(string name, ActivityContext trace, Guid requestId) =>
        trace == default ? null : Source.StartActivity(name, ActivityKind.Internal, trace)?.SetTag("gateway.request.id", requestId.ToString());

    /// <summary>A batch of records on its way to Usage: a trace of its own, linked to those of the requests in it.</summary>
    /// <param name="batch">Sealed.</param>
    /// <returns>Null when none of its requests was traced.</returns>
    public static Activity? StartShipment(ReadOnlySpan<byte> batch, TracedRequests traced)
    {
        if (traced.IsEmpty || !AreRead)
        {
            return null;
        }

        var links = new List<ActivityLink>();
        var frames = batch[UsageBatch.HeaderBytes..^UsageBatch.TrailerBytes];
        while (RecordFrame.TryRead(frames, out var record))
        {
            frames = frames[record.Frame.Length..];
            if (record.Type == JournalRecordType.Final && traced.TryTake(record.RequestId, out var trace) && links.Count < MostLinks)
            {
                links.Add(new ActivityLink(trace));
            }
        }

        return links.Count == 0 ? null : Source.StartActivity("ship usage", ActivityKind.Producer, default(ActivityContext), tags: null, links)?.SetTag("gateway.batch.requests", links.Count);
    }

    /// <summary>Says that a step went wrong.</summary>
    /// <param name="type">A word of a closed list.</param>
    public static void Fail(this Activity span, string type)
    {
        span.SetStatus(ActivityStatusCode.Error);
        span.SetTag("error.type", type);
    }
}
