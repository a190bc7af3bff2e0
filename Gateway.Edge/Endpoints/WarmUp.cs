using Gateway.Core.Context;
using Gateway.Core.Requests;

namespace Gateway.Edge.Endpoints;

/// <summary>
/// Runs the computing part of the request path before the first request comes, so that nobody waits for its compilation.
/// Nothing is forwarded, counted or written.
/// </summary>
internal sealed class WarmUp(EdgeSnapshots snapshots, ContextToken tokens, TimeProvider time) : IHostedService
{
    // Past the 30 calls after which the runtime compiles a method anew.
    private const int Rounds = 100;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        for (var i = 0; i < Rounds; i++)
        {
            var snapshot = snapshots.Current;
            snapshot.Keys.Authenticate("warm-up, nobody's key", now, out _);
            if (RequestFactsReader.TryRead("""{"model":"warm-up","stream":true,"stream_options":{"include_usage":true},"max_tokens":1,"messages":[{"role":"user","content":"x"}]}"""u8, LlmOperation.ChatCompletions, out var facts, out _))
            {
                snapshot.Models.Resolve(facts.Model);
                tokens.Sign(new ContextClaims
                {
                    Audience = ContextAudience.Router,
                    Role = ContextRole.Service,
                    RequestId = Guid.Empty,
                    Path = "/",
                    // Expired before it was made: good for nothing, should it ever leave.
                    ExpiresUnixMs = 0,
                });
            }
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
