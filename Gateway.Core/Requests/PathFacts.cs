namespace Gateway.Core.Requests;

/// <summary>What the path of a request says that other protocols say in the body.</summary>
/// <param name="Model">Model as asked for.</param>
/// <param name="Stream">Whether a stream is asked for.</param>
/// <param name="AsArray">Whether that stream is to be one JSON array instead of events.</param>
public readonly record struct PathFacts(string Model, bool Stream, bool AsArray);
