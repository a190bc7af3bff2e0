using Gateway.Core.Context;
using Microsoft.Extensions.Configuration;

namespace Gateway.Core.Tests.Context;

public sealed class ContextKeysTests
{
    private const string Secret = "0123456789abcdef0123456789abcdef";

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("0123456789abcdef0123456789abcde")]
    public void Secret_MissingOrShort_IsRefusedWithTheVariableAndTheRemedy(string? secret)
    {
        var exception = Assert.Throws<ContextConfigurationException>(() => ContextKeys.FromConfiguration(With(("GATEWAY_CONTEXT_SECRET", secret))));

        Assert.StartsWith("GATEWAY_CONTEXT_SECRET must be set to at least 32 characters", exception.Message, StringComparison.Ordinal);
        Assert.Contains("openssl rand", exception.Message, StringComparison.Ordinal);
        Assert.True(string.IsNullOrEmpty(secret) || !exception.Message.Contains(secret, StringComparison.Ordinal));
    }

    [Fact]
    public void PreviousSecret_Short_IsRefusedByItsOwnName() =>
        Assert.StartsWith("GATEWAY_CONTEXT_SECRET_PREVIOUS ",
            Assert.Throws<ContextConfigurationException>(() => ContextKeys.FromConfiguration(With(("GATEWAY_CONTEXT_SECRET", Secret), ("GATEWAY_CONTEXT_SECRET_PREVIOUS", "short")))).Message,
            StringComparison.Ordinal);

    [Fact]
    public void KeyId_OfOneSecret_IsTheSameEverywhereAndOfAnotherDifferent()
    {
        Assert.Equal(new ContextKeys(Secret).CurrentId, new ContextKeys(Secret).CurrentId);
        Assert.NotEqual(new ContextKeys(Secret).CurrentId, new ContextKeys(Secret + "x").CurrentId);
        Assert.Matches("^[0-9a-f]{8}$", new ContextKeys(Secret).CurrentId);
    }

    [Fact]
    public void Find_UnknownId_GivesNoKey()
    {
        var keys = new ContextKeys(Secret);

        Assert.True(keys.Find("00000000"u8).IsEmpty);
        Assert.True(keys.Find(""u8).IsEmpty);
        Assert.True(keys.Find(System.Text.Encoding.ASCII.GetBytes(keys.CurrentId)).SequenceEqual(keys.Current));
    }

    private static IConfigurationRoot With(params (string Name, string? Value)[] values) =>
        new ConfigurationBuilder().AddInMemoryCollection(values.Select(static value => KeyValuePair.Create(value.Name, value.Value))).Build();
}
