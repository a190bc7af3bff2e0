using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Gateway.Usage.Ledger;

/// <summary>How the ledger is kept.</summary>
internal sealed class LedgerOptions
{
    public const string Section = "Gateway:Ledger";

    /// <summary>Size in bytes at which a segment file of the embedded ledger is closed. Default 64 MiB.</summary>
    [Range(4 * 1024, 1024 * 1024 * 1024)]
    public long SegmentBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>With less free disk than this, in bytes, nothing more is taken; the Routers keep it. Default 256 MiB.</summary>
    [Range(0, long.MaxValue)]
    public long MinFreeBytes { get; set; } = 256 * 1024 * 1024;

    /// <summary>Whether reports of the ledger in PostgreSQL are answered from columns on this machine's disk. Default true; false asks PostgreSQL each time.</summary>
    public bool ColumnCache { get; set; } = true;

    /// <summary>Rows of one file of these columns; until there are so many they are in memory, at 160 bytes each. Default 131072.</summary>
    [Range(1, 16 * 1024 * 1024)]
    public int ColumnFileRows { get; set; } = 128 * 1024;
}

[OptionsValidator]
internal sealed partial class LedgerOptionsValidator : IValidateOptions<LedgerOptions>;
