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
          p: { protocol: openai, base_url: https://x.example.com/v1, keys: ["${KEY:-x}", b], headers: { x-a: b }, timeouts: { connect: 1s } }
        models:
          m:
            moderation: d
            deployments:
              - { provider: p, model: one, weight: 2, price: { input: 0.5, output: 1.25 } }
              - provider: p
                model: 'two'
        aliases: { a: m, b: a }
        resolve: { default_provider: p, prefixes: { "gpt-*": p } }
        keys:
          - { id: k, secret: "s-secret", models: ["*"], expires: 2027-01-01, limits: { requests_per_minute: 60 } }
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
