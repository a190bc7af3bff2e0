using System.Globalization;
using System.Text;

namespace Gateway.Core.Tests.Configuration;

/// <summary>Whatever the text, the loader answers with a configuration or with errors.</summary>
public sealed class LoaderFuzzTests
{
    private const string Good = """
        version: 1
        server: { admin_key: "${KEY}", max_body: 1MiB, drain: 5s }
        providers:
          p: { protocol: openai, base_url: https://x.example.com/v1, keys: ["${KEY:-x}", { secret: b, weight: 2, limits: { sessions_5m: 3 } }], headers: { x-a: b }, timeouts: { connect: 1s }, tags: { region: eu },
               paths: { rerank: "/{model}/x" }, connection: { proxy: "socks5://h:1", proxy_credential: "u:p", tls: { server_name: h } }, probe: { path: /m }, slow_stream: { events_per_second: .5 } }
        models:
          m:
            moderation: d
            strategy: hybrid
            priority: { cost: .5, load: 1 }
            fallbacks: [n, { model: b, on: [budget] }, p/x]
            hedge: { max_percent: 1.5 }
            deployments:
              - { provider: p, model: one, weight: 2, price: { input: 0.5, output: 1.25 } }
              - provider: p
                model: 'two'
                context: 100
                supports: [tools]
          n: { deployments: [ { provider: p, model: one } ], fallbacks: [{ model: o, on: [error, context_length] }] }
          o: { strategy: sticky, sticky_by: prefix, deployments: [ { provider: p, model: one } ] }
        aliases: { a: o, b: a }
        routes: [ { path: /r/v1, model: b, streaming: only } ]
        organisations: { a: { limits: { requests_per_day: 5 } } }
        teams: { t: { weight: 2, organisation: a, budgets: [ { usd: .5, window: rolling, length: 2h }, { usd: 1, window: week, time_zone: Europe/Berlin, alerts: [50, 80], webhook: "https://h.example.com/?a=b", fallback: m } ] } }
        users: { u: { team: t, limits: { shadow: true, sessions_5m: 2, models: { "m*": { tokens_per_minute: 5, burst: 2s } } } } }
        end_users: { budget: { usd: 1.000000001, raise: { usd: 1, until: 2027-01-01 }, mode: soft } }
        auth: { jwt: [ { name: j, issuer: i, audience: a, jwks_url: "https://i.example.com", roles_claim: r, required_roles: [x], models: [m] } ] }
        resolve: { default_provider: p, prefixes: { "gpt-*": p } }
        keys:
          - { id: k, secret: "s-secret", models: ["*"], expires: 2027-01-01, limits: { requests_per_minute: 60 }, requires: { region: eu }, priority: batch, weight: 2, addresses: [10.0.0.0/8] }
          - { id: h, hash: 0000000000000000000000000000000000000000000000000000000000000000, models: ["*"], user: u, disabled: true }
        moderation: { policies: { d: { input: [ { check: keywords, list: [w], action: redact }, { check: regex, pattern: "[0-9]+", action: block } ] } } }

        """;

    private const string Alphabet = "\0\t\n\r \"#$%&'()*,-.:<>?@[\\]^`{|}!~09az_\u00e9\u2028\ud800\uffff";

    private static readonly string[] Pieces =
        ["&a ", "*a", "<<: ", "!!str ", "${", "}", "${KEY}", "${X:-", "- ", ": ", "? ", "|\n", ">\n", "---\n", "...\n", "{", "}", "[", "]", "\"", "'", "null", "~", "true", "version: 1", "%YAML 1.2\n", "\uFEFF", "1e9", ".inf"];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Load_AnyMutationOfAGoodDocument_AnswersWithConfigurationOrErrors(int seed)
    {
        var random = new Random(seed);
        for (var round = 0; round < 3000; round++)
        {
            var text = Mutate(random);
            try
            {
                var result = Documents.Load(text, ("KEY", "k-secret"));
                Assert.Equal(result.Config is null, result.Errors.Count > 0);
                Assert.All(result.Errors, static error => Assert.True(error.Line >= 1 && error.Column >= 1 && !error.ToString().Contains('\n', StringComparison.Ordinal)));
            }
            catch (Exception exception)
            {
                Assert.Fail(string.Create(CultureInfo.InvariantCulture, $"seed {seed}, round {round}: {exception}\n{text}"));
            }
        }
    }

    [Fact]
    public void Load_EveryBeginningOfAGoodDocument_AnswersWithConfigurationOrErrors()
    {
        Documents.Good(Good, ("KEY", "k-secret"));
        for (var length = 0; length < Good.Length; length++)
        {
            var result = Documents.Load(Good[..length], ("KEY", "k-secret"));
            Assert.Equal(result.Config is null, result.Errors.Count > 0);
        }
    }

    private static string Mutate(Random random)
    {
        var text = new StringBuilder(Good);
        for (var edits = random.Next(1, 8); edits > 0; edits--)
        {
            var at = random.Next(text.Length + 1);
            switch (random.Next(6))
            {
                case 0:
                    text.Insert(at, Alphabet[random.Next(Alphabet.Length)]);
                    break;
                case 1:
                    text.Insert(at, Pieces[random.Next(Pieces.Length)]);
                    break;
                case 2 when at < text.Length:
                    text.Remove(at, Math.Min(random.Next(1, 20), text.Length - at));
                    break;
                case 3 when at < text.Length:
                    text[at] = Alphabet[random.Next(Alphabet.Length)];
                    break;
                case 4:
                    var from = random.Next(Good.Length);
                    text.Insert(at, Good.AsSpan(from, random.Next(Math.Min(60, Good.Length - from))));
                    break;
                default:
                    text.Insert(at, new string(Alphabet[random.Next(Alphabet.Length)], random.Next(1, 50)));
                    break;
            }
        }

        return text.ToString();
    }
}
