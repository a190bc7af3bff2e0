using System.Diagnostics.Metrics;
using Gateway.Moderation.Checks;
using Gateway.Moderation.Content;
using Gateway.Moderation.Endpoints;
using Gateway.Moderation.Policies;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Moderation.Tests.Policies;

/// <summary>The work of the service on one body, without HTTP.</summary>
internal static class ModerationRuns
{
    private static readonly PolicyRun Runner = new(
        new ModerationMetrics(new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>()), TimeProvider.System, NullLogger<PolicyRun>.Instance);

    public static (string Action, string? Check, byte[] Body) Run(byte[] body, Shape shape, bool required, params IModerationCheck[] checks)
    {
        var context = new DefaultHttpContext { Request = { Body = new MemoryStream(body) } };
        using var read = RequestBody.ReadAsync(context, 1 << 24).GetAwaiter().GetResult();
        var job = new ModerationJob(read, shape, new ModerationPolicy("p", required, checks), Runner, Guid.NewGuid());
        job.Run();
        var verdict = job.Verdict!;
        return verdict.Outcome switch
        {
            ModerationOutcome.Allow => ("allow", null, body),
            ModerationOutcome.Redact => ("redact", null, job.Redacted.ToArray()),
            _ => ("block", verdict.Check, []),
        };
    }
}
