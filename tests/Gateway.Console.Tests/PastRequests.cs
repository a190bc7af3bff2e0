using System.Net.Http.Headers;
using Gateway.Core;
using Gateway.Core.Context;
using Gateway.Core.Journal;
using Gateway.Core.Money;
using Gateway.Core.Requests;
using Gateway.Usage.Tests;

namespace Gateway.Console.Tests;

/// <summary>A month of requests that nobody made, the same each time, sent to Usage as a Router sends its journal.</summary>
internal static class PastRequests
{
    public const int Requests = 2400;
    private const int BatchSize = 400;
    private const long HourMs = 3_600_000;

    private static readonly (string Key, string Team, int Weight)[] Keys = [("support-bot", "support", 5), ("research-notebook", "research", 3), ("ci-runner", "platform", 2), ("demo", "research", 1)];
    private static readonly (string Model, string Deployment, TokenPrice Price, int Weight)[] Models =
    [
        ("gpt-4o-mini", "sim/sim-small", new TokenPrice(150_000_000, 75_000_000, 0, 600_000_000), 6),
        ("gpt-4o", "sim/sim-large", new TokenPrice(2_500_000_000, 1_250_000_000, 0, 10_000_000_000), 3),
        ("text-embedding-3-small", "sim/sim-embed", new TokenPrice(20_000_000, 20_000_000, 0, 0), 2),
    ];

    public static async Task SendAsync(GatewayRig rig, CancellationToken cancellationToken)
    {
        var tokens = new ContextToken(new ContextKeys(rig.Environment["GATEWAY_CONTEXT_SECRET"]!), TimeProvider.System);
        using var client = new HttpClient { BaseAddress = rig.Usage.Url };
        var journal = new FakeJournal();
        var random = new Random(6);
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        for (var i = 0; i < Requests; i++)
        {
            journal.Add(Next(random, now));
        }

        for (var from = 1L; from <= Requests; from += BatchSize)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, UsageBatch.Path) { Content = new ByteArrayContent(journal.Batch(from, Math.Min(Requests, from + BatchSize - 1))) };
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
            request.Headers.TryAddWithoutValidation(GatewayHeaders.Context, tokens.Sign(new ContextClaims
            {
                Audience = ContextAudience.Usage,
                Role = ContextRole.Service,
                RequestId = Guid.NewGuid(),
                Path = UsageBatch.Path,
                ExpiresUnixMs = tokens.ExpiryFromNow(),
            }));
            using var answer = await client.SendAsync(request, cancellationToken);
            Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(cancellationToken));
        }
    }

    private static UsageFinal Next(Random random, long now)
    {
        // Newer ones are denser, and people sleep at night.
        var time = now - (long)(Math.Pow(random.NextDouble(), 2.2) * 30 * 24 * HourMs) - 60_000;
        var hour = time / HourMs % 24;
        time -= hour < 6 && random.Next(4) > 0 ? 9 * HourMs : 0;
        var (key, team, _) = Keys[Pick(random, [.. Keys.Select(static one => one.Weight)])];
        var (model, deployment, price, _) = Models[Pick(random, [.. Models.Select(static one => one.Weight)])];
        var (input, output) = (random.Next(40, 4000), price.Output == 0 ? 0 : random.Next(20, 900));
        var cached = random.Next(3) == 0 ? input / 2 : 0;
        var luck = random.Next(100);
        var status = luck < 2 ? 503 : luck < 5 ? 429 : 200;
        var first = random.Next(180, 600);
        var whole = first + (output * random.Next(8, 16));
        var usage = status == 200 ? new TokenUsage(input, cached, 0, output, 0) : default;
        var cost = (((usage.Input - usage.CachedInput) * price.Input) + (usage.CachedInput * price.CachedInput) + (usage.Output * price.Output)) / 1_000_000;
        var final = FakeJournal.Final(Guid.CreateVersion7(DateTimeOffset.FromUnixTimeMilliseconds(time)), key, model, deployment, team, status, time: time);
        final = final with
        {
            Intent = final.Intent with { Stream = output > 0 && random.Next(3) > 0, Price = price, PriceVersion = "document 1", Tags = ["env=prod", $"team={team}"], User = "", Operation = output == 0 ? LlmOperation.Embeddings : LlmOperation.ChatCompletions },
            Ending = status == 200 ? RequestEnding.Completed : RequestEnding.UpstreamError,
            Usage = usage,
            CostNanoUsd = cost,
            DurationMs = status == 200 ? whole : random.Next(20, 900),
            TimeToFirstTokenMs = status == 200 && output > 0 ? first : -1,
        };
        if (random.Next(12) > 0 || status != 200)
        {
            return final;
        }

        // One in twelve was refused by another deployment first.
        var failed = new UsageAttempt { Number = 1, Deployment = "refusing/" + deployment.Split('/')[1], Credential = "refusing#1", Ending = RequestEnding.UpstreamError, UpstreamStatus = 503, Failure = "overloaded", StartMs = 3, DurationMs = 240 };
        var answered = new UsageAttempt
        {
            Number = 2,
            Deployment = deployment,
            Credential = "sim#1",
            Ending = RequestEnding.Completed,
            UpstreamStatus = 200,
            AnsweredModel = model,
            Usage = usage,
            CostNanoUsd = cost,
            StartMs = 265,
            DurationMs = whole,
            TimeToFirstTokenMs = output > 0 ? first : -1,
        };
        return final with
        {
            Intent = final.Intent with { Attempt = 2 },
            Attempts = 2,
            AttemptRecords = [failed, answered],
            DurationMs = whole + 270,
            TimeToFirstTokenMs = output > 0 ? first + 265 : -1,
        };
    }

    private static int Pick(Random random, int[] weights)
    {
        var left = random.Next(weights.Sum());
        var i = 0;
        while ((left -= weights[i]) >= 0)
        {
            i++;
        }

        return i;
    }
}
