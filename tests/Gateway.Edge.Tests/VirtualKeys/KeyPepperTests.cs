using System.Security.Cryptography;
using System.Text;
using Gateway.Edge.Tests.Rig;
using Gateway.Edge.VirtualKeys;

namespace Gateway.Edge.Tests.VirtualKeys;

public sealed class KeyPepperTests
{
    private const string Pepper = "edge-test-pepper-0123456789abcdef";
    private const string Hashed = "a-secret-that-the-document-does-not-have";

    [Fact]
    public void A_digest_is_what_openssl_makes_with_the_pepper()
    {
        var expected = Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Pepper), Encoding.UTF8.GetBytes(Hashed)));

        var digest = new SecretDigests(new KeyPepper(Pepper)).Of(Hashed);

        Assert.Equal(expected, digest.ToHex());
        Assert.True(SecretDigest.TryParse(expected.ToUpperInvariant(), out var read));
        Assert.Equal(digest, read);
        Assert.False(SecretDigest.TryParse(expected.AsSpan(1), out _));
        Assert.False(SecretDigest.TryParse("g" + expected[1..], out _));
        Assert.DoesNotContain(expected[..8], digest.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_pepper_digests_do_not_outlive_the_process()
    {
        Assert.False(new KeyPepper(null).IsGiven);
        Assert.NotEqual(new SecretDigests(new KeyPepper(null)).Of(Hashed), new SecretDigests(new KeyPepper("")).Of(Hashed));
    }

    [Fact]
    public void Peppers_are_told_apart_by_an_id_that_tells_nothing_of_them()
    {
        Assert.Equal(new KeyPepper(Pepper).Id, new KeyPepper(Pepper).Id);
        Assert.NotEqual(new KeyPepper(Pepper).Id, new KeyPepper(Pepper + "x").Id);
        Assert.Equal(16, new KeyPepper(Pepper).Id.Length);
    }

    [Fact]
    public async Task A_short_pepper_is_refused_at_the_start()
    {
        var refused = await Assert.ThrowsAsync<KeyConfigurationException>(static () => EdgeServer.StartAsync([], new() { [KeyPepper.Variable] = "short" }));

        Assert.Contains("GATEWAY_KEY_PEPPER must have at least 32 characters", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("short,", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_of_the_document_may_have_the_hash_of_its_secret_instead_of_it()
    {
        var hash = new SecretDigests(new KeyPepper(Pepper)).Of(Hashed).ToHex();
        await using var router = await FakeService.StartAsync();
        await using var edge = await EdgeServer.StartAsync([router.Url], new() { [KeyPepper.Variable] = Pepper }, WithHash(hash));

        using var good = await ChatAsync(edge, Hashed);
        using var itself = await ChatAsync(edge, hash);

        Assert.Equal(200, (int)good.StatusCode);
        await EdgeServer.AssertErrorAsync(itself, 401, "invalid_api_key");
    }

    [Fact]
    public async Task A_hash_of_the_secret_of_another_key_is_refused_at_the_start()
    {
        var hash = new SecretDigests(new KeyPepper(Pepper)).Of(EdgeServer.Key).ToHex();

        var refused = await Assert.ThrowsAsync<KeyConfigurationException>(() => EdgeServer.StartAsync([], new() { [KeyPepper.Variable] = Pepper }, WithHash(hash)));

        Assert.Contains("'hashed'", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_hash_without_a_pepper_is_refused_at_the_start_by_the_id_of_its_key()
    {
        var refused = await Assert.ThrowsAsync<KeyConfigurationException>(static () => EdgeServer.StartAsync([], config: WithHash(new string('a', 64))));

        Assert.Contains("The key 'hashed' has a hash", refused.Message, StringComparison.Ordinal);
        Assert.Contains("Set GATEWAY_KEY_PEPPER", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_of_the_document_that_is_disabled_is_not_known()
    {
        await using var router = await FakeService.StartAsync();
        await using var edge = await EdgeServer.StartAsync([router.Url], config: EdgeServer.Config + "\n  - { id: off, secret: gw-disabled-key, models: [\"*\"], disabled: true }");

        using var response = await ChatAsync(edge, "gw-disabled-key");

        await EdgeServer.AssertErrorAsync(response, 401, "invalid_api_key");
    }

    private static string WithHash(string hash) => EdgeServer.Config + $"\n  - {{ id: hashed, hash: {hash}, models: [\"*\"] }}";

    private static async Task<HttpResponseMessage> ChatAsync(EdgeServer edge, string key)
    {
        using var client = edge.Client(key);
        using var content = EdgeServer.Json(EdgeServer.ChatBody);
        return await client.PostAsync(EdgeServer.Chat, content);
    }
}
