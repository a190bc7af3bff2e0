namespace Gateway.Usage.Ledger.Columns;

/// <summary>What is kept of a row beside the record itself, each as a number. The numbers stand on disk: never reuse one.</summary>
internal enum LedgerColumn
{
    /// <summary>When the request arrived, in Unix milliseconds.</summary>
    Time,

    // Numbers of names.
    Key,
    User,
    Team,
    Organisation,
    Model,

    /// <summary>The one that the row's charge is counted at.</summary>
    Deployment,
    Provider,

    /// <summary>Number of a set of labels.</summary>
    Tags,

    /// <summary>Hundreds of the client's status; 0 for unknown.</summary>
    Status,

    /// <summary>1 in the row of a request, 0 in those of further deployments that are charged for it.</summary>
    Requests,

    /// <summary>Where the record begins in its segment.</summary>
    Offset,

    // What the row is charged for.
    Input,
    CachedInput,
    CacheWrite,
    Output,
    Reasoning,
    AudioInput,
    AudioOutput,
    Cost,
}

internal static class LedgerColumns
{
    public const int Count = (int)LedgerColumn.Cost + 1;

    public const long MsPerHour = 3_600_000;

    /// <summary>Those that sums add up, in the order in which <see cref="GroupSums"/> has them.</summary>
    public static readonly LedgerColumn[] Measures =
    [
        LedgerColumn.Requests, LedgerColumn.Input, LedgerColumn.CachedInput, LedgerColumn.CacheWrite, LedgerColumn.Output, LedgerColumn.Reasoning, LedgerColumn.AudioInput,
        LedgerColumn.AudioOutput, LedgerColumn.Cost,
    ];

    /// <summary>The column that a dimension is made of.</summary>
    public static LedgerColumn Of(UsageDimension dimension) => dimension switch
    {
        UsageDimension.Key => LedgerColumn.Key,
        UsageDimension.User => LedgerColumn.User,
        UsageDimension.Team => LedgerColumn.Team,
        UsageDimension.Organisation => LedgerColumn.Organisation,
        UsageDimension.Model => LedgerColumn.Model,
        UsageDimension.Deployment => LedgerColumn.Deployment,
        UsageDimension.Provider => LedgerColumn.Provider,
        UsageDimension.Tag => LedgerColumn.Tags,
        UsageDimension.Status => LedgerColumn.Status,
        UsageDimension.Hour or UsageDimension.Day or UsageDimension.Month => LedgerColumn.Time,
    };
}
