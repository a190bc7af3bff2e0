using System.Text;
using Gateway.Core.Errors;
using Gateway.Core.Requests;

namespace Gateway.Core.Tests.Requests;

public sealed class SteeringTests
{
    private const string Chat = """ "messages":[{}] """;

    [Fact]
    public void Every_preference_is_read_and_its_place_is_exact()
    {
        const string Models = """ "models" : ["a/b", "c", "m", "c"]""";
        const string Provider =
            """ "provider":{"order":["x","y"],"only":["x"],"ignore":["z"],"sort":"throughput","allow_fallbacks":false,"max_price":{"prompt":1.5,"completion":"0.000000001"}}""";
        var text = $$"""{ "model":"m",{{Models}} ,{{Provider}} , {{Chat}}}""";

        var facts = Read(text);

        var preferences = facts.Preferences!;
        Assert.Equal(["a/b", "c"], preferences.Models);
        Assert.Equal(["x", "y"], preferences.Order);
        Assert.Equal(["x"], preferences.Only);
        Assert.Equal(["z"], preferences.Ignore);
        Assert.Equal((PreferenceSort.Throughput, false), (preferences.Sort, preferences.AllowFallbacks));
        Assert.Equal((1_500_000_000L, 1L), (preferences.MaxInputPrice, preferences.MaxOutputPrice));
        Assert.Equal("models", preferences.Field);
        Assert.Equal([Models.Trim(), Provider.Trim()], facts.OwnMembers!.Select(range => text.Substring(range.Start, range.Length)));
    }

    [Theory]
    [InlineData(LlmOperation.ChatCompletions, """ "messages":[{}] """)]
    [InlineData(LlmOperation.Completions, """ "prompt":"x" """)]
    [InlineData(LlmOperation.Embeddings, """ "input":"x" """)]
    [InlineData(LlmOperation.Responses, """ "input":"x" """)]
    [InlineData(LlmOperation.ResponsesInputTokens, """ "input":"x" """)]
    [InlineData(LlmOperation.Messages, """ "max_tokens":1,"messages":[{}] """)]
    [InlineData(LlmOperation.MessagesCountTokens, """ "messages":[{}] """)]
    public void Of_several_models_the_first_is_the_request_s_own(LlmOperation operation, string content)
    {
        var facts = Read($$"""{"models":["first","second"],{{content}}}""", operation);

        Assert.Equal(("first", 0), (facts.Model, facts.ModelToken.Length));
        Assert.Equal(["second"], facts.Preferences!.Models);
    }

    [Theory]
    [InlineData("""{"model":"m","models":null,"provider":null,"messages":[{}]}""", 2)]
    [InlineData("""{"model":"m","models":[],"provider":{},"messages":[{}]}""", 2)]
    [InlineData("""{"model":"m","provider":{"order":null,"sort":null,"allow_fallbacks":null,"max_price":null},"messages":[{}]}""", 1)]
    public void What_says_nothing_does_not_steer_but_no_upstream_sees_it(string body, int own)
    {
        var facts = Read(body);

        Assert.Null(facts.Preferences);
        Assert.Equal(own, facts.OwnMembers!.Count);
    }

    [Theory]
    [InlineData("""{"model":"m","models":["m"],"messages":[{}]}""", "models")]
    [InlineData("""{"model":"m","provider":{"allow_fallbacks":true},"models":["x"],"messages":[{}]}""", "provider")]
    public void The_first_field_that_steers_is_named(string body, string field) => Assert.Equal(field, Read(body).Preferences!.Field);

    [Theory]
    [InlineData("1", 1_000_000_000)]
    [InlineData("\"2.5\"", 2_500_000_000)]
    [InlineData("0", 0)]
    [InlineData("1e1", 10_000_000_000)]
    [InlineData("0.0000000019", 1)]
    [InlineData("1000000", 1_000_000_000_000_000)]
    public void Prices_are_USD_for_a_million_tokens(string price, long nano) =>
        Assert.Equal(nano, Read($$$"""{"model":"m","provider":{"max_price":{"prompt":{{{price}}}}},{{{Chat}}}}""").Preferences!.MaxInputPrice);

    [Theory]
    [InlineData("\"models\":\"a\"", "models", "array of at most 8")]
    [InlineData("\"models\":[1]", "models", "array of at most 8")]
    [InlineData("\"models\":[\"a b\"]", "models", "not a model name")]
    [InlineData("\"models\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\"]", "models", "at most 8")]
    [InlineData("\"models\":[],\"models\":[]", "models", "twice")]
    [InlineData("\"Models\":[]", "models", "exactly")]
    [InlineData("\"mode\\u006cs\":[]", "models", "exactly")]
    [InlineData("\"provider\":[]", "provider", "object")]
    [InlineData("\"provider\":\"openai\"", "provider", "object")]
    [InlineData("\"PROVIDER\":{}", "provider", "exactly")]
    [InlineData("\"provider\":{},\"provider\":{}", "provider", "twice")]
    [InlineData("\"provider\":{\"order\":[],\"order\":[]}", "provider.order", "twice")]
    [InlineData("\"provider\":{\"Only\":[]}", "only", "exactly")]
    [InlineData("\"provider\":{\"order\":\"x\"}", "provider.order", "at most 32")]
    [InlineData("\"provider\":{\"only\":[{}]}", "provider.only", "at most 32")]
    [InlineData("\"provider\":{\"ignore\":[\"\"]}", "provider.ignore", "not a provider name")]
    [InlineData("\"provider\":{\"sort\":\"cheap\"}", "provider.sort", "price, throughput or latency")]
    [InlineData("\"provider\":{\"sort\":{\"by\":\"price\"}}", "provider.sort", "price, throughput or latency")]
    [InlineData("\"provider\":{\"allow_fallbacks\":\"no\"}", "provider.allow_fallbacks", "true or false")]
    [InlineData("\"provider\":{\"max_price\":1}", "provider.max_price", "object")]
    [InlineData("\"provider\":{\"max_price\":{\"prompt\":-1}}", "provider.max_price.prompt", "from 0 to 1000000")]
    [InlineData("\"provider\":{\"max_price\":{\"completion\":\"1 USD\"}}", "provider.max_price.completion", "from 0 to 1000000")]
    [InlineData("\"provider\":{\"max_price\":{\"completion\":1000001}}", "provider.max_price.completion", "from 0 to 1000000")]
    [InlineData("\"provider\":{\"max_price\":{\"image\":1}}", "provider.max_price.image", "prompt, completion")]
    [InlineData("\"provider\":{\"require_parameters\":true}", "provider.require_parameters", "order, only, ignore, sort, allow_fallbacks, max_price")]
    [InlineData("\"provider\":{\"data_collection\":\"deny\"}", "provider.data_collection", "not supported")]
    [InlineData("\"provider\":{\"a b\":1}", "provider", "not supported")]
    public void A_broken_rule_is_refused_with_field_and_advice(string member, string param, string advice)
    {
        Assert.False(RequestFactsReader.TryRead(Encoding.UTF8.GetBytes($$"""{"model":"m",{{member}},{{Chat}}}"""), LlmOperation.ChatCompletions, out _, out var error));

        Assert.Equal((GatewayErrorKind.InvalidRequest, param), (error.Kind, error.Param));
        Assert.Contains(advice, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"models":[],"messages":[{}]}""")]
    [InlineData("""{"models":null,"messages":[{}]}""")]
    [InlineData("""{"messages":[{}]}""")]
    public void Without_any_name_the_model_is_missing(string body)
    {
        Assert.False(RequestFactsReader.TryRead(Encoding.UTF8.GetBytes(body), LlmOperation.ChatCompletions, out _, out var error));

        Assert.Equal("model", error.Param);
    }

    [Theory]
    [InlineData(LlmOperation.OllamaChat, """{"model":"m","models":7,"provider":8,"messages":[{}]}""")]
    [InlineData(LlmOperation.Moderations, """{"model":"m","models":7,"provider":8,"input":"x"}""")]
    [InlineData(LlmOperation.Rerank, """{"model":"m","provider":8,"documents":["x"]}""")]
    public void Elsewhere_the_names_mean_nothing(LlmOperation operation, string body)
    {
        var facts = Read(body, operation);

        Assert.Null(facts.Preferences);
        Assert.Null(facts.OwnMembers);
    }

    [Fact]
    public void A_body_that_does_not_steer_allocates_nothing_for_it()
    {
        var body = Encoding.UTF8.GetBytes("""{"model":"known-name","stream":true,"max_tokens":5,"temperature":1,"messages":[{"role":"user","content":"hi"}]}""");

        Assert.Equal(0, Allocated.By(() => RequestFactsReader.TryRead(body, LlmOperation.ChatCompletions, out _, out _)));
    }

    [Fact]
    public void The_digest_sees_every_change_and_nothing_else()
    {
        const string Body = """{"model":"m","models":["a"],"provider":{"only":["x"]},"messages":[{}]}""";

        Assert.Equal(0, Digest("""{"model":"m","messages":[{}]}"""));
        Assert.NotEqual(0, Digest(Body));
        Assert.Equal(Digest(Body), Digest(Body.Replace("\"model\":\"m\"", "\"model\":\"n\"", StringComparison.Ordinal)));
        Assert.NotEqual(Digest(Body), Digest(Body.Replace("[\"a\"]", "[\"b\"]", StringComparison.Ordinal)));
        Assert.NotEqual(Digest(Body), Digest(Body.Replace("only", "order", StringComparison.Ordinal)));
        Assert.NotEqual(Digest(Body), Digest(Body.Replace("\"models\":[\"a\"],", "", StringComparison.Ordinal)));
    }

    private static long Digest(string body) => SteeringDigest.Of(Encoding.UTF8.GetBytes(body), Read(body).OwnMembers);

    private static RequestFacts Read(string body, LlmOperation operation = LlmOperation.ChatCompletions)
    {
        Assert.True(RequestFactsReader.TryRead(Encoding.UTF8.GetBytes(body), operation, out var facts, out var error), error?.Message);
        return facts;
    }
}
