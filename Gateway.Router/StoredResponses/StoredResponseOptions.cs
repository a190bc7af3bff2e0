using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace Gateway.Router.StoredResponses;

/// <summary>How responses are kept for <c>previous_response_id</c> where the model's provider keeps none.</summary>
internal sealed class StoredResponseOptions
{
    public const string Section = "Gateway:Responses";

    /// <summary>How long a response can be continued. Default one day.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "30.00:00:00")]
    public TimeSpan Retention { get; set; } = TimeSpan.FromDays(1);

    /// <summary>Longest talk in bytes of JSON that is kept; a longer one cannot be continued by its id. Default 4 MiB.</summary>
    [Range(1024, 256 * 1024 * 1024)]
    public int MaxBytes { get; set; } = 4 * 1024 * 1024;

    /// <summary>Bytes that one Router keeps in its own memory where there is no Redis; the oldest make room. Default 64 MiB.</summary>
    [Range(1024, 16L * 1024 * 1024 * 1024)]
    public long MaxMemoryBytes { get; set; } = 64 * 1024 * 1024;
}

[OptionsValidator]
internal sealed partial class StoredResponseOptionsValidator : IValidateOptions<StoredResponseOptions>;
