using System.Text;
using Gateway.Edge.VirtualKeys;

namespace Gateway.Edge.Tests.VirtualKeys;

public sealed class KeySecretTests
{
    [Fact]
    public void The_checksum_is_the_one_that_scanners_compute() => Assert.Equal(0xCBF43926, Crc32.Of("123456789"));

    [Theory]
    [InlineData("a")]
    [InlineData("demo")]
    [InlineData("key-4f8z0q1m2n3p")]
    [InlineData("with_underscore_and.dot")]
    public void What_is_made_has_the_form_and_says_its_id(string id)
    {
        var secret = KeySecret.Make(id);

        Assert.Matches($"^gw_{id.Replace(".", "\\.", StringComparison.Ordinal)}_[0-9A-Za-z]{{49}}$", secret);
        Assert.True(KeySecret.TryParse(secret, out var said));
        Assert.Equal(id, said.ToString());
        Assert.NotEqual(secret, KeySecret.Make(id));
    }

    [Fact]
    public void A_known_secret_is_read_by_every_version_of_the_gateway()
    {
        Assert.True(KeySecret.TryParse("gw_demo_0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefg3mLOPc", out var id));
        Assert.Equal("demo", id.ToString());
    }

    [Fact]
    public void One_wrong_character_anywhere_is_noticed()
    {
        var secret = KeySecret.Make("demo");
        for (var i = 0; i < secret.Length; i++)
        {
            var changed = new StringBuilder(secret) { [i] = secret[i] == 'x' ? 'y' : 'x' }.ToString();
            Assert.False(KeySecret.TryParse(changed, out _), changed);
            Assert.False(KeySecret.TryParse(secret.Remove(i, 1), out _));
        }

        Assert.False(KeySecret.TryParse(secret + "0", out _));
    }

    [Theory]
    [InlineData("")]
    [InlineData("gw_")]
    [InlineData("gw_demo_")]
    [InlineData("gw_demo_0123456789abcdef")]
    [InlineData("sk-0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopq")]
    public void Other_secrets_are_not_of_the_form(string secret) => Assert.False(KeySecret.TryParse(secret, out _));

    [Theory]
    [InlineData("a/b")]
    [InlineData("-a")]
    [InlineData("_")]
    public void A_secret_with_an_id_that_no_key_can_have_is_not_of_the_form(string id) => Assert.False(KeySecret.TryParse(KeySecret.Make(id), out _));

    [Theory]
    [InlineData("a", true)]
    [InlineData("A.b_c-9", true)]
    [InlineData("", false)]
    [InlineData("-a", false)]
    [InlineData(".", false)]
    [InlineData("a/b", false)]
    [InlineData("a:b", false)]
    [InlineData("a b", false)]
    [InlineData("ä", false)]
    public void An_id_can_stand_in_a_path(string id, bool isGood) => Assert.Equal(isGood, KeySecret.IsId(id));

    [Fact]
    public void An_id_has_at_most_64_characters()
    {
        Assert.True(KeySecret.IsId(new string('a', 64)));
        Assert.False(KeySecret.IsId(new string('a', 65)));
    }
}
