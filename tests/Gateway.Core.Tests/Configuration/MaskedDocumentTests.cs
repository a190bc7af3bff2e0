using System.Security.Cryptography;
using System.Text;
using Gateway.Core.Configuration;

namespace Gateway.Core.Tests.Configuration;

/// <summary>A document without its secrets, and the way back.</summary>
public sealed class MaskedDocumentTests
{
    private const string Every = """
        # The gateway of the canary-0-department: "canary-0"
        version: 1   # first line that counts
        server: { admin_key: "canary-1" }   # admin_key: canary-old
        providers:
          a:
            protocol: openai
            base_url: "${CANARY_URL}"
            keys: [canary-2, { secret: 'canary-3 # not a comment', weight: 2 }, "${CANARY_KEY:-canary-4}", "x-canary-5-${CANARY_KEY}"]
            headers: { x-extra: "canary-6 ${CANARY_KEY}" }
            connection: { proxy: "http://canary-7:3128", proxy_credential: "canary-8" }
          # b: { protocol: openai, keys: [canary-disabled] }
        auth:
          jwt:
            - { name: i, issuer: i, audience: a, jwks_url: "https://i/?key=canary-9", models: ["*"] }
            - name: j
              issuer: j
              audience: a
              models: ["*"]
              keys:
                - |
                  -----BEGIN canary-10-----
                  # canary-11
                  canary-12canary-12canary-12canary-12
                # - canary-old
                - >-
                  canary-13 canary-13
                  canary-13 canary-13 canary-13
        keys:
          - { id: k, secret: canary-14, models: ["*"], budget: { usd: 1, webhook: "https://w/canary-15" } }
          - id: h   # canary-long-word-with-1-digit
            hash: canary-16
            models: ["*"]
          - id: m
            secret: canary-17
              canary-18
            models: ["*"]
        unknown_to_this_gateway: { deep: [canary-19] }
        """;

    [Fact]
    public void No_secret_of_any_kind_and_no_suspicious_comment_is_shown_and_the_rest_is()
    {
        var masked = MaskedDocument.Of(Every, Tag).Text;

        Assert.DoesNotContain("canary", masked.Replace("CANARY", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains("version: 1   # first line that counts\n", masked, StringComparison.Ordinal);
        Assert.Contains("base_url: \"${CANARY_URL}\"", masked, StringComparison.Ordinal);
        Assert.Contains($"\"${{CANARY_KEY:-***{Tag("${CANARY_KEY:-canary-4}")}}}\"", masked, StringComparison.Ordinal);
        Assert.Contains($"server: {{ admin_key: \"***{Tag("canary-1")}\" }}   # ***", masked, StringComparison.Ordinal);
        Assert.Contains("  - id: h   # ***", masked, StringComparison.Ordinal);
    }

    [Fact]
    public void Text_that_is_given_back_is_the_document_to_the_letter()
    {
        var masked = MaskedDocument.Of(Every, Tag);

        Assert.Equal(Every, masked.Unmask(masked.Text));
    }

    [Theory]
    [InlineData("\r\n")]
    [InlineData("\n\n")]
    public void Other_ends_of_lines_and_no_end_are_kept(string end)
    {
        var document = $"version: 1{end}server: {{ admin_key: canary-1 }} # a remark{end}keys:{end}  - id: k # key: canary{end}    secret: >{end}      canary-2{end}# last: canary";
        var masked = MaskedDocument.Of(document, Tag);

        Assert.DoesNotContain("canary", masked.Text, StringComparison.Ordinal);
        Assert.Contains("# a remark" + end, masked.Text, StringComparison.Ordinal);
        Assert.Equal(document, masked.Unmask(masked.Text));
    }

    [Fact]
    public void Document_in_json_is_masked_too()
    {
        const string Json = """{"version":1,"server":{"admin_key":"canary-1"},"providers":{"p":{"protocol":"openai","base_url":"https://p#x","keys":["canary-2"]}}}""";
        var masked = MaskedDocument.Of(Json, Tag);

        Assert.Equal(Json.Replace("canary-1", $"***{Tag("canary-1")}", StringComparison.Ordinal).Replace("canary-2", $"***{Tag("canary-2")}", StringComparison.Ordinal), masked.Text);
        Assert.Equal(Json, masked.Unmask(masked.Text));
    }

    [Fact]
    public void Secrets_go_where_their_tags_went()
    {
        var masked = MaskedDocument.Of("version: 1\nkeys:\n  - { id: a, secret: secret-a, models: [\"*\"] }\n  - { id: b, secret: secret-b, models: [\"*\"] }\n", Tag);
        var lines = masked.Text.Split('\n');
        var changed = string.Join('\n', [lines[0], lines[1], lines[3], "  - { id: c, secret: new-c, models: [] } # \"said\"", lines[2].Replace("id: a", "id: z", StringComparison.Ordinal), ""]);

        Assert.Equal(
            "version: 1\nkeys:\n  - { id: b, secret: secret-b, models: [\"*\"] }\n  - { id: c, secret: new-c, models: [] } # \"said\"\n  - { id: z, secret: secret-a, models: [\"*\"] }\n", masked.Unmask(changed));
    }

    [Fact]
    public void Block_that_moves_is_written_in_one_line_with_the_same_value()
    {
        const string Before = "version: 1\nauth:\n  jwt:\n    - name: j\n      keys:\n        - |\n          line-1\n          line-2\n";
        var masked = MaskedDocument.Of(Before, Tag);
        var moved = masked.Text.Replace("keys:\n        - ", "keys: [ ", StringComparison.Ordinal).TrimEnd() + " ]\n";

        Assert.Equal("version: 1\nauth:\n  jwt:\n    - name: j\n      keys: [ \"line-1\\nline-2\\n\" ]\n", masked.Unmask(moved));
    }

    [Fact]
    public void Tag_in_the_place_of_what_is_shown_stays_a_tag()
    {
        var masked = MaskedDocument.Of("version: 1\nserver: { admin_key: canary-1 }\n", Tag);
        var thief = masked.Text + $"aliases: {{ a: \"***{Tag("canary-1")}\" }}   # ***{Tag("canary-1")}\n";

        Assert.DoesNotContain("canary", MaskedDocument.Of(masked.Unmask(thief), Tag).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Tag_of_no_secret_is_an_error_in_its_line()
    {
        var masked = MaskedDocument.Of("version: 1\nserver: { admin_key: canary-1 }\n", Tag);
        var result = GatewayConfigLoader.Load("version: 1\nserver:\n  admin_key: \"***0123456789\"\n", static _ => null, "x", masked);
        var bare = GatewayConfigLoader.Load("version: 1\nserver:\n  admin_key: \"***\"\n", static _ => null, "x", masked);

        Assert.All([result, bare], static one => Assert.Equal((3, "server.admin_key", true), (one.Errors[0].Line, one.Errors[0].Path, one.Errors[0].Message.StartsWith("stands for a secret", StringComparison.Ordinal))));
        Assert.Equal("canary-1", GatewayConfigLoader.Load(masked.Text, static _ => null, "x", masked).Config!.Server.AdminKey);
    }

    [Fact]
    public void Random_documents_come_back_as_they_were_and_show_nothing()
    {
        var random = new Random(7);
        string[] styles = ["canary", "'canary # ''x'", "\"canary \\\" # x\"", "|\n      canary\n      # canary", ">-\n      canary\n\n      canary", "canary\n      canary"];
        string[] ends = ["\n", "   # a remark\n", "\n    # key: canary\n", "\n# \"canary\"\n", "\n\n\n", "\r\n"];
        for (var i = 0; i < 300; i++)
        {
            var document = new StringBuilder("version: 1\nkeys:\n");
            for (var key = random.Next(1, 5); key > 0; key--)
            {
                var style = styles[random.Next(styles.Length)];
                var end = ends[random.Next(ends.Length)];
                // A remark behind a block would be part of it.
                document.Append("  - id: k\n    secret: ").Append(style).Append(style.Contains('\n', StringComparison.Ordinal) && end.StartsWith(' ') ? "\n" : end).Append("    models: ['a#b', c]\n");
            }

            var text = document.ToString();
            var masked = MaskedDocument.Of(text, Tag);
            Assert.DoesNotContain("canary", masked.Text, StringComparison.Ordinal);
            Assert.DoesNotContain("cannot be shown", masked.Text, StringComparison.Ordinal);
            Assert.Equal(text, masked.Unmask(masked.Text));
        }
    }

    private static string Tag(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)))[..MaskedDocument.TagLength];
}
