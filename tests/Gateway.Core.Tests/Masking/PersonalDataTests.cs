using Gateway.Core.Masking;

namespace Gateway.Core.Tests.Masking;

public sealed class PersonalDataTests
{
    [Theory]
    [InlineData("write to jane.doe+x@mail.example.com today", "write to [email] today")]
    [InlineData("jürgen@bücher.example", "[email]")]
    [InlineData("ｊａｎｅ＠ｅｘａｍｐｌｅ．ｃｏｍ", "[email]")]
    [InlineData("ja\u200Bne@exa\u00ADmple.com", "[email]")]
    [InlineData("٤١١١\u00A0١١١١\u00A0١١١١\u00A0١١١١ and 4111\u20111111\u20111111\u20111111", "[card] and [card]")]
    [InlineData("card 4111 1111 1111 1111 01/30", "card [card] 01/30")]
    [InlineData("in 2026 4111-1111-1111-1111", "in 2026 [card]")]
    [InlineData("pay DE89 3704 0044 0532 0130 00 and thanks", "pay [iban] and thanks")]
    [InlineData("it is at 12 noon: GB29NWBK60161331926819", "it is at 12 noon: [iban]")]
    [InlineData("call +49 (0)30 1234-567", "call [phone]")]
    [InlineData("call 0301234567", "call [phone]")]
    [InlineData("555-123-4567 is mine", "[phone] is mine")]
    [InlineData("ssn 078-05-1120", "ssn [id number]")]
    [InlineData("from 192.168.17.4 and 2001:db8::7f3", "from [ip address] and [ip address]")]
    [InlineData("key sk-proj-abcdefghijklmnop123456", "key [secret]")]
    [InlineData("AKIAIOSFODNN7EXAMPLE", "[secret]")]
    [InlineData("ghp_0123456789abcdefghijABCDEFGHIJ", "[secret]")]
    [InlineData("Authorization: Bearer abcdefghijklmnop", "Authorization: [secret]")]
    [InlineData("Basic dXNlcjpwYXNzd29yZA==", "[secret]")]
    [InlineData("""{"password": "hunter22"}""", """{"[secret]"}""")]
    [InlineData("DB_PASSWORD=hunter22 rest", "[secret] rest")]
    [InlineData("postgres://user:pass@db.internal/x", "[secret]db.internal/x")]
    [InlineData("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl", "[secret]")]
    [InlineData("-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc\n-----END RSA PRIVATE KEY-----\nafter", "[secret]\nafter")]
    [InlineData("-----BEGIN PRIVATE KEY-----\nMIIE\ncut", "[secret]")]
    public void What_has_the_form_of_personal_data_or_a_secret_is_masked(string text, string masked)
    {
        Assert.Equal(masked, PersonalData.Mask(text, out var count));
        Assert.True(count > 0);
    }

    [Theory]
    [InlineData("Hello, how are you?")]
    [InlineData("On 2026-11-22 at 10:33:05 it cost 12,345.67 EUR.")]
    [InlineData("version 10.0.100, model gpt-4o-2024-08-06")]
    [InlineData("order 4111111111111112")]
    [InlineData("a@b")]
    [InlineData("a basic understanding of 5000000000 things")]
    [InlineData("x = y ? 1 : 2; // token count: 5")]
    [InlineData("ﬁne \ud800 print")]
    [InlineData("")]
    public void What_has_not_stays_as_it_is(string text)
    {
        Assert.Equal(text, PersonalData.Mask(text, out var count));
        Assert.Equal(0, count);
    }

    [Fact]
    public void A_long_text_of_half_matches_takes_no_long_time_and_hides_nothing()
    {
        var text = string.Concat(Enumerable.Repeat("1 ", 20_000)) + "jane@example.com " + new string('a', 20_000) + string.Concat(Enumerable.Repeat("a@", 5_000));

        Assert.Contains("[email]", PersonalData.Mask(text, out _), StringComparison.Ordinal);
    }
}
