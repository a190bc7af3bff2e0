using Gateway.Core.Catalog;
using Gateway.Core.Errors;
using Gateway.Router.Pipeline;
using Gateway.Router.Routing;

namespace Gateway.Router.Explain;

/// <summary>What a request would get as things stand.</summary>
internal enum Verdict : byte
{
    /// <summary>An upstream is called.</summary>
    Call,

    /// <summary>The gateway answers by itself: it counts tokens where the provider cannot.</summary>
    Answer,

    /// <summary>It waits for a place.</summary>
    Wait,

    /// <summary>The client gets an error.</summary>
    Refuse,
}

/// <summary>One step of the way from a model name to its deployments.</summary>
/// <param name="Name">The name.</param>
/// <param name="Kind">What it is: group, alias, provider, prefix, default, or the path's route.</param>
/// <param name="Target">What it stands for: another name, or <c>provider/model</c>.</param>
internal readonly record struct ResolutionStep(string Name, string Kind, string Target);

/// <summary>What would become of one request, and why. Describes the exchange's body: write it before that is released.</summary>
internal sealed record RouteExplanation
{
    public required LlmExchange Exchange { get; init; }

    /// <summary>Ticks at which it was looked.</summary>
    public required long Now { get; init; }

    public IReadOnlyList<ResolutionStep> Resolution { get; init; } = [];

    /// <summary>Null where the request does not come so far as to a choice.</summary>
    public RouteTrip? Trip { get; init; }

    /// <summary>What a sticky group keeps together; 0 for none.</summary>
    public ulong Affinity { get; init; }

    /// <summary>The groups that were looked at, those beyond the choice included.</summary>
    public IReadOnlyList<WatchedGroup> Groups { get; init; } = [];

    /// <summary>For each of <see cref="Groups"/> the deployments in the order in which they would be tried if each failed with a server error.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Orders { get; init; } = [];

    /// <summary>What the next call takes, or why it gets nothing.</summary>
    public RoutePick Pick { get; init; }

    /// <summary>The group of <see cref="Pick"/>, or the one that the request waits for.</summary>
    public WatchedGroup? Chosen { get; init; }

    public required Verdict Verdict { get; init; }

    /// <summary>Null unless refused.</summary>
    public GatewayError? Error { get; init; }

    /// <summary>Most upstream calls; 0 where none is made.</summary>
    public int MaxAttempts { get; init; }

    /// <summary>What the name of the model leads to; null for nowhere.</summary>
    public ModelTarget? Target { get; init; }
}
