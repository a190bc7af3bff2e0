using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Gateway.Router.Settlement;

/// <summary>How the usage journal of a Router is kept.</summary>
internal sealed class JournalOptions
{
    public const string Section = "Gateway:Journal";

    /// <summary>Size in bytes at which a segment file is closed. Default 64 MiB.</summary>
    [Range(4 * 1024, 1024 * 1024 * 1024)]
    public long SegmentBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>Most bytes that may wait for the Usage service; with less than 5 % of it left nothing billable is served. Default 8 GiB.</summary>
    [Range(64 * 1024, long.MaxValue)]
    public long MaxUnshippedBytes { get; set; } = 8L * 1024 * 1024 * 1024;
}

[OptionsValidator]
internal sealed partial class JournalOptionsValidator : IValidateOptions<JournalOptions>;
