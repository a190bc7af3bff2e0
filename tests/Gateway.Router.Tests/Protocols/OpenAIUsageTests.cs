using System.Text;
using Gateway.Core.Money;
using Gateway.Router.Protocols.OpenAI;

namespace Gateway.Router.Tests.Protocols;

public sealed class OpenAIUsageTests
{
    public static TheoryData<string, TokenUsage> Providers => new()
    {
        { """{"prompt_tokens":10,"completion_tokens":5,"total_tokens":15,"prompt_tokens_details":{"cached_tokens":4,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":2}}""", new(10, 4, 0, 5, 2) },
        { """{"completion_tokens_details":{"reasoning_tokens":2},"total_tokens":15,"completion_tokens":5,"prompt_tokens":10}""", new(10, 0, 0, 5, 2) },
        { """{"prompt_tokens":10,"completion_tokens":5,"prompt_cache_hit_tokens":6,"prompt_cache_miss_tokens":4}""", new(10, 6, 0, 5, 0) },
        { """{"prompt_tokens":10,"completion_tokens":5,"num_cached_tokens":3}""", new(10, 3, 0, 5, 0) },
        { """{"prompt_tokens":10,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":2,"cache_write_tokens":7}}""", new(10, 2, 7, 5, 0) },
        { """{"prompt_tokens":10,"completion_tokens":5,"cache_read_input_tokens":3,"cache_creation_input_tokens":2}""", new(10, 3, 2, 5, 0) },
        { """{"prompt_tokens":10,"completion_tokens":5,"total_tokens":115,"completion_tokens_details":{"reasoning_tokens":100}}""", new(10, 0, 0, 105, 100) },
        { """{"prompt_tokens":8,"total_tokens":8}""", new(8, 0, 0, 0, 0) },
        { """{"prompt_tokens":8.0,"completion_tokens":null,"prompt_tokens_details":null}""", new(8, 0, 0, 0, 0) },
        { """{"prompt_tokens":-3,"completion_tokens":5}""", new(0, 0, 0, 5, 0) },
        { """{"prompt_tokens":5,"completion_tokens":5,"prompt_tokens_details":{"cached_tokens":50}}""", new(5, 5, 0, 5, 0) },
        { """{"prompt_tokens":1,"completion_tokens":99999999999999999999}""", new(1, 0, 0, 1_000_000_000, 0) },
        { """{"unknown":{"prompt_tokens":7,"cached_tokens":7},"prompt_tokens":10,"completion_tokens":5,"cost":0.1,"is_byok":false,"list":[1,{"completion_tokens":3}]}""", new(10, 0, 0, 5, 0) },
    };

    [Theory]
    [MemberData(nameof(Providers))]
    public void Usage_OfEachProvider_BecomesNeutralCounts(string json, TokenUsage expected)
    {
        Assert.True(OpenAIUsage.TryRead(Encoding.UTF8.GetBytes(json), out var usage));
        Assert.Equal(expected, usage);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[1]")]
    [InlineData("""{"prompt_tokens":"ten"}""")]
    [InlineData("""{"prompt_tokens":1,""")]
    public void Usage_WithoutCounts_IsNone(string json) => Assert.False(OpenAIUsage.TryRead(Encoding.UTF8.GetBytes(json), out _));
}
