namespace Gateway.Usage.Console.Overview;

/// <summary>A line of a table of the dearest, as it is shown.</summary>
/// <param name="Percent">Of the whole cost.</param>
public sealed record TopRow(string Name, string Requests, string Input, string Output, string Cost, int Percent);
