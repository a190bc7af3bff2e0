using System.Text;
using System.Text.Json;
using Gateway.Core.Configuration;
using Gateway.Core.Requests;
using Gateway.Router.Budgets;
using Gateway.Router.Tests.Attempts;
using Gateway.Router.Tests.Hosting;

namespace Gateway.Router.Tests.Budgets;

/// <summary>What is held covers so many tokens of output and no more: that cap stands in every call, and nothing else of it is another byte.</summary>
public sealed class OutputCapTests
{
    [Theory]
    // Nothing said: one more member.
    [InlineData(LlmOperation.ChatCompletions, """{"model":"m","messages":[]}""", """{"max_tokens":7,"model":"m","messages":[]}""")]
    [InlineData(LlmOperation.Completions, """{ "model":"m"}""", """{"max_tokens":7, "model":"m"}""")]
    [InlineData(LlmOperation.Responses, """{"model":"m"}""", """{"max_output_tokens":7,"model":"m"}""")]
    [InlineData(LlmOperation.GenerateContent, """{"contents":[]}""", """{"generationConfig":{"maxOutputTokens":7},"contents":[]}""")]
    [InlineData(LlmOperation.OllamaChat, """{"model":"m"}""", """{"options":{"num_predict":7},"model":"m"}""")]
    [InlineData(LlmOperation.OllamaGenerate, """{"model":"m"}""", """{"options":{"num_predict":7},"model":"m"}""")]
    // Said: lowered where it stands.
    [InlineData(LlmOperation.ChatCompletions, """{"max_tokens": 90 ,"model":"m"}""", """{"max_tokens": 7 ,"model":"m"}""")]
    [InlineData(LlmOperation.ChatCompletions, """{"model":"m","max_completion_tokens":90}""", """{"model":"m","max_completion_tokens":7}""")]
    [InlineData(LlmOperation.ChatCompletions, """{"model":"m","max_tokens":null,"max_completion_tokens":90}""", """{"model":"m","max_tokens":null,"max_completion_tokens":7}""")]
    [InlineData(LlmOperation.Messages, """{"model":"m","max_tokens":90,"messages":[{"max_tokens":5}]}""", """{"model":"m","max_tokens":7,"messages":[{"max_tokens":5}]}""")]
    [InlineData(LlmOperation.Responses, """{"model":"m","max_output_tokens":90}""", """{"model":"m","max_output_tokens":7}""")]
    [InlineData(LlmOperation.GenerateContent, """{"generationConfig":{"topK":3,"maxOutputTokens":90.0}}""", """{"generationConfig":{"topK":3,"maxOutputTokens":7}}""")]
    [InlineData(LlmOperation.GenerateContent, """{"generation_config":{"max_output_tokens":90}}""", """{"generation_config":{"max_output_tokens":7}}""")]
    [InlineData(LlmOperation.OllamaChat, """{"model":"m","options":{"num_predict":-1}}""", """{"model":"m","options":{"num_predict":7}}""")]
    // Said as nothing, or beside others.
    [InlineData(LlmOperation.ChatCompletions, """{"model":"m","max_tokens":null}""", """{"model":"m","max_tokens":7}""")]
    [InlineData(LlmOperation.ChatCompletions, """{"model":"m","max_completion_tokens":null}""", """{"max_tokens":7,"model":"m","max_completion_tokens":null}""")]
    [InlineData(LlmOperation.GenerateContent, """{"generationConfig":{"topK":3}}""", """{"generationConfig":{"maxOutputTokens":7,"topK":3}}""")]
    [InlineData(LlmOperation.GenerateContent, """{"generationConfig":{ }}""", """{"generationConfig":{"maxOutputTokens":7}}""")]
    [InlineData(LlmOperation.GenerateContent, """{"generationConfig":null}""", """{"generationConfig":{"maxOutputTokens":7}}""")]
    [InlineData(LlmOperation.GenerateContent, """{"generationConfig":{"maxOutputTokens":null}}""", """{"generationConfig":{"maxOutputTokens":7}}""")]
    [InlineData(LlmOperation.OllamaChat, """{"options":{"seed":1},"model":"m"}""", """{"options":{"num_predict":7,"seed":1},"model":"m"}""")]
    // No such thing.
    [InlineData(LlmOperation.Embeddings, """{"model":"m"}""", """{"model":"m"}""")]
    public void The_cap_stands_where_the_protocol_has_it_and_all_else_stays(LlmOperation operation, string body, string expected)
    {
        var bytes = Encoding.UTF8.GetBytes(body);

        var splice = OutputCapSplice.Of(bytes, operation, newName: false, 7);

        Assert.Equal(expected, Encoding.UTF8.GetString([.. bytes.AsSpan(0, splice.Start), .. splice.Text.Span, .. bytes.AsSpan(splice.End)]));
    }

    [Fact]
    public void OpenAIs_new_name_is_written_where_the_upstream_knows_it() =>
        Assert.Equal("\"max_completion_tokens\":7,", Encoding.UTF8.GetString(OutputCapSplice.Of("""{"model":"m","max_tokens":null}"""u8, LlmOperation.ChatCompletions, newName: true, 7).Text.Span));

    [Theory]
    [InlineData("""{"model":"gpt-test","messages":[{"role":"user","content":"hi"}]}""", """{"max_tokens":12,"model":"real-a","messages":[{"role":"user","content":"hi"}]}""")]
    [InlineData("""{"model":"gpt-test","max_tokens":500,"messages":[{"role":"user","content":"hi"}]}""", """{"model":"real-a","max_tokens":12,"messages":[{"role":"user","content":"hi"}]}""")]
    [InlineData("""{"model":"gpt-test","max_tokens":12,"messages":[{"role":"user","content":"hi"}]}""", """{"model":"real-a","max_tokens":12,"messages":[{"role":"user","content":"hi"}]}""")]
    [InlineData("""{"model":"gpt-test","max_tokens":3,"messages":[{"role":"user","content":"hi"}]}""", """{"model":"real-a","max_tokens":3,"messages":[{"role":"user","content":"hi"}]}""")]
    [InlineData(
        """{"provider":{"sort":"price"},"model":"gpt-test","stream":true,"messages":[{"role":"user","content":"hi"}]}""",
        """{"stream_options":{"include_usage":true},"max_tokens":12,"model":"real-a","stream":true,"messages":[{"role":"user","content":"hi"}]}""")]
    public async Task A_call_that_passes_through_carries_it(string body, string sent)
    {
        var (fleet, _) = await Tickets.StartAsync(static config => config, Fleet.Serves(0));
        await using var running = fleet;

        using var response = await fleet.Router.SendAsync(body, claims: Tickets.With(Tickets.Hard(cap: 12)));

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Equal(sent, Assert.Single(fleet.Seen(0)).Text);
    }

    public static TheoryData<ProviderProtocol, string, LlmOperation, string> Translations => new()
    {
        { ProviderProtocol.Anthropic, "/v1/chat/completions", LlmOperation.ChatCompletions, "max_tokens" },
        { ProviderProtocol.Gemini, "/v1/chat/completions", LlmOperation.ChatCompletions, "generationConfig.maxOutputTokens" },
        { ProviderProtocol.Ollama, "/v1/chat/completions", LlmOperation.ChatCompletions, "options.num_predict" },
        { ProviderProtocol.OpenAI, "/v1/messages", LlmOperation.Messages, "max_tokens" },
    };

    [Theory]
    [MemberData(nameof(Translations))]
    public async Task A_translated_call_carries_it(ProviderProtocol upstream, string path, LlmOperation operation, string place)
    {
        var (fleet, _) = await Tickets.StartAsync(Fleet.Provider(0, provider => provider with { Protocol = upstream }), Fleet.Says(500));
        await using var running = fleet;
        var body = """{"model":"gpt-test","max_tokens":500,"messages":[{"role":"user","content":"hi"}]}""";

        using var response = await fleet.Router.SendAsync(body, new(path, operation), Tickets.With(Tickets.Hard(cap: 12)));

        var sent = JsonDocument.Parse(fleet.Seen(0)[0].Body).RootElement;
        Assert.Equal(12, place.Split('.').Aggregate(sent, static (element, name) => element.GetProperty(name)).GetInt32());
    }

    [Theory]
    [InlineData(null, null, 12)]
    [InlineData(5L, null, 5)]
    [InlineData(50L, null, 12)]
    [InlineData(null, 25L, 6)]
    public async Task It_is_no_more_than_the_deployment_can(long? maxOutput, long? context, int cap)
    {
        var (fleet, _) = await Tickets.StartAsync(
            Fleet.Group(group => group with { Deployments = [Fleet.DeploymentOf(0) with { MaxOutput = maxOutput, Context = context }] }), Fleet.Serves(0));
        await using var running = fleet;
        var body = Requests.Plain.Replace("\"hi\"", $"\"{new string('x', 56)}\"", StringComparison.Ordinal);

        using var response = await fleet.Router.SendAsync(body, claims: Tickets.With(Tickets.Hard(cap: 12)));

        var sent = JsonDocument.Parse(Assert.Single(fleet.Seen(0)).Body).RootElement.GetProperty("max_tokens").GetInt32();
        Assert.True(context is null ? sent == cap : sent is > 0 and < 12, sent.ToString());
    }

    [Fact]
    public async Task Embeddings_have_no_cap()
    {
        var (fleet, _) = await Tickets.StartAsync(static config => config, Fleet.Serves(0));
        await using var running = fleet;

        using var response = await fleet.Router.SendAsync("""{"model":"gpt-test","input":"hi"}""", LlmEndpoint.Embeddings, Tickets.With(Tickets.Hard(cap: 12)));

        Assert.Equal("""{"model":"real-a","input":"hi"}""", Assert.Single(fleet.Seen(0)).Text);
    }
}
