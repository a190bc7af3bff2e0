using System.Text;
using Gateway.Core.Configuration;
using Gateway.Core.Requests;
using Gateway.Core.Tests;
using Gateway.Router.Balancing;
using Gateway.Router.Pipeline;
using Gateway.Router.Tests.Hosting;
using Microsoft.AspNetCore.Http;

namespace Gateway.Router.Tests.Balancing;

public sealed class AffinityTests
{
    private static readonly string Long = new('x', 3000);

    /// <summary>Two turns of one talk, and the first turn of another.</summary>
    public static TheoryData<LlmOperation, string, string, string> Talks => new()
    {
        {
            LlmOperation.ChatCompletions,
            """{"model":"m","max_tokens":5,"messages":[{"role":"system","content":"Be kind."},{"role":"user","content":"Hello"}]}""",
            """{"model":"m","messages":[{"role":"system","content":"Be kind."},{"role":"user","content":[{"type":"text","text":"Hello"}]},{"role":"assistant","content":"Hi"},{"role":"user","content":"More"}],"max_tokens":9,"stream":true}""",
            """{"model":"m","messages":[{"role":"system","content":"Be kind."},{"role":"user","content":"Bye"}]}"""
        },
        {
            LlmOperation.ChatCompletions,
            """{"model":"m","messages":[{"content":"Be kind.","role":"developer"},{"content":"Hello","role":"user"}]}""",
            """{"model":"m","messages":[{"role":"developer","content":"Be kind."},{"role":"user","content":"Hello"},{"role":"assistant","tool_calls":[]}]}""",
            """{"model":"m","messages":[{"role":"user","content":"Be kind."},{"role":"user","content":"Hello"}]}"""
        },
        {
            LlmOperation.Messages,
            """{"model":"m","max_tokens":5,"messages":[{"role":"user","content":[{"type":"text","text":"Hello","cache_control":{"type":"ephemeral"}}]}],"system":"Be kind."}""",
            """{"model":"m","system":[{"type":"text","text":"Be kind.","cache_control":{"type":"ephemeral"}}],"max_tokens":6,"messages":[{"role":"user","content":"Hello"},{"role":"assistant","content":"Hi"}]}""",
            """{"model":"m","max_tokens":5,"messages":[{"role":"user","content":"Hello"}],"system":"Be rude."}"""
        },
        {
            LlmOperation.GenerateContent,
            """{"systemInstruction":{"parts":[{"text":"Be kind."}]},"contents":[{"role":"user","parts":[{"text":"Hello"}]}]}""",
            """{"contents":[{"role":"user","parts":[{"text":"Hello"}]},{"role":"model","parts":[{"text":"Hi"}]}],"system_instruction":{"parts":{"text":"Be kind."}},"generationConfig":{"maxOutputTokens":3}}""",
            """{"systemInstruction":{"parts":[{"text":"Be kind."}]},"contents":[{"role":"user","parts":[{"text":"Bye"}]}]}"""
        },
        {
            LlmOperation.Responses,
            """{"model":"m","instructions":"Be kind.","input":"Hello"}""",
            """{"model":"m","input":"Hello","instructions":"Be kind.","max_output_tokens":7,"store":false}""",
            """{"model":"m","instructions":"Be kind.","input":"Bye"}"""
        },
        {
            LlmOperation.OllamaChat,
            """{"model":"m","messages":[{"role":"user","content":"Hello"}]}""",
            """{"model":"m","messages":[{"role":"user","content":"Hello"},{"role":"assistant","content":"Hi"}],"options":{"seed":1}}""",
            """{"model":"m","messages":[{"role":"user","content":"Bye"}]}"""
        },
        {
            LlmOperation.Embeddings,
            """{"model":"m","input":["one","two"]}""",
            """{"model":"m","input":"one","encoding_format":"base64"}""",
            """{"model":"m","input":[17,18]}"""
        },
    };

    [Theory]
    [MemberData(nameof(Talks))]
    public void Turns_of_a_talk_belong_together_and_talks_do_not(LlmOperation operation, string first, string second, string other)
    {
        foreach (var by in Enum.GetValues<StickyBy>())
        {
            Assert.Equal(Of(first, operation, by), Of(second, operation, by));
            Assert.NotEqual(Of(first, operation, by), Of(other, operation, by));
        }
    }

    [Theory]
    [InlineData(LlmOperation.ChatCompletions, "\"prompt_cache_key\":\"talk-7\"")]
    [InlineData(LlmOperation.Responses, "\"prompt_cache_key\":\"talk-7\"")]
    [InlineData(LlmOperation.Responses, "\"conversation\":\"conv_7\"")]
    [InlineData(LlmOperation.Responses, "\"conversation\":{\"x\":1,\"id\":\"conv_7\"}")]
    public void A_name_in_the_body_counts_more_than_the_prompt(LlmOperation operation, string member)
    {
        var one = $$"""{"model":"m",{{member}},"messages":[{"role":"user","content":"prompt_cache_key"}],"input":"a"}""";
        var two = $$"""{"model":"m","messages":[{"role":"user","content":"Bye"}],"input":"b",{{member}}}""";
        var other = one.Replace("_7", "_8", StringComparison.Ordinal).Replace("-7", "-8", StringComparison.Ordinal);

        Assert.Equal(Of(one, operation), Of(two, operation));
        Assert.NotEqual(Of(one, operation), Of(other, operation));
        Assert.NotEqual(Of(one, operation, StickyBy.Prefix), Of(two, operation, StickyBy.Prefix));
        Assert.Equal(Of(one, operation, StickyBy.Prefix), Of(other, operation, StickyBy.Prefix));
    }

    [Fact]
    public void The_head_goes_before_the_body_and_the_user_before_the_prompt()
    {
        const string Body = """{"model":"m","prompt_cache_key":"k","messages":[{"role":"user","content":"Hello"}]}""";
        const string Other = """{"model":"m","messages":[{"role":"user","content":"Bye"}]}""";
        Assert.Equal(Of(Body, session: "s"), Of(Other, session: "s"));
        Assert.NotEqual(Of(Body, session: "s"), Of(Body, session: "t"));
        Assert.NotEqual(Of(Body, user: "u"), Of(Other, user: "u"));
        Assert.Equal(Of(Other, user: "u"), Of(Body.Replace("\"prompt_cache_key\":\"k\",", "", StringComparison.Ordinal), user: "u"));
    }

    [Fact]
    public void Sessions_of_two_tenants_are_never_the_same_but_prefixes_are()
    {
        const string Body = """{"model":"m","messages":[{"role":"user","content":"Hello"}]}""";
        Assert.NotEqual(Of(Body, tenant: "a"), Of(Body, tenant: "b"));
        Assert.NotEqual(Of(Body, tenant: "a", session: "s"), Of(Body, tenant: "b", session: "s"));
        Assert.Equal(Of(Body, by: StickyBy.Prefix, tenant: "a"), Of(Body, by: StickyBy.Prefix, tenant: "b"));
    }

    [Fact]
    public void Long_instructions_are_the_prefix_and_talks_below_them_differ()
    {
        string With(string system, string user) => $$"""{"model":"m","messages":[{"role":"system","content":"{{system}}"},{"role":"user","content":"{{user}}"}]}""";

        Assert.Equal(Of(With(Long, "Hello"), by: StickyBy.Prefix), Of(With(Long + "y", "Bye"), by: StickyBy.Prefix));
        Assert.NotEqual(Of(With(Long, "Hello")), Of(With(Long, "Bye")));
        Assert.Equal(Of(With(Long, "Hello")), Of(With(Long + "y", "Hello")));
        Assert.NotEqual(Of(With("y" + Long, "Hello")), Of(With(Long, "Hello")));
    }

    [Fact]
    public void An_exchange_is_read_with_its_head_tenant_and_user()
    {
        var named = Exchange("""{"model":"m","messages":[{"role":"user","content":"Hello"}]}""");
        named.Http.Request.Headers["x-session-id"] = "s";
        Assert.Equal(Of("{}", session: "s", tenant: "research"), Affinity.Of(named, StickyBy.Session));

        const string WithUser = """{"model":"m","user":"u","messages":[{"role":"user","content":"Hello"}]}""";
        Assert.Equal(Of("{}", tenant: "research", user: "u"), Affinity.Of(Exchange(WithUser), StickyBy.Session));
    }

    [Fact]
    public void A_form_that_names_nothing_has_none()
    {
        Assert.Equal(0UL, Affinity.Of([], LlmOperation.Transcriptions, StickyBy.Prefix, "t", "", ""));
        Assert.Equal(0UL, Affinity.Of([], LlmOperation.Transcriptions, StickyBy.Session, "t", "", ""));
        Assert.NotEqual(0UL, Affinity.Of([], LlmOperation.Transcriptions, StickyBy.Session, "t", "s", ""));
    }

    [Fact]
    public void Nothing_is_allocated()
    {
        var body = Encoding.UTF8.GetBytes("""{"model":"m","prompt_cache_key":7,"messages":[{"role":"system","content":"Be kind."},{"role":"user","content":[{"type":"text","text":"Hello"}]}]}""");

        Assert.Equal(0, Allocated.By(() => Affinity.Of(body, LlmOperation.ChatCompletions, StickyBy.Session, "tenant", "", "")));
    }

    private static ulong Of(
        string body, LlmOperation operation = LlmOperation.ChatCompletions, StickyBy by = StickyBy.Session, string tenant = "t", string session = "", string user = "") =>
        Affinity.Of(Encoding.UTF8.GetBytes(body), operation, by, tenant, session, user);

    private static LlmExchange Exchange(string body)
    {
        var bytes = Encoding.UTF8.GetBytes(body);
        Assert.True(RequestFactsReader.TryRead(bytes, LlmOperation.ChatCompletions, out var facts, out _));
        var exchange = new LlmExchange(new DefaultHttpContext(), LlmEndpoint.ChatCompletions, null!, TimeProvider.System)
        {
            Claims = RouterHost.ClaimsFor(bytes, LlmEndpoint.ChatCompletions),
        };
        exchange.SetBody(new RequestBody(bytes, bytes.Length), facts);
        return exchange;
    }
}
