using System.Text.Json;
using static Gateway.Simulator.Tests.Protocols.Anthropic.AnthropicClient;

namespace Gateway.Simulator.Tests.Protocols.Anthropic;

public sealed class AnthropicStrictnessTests
{
    private const string User = """{"role":"user","content":"x"}""";
    private const string Asks = """{"role":"user","content":"x"},{"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"f","input":{}},{"type":"tool_use","id":"t2","name":"f","input":{}}]},""";
    private const string R1 = """{"type":"tool_result","tool_use_id":"t1","content":"1"}""";
    private const string R2 = """{"type":"tool_result","tool_use_id":"t2","content":"2"}""";

    [Theory]
    [InlineData("", "The request body is not valid JSON")]
    [InlineData("[]", "The request body is not valid JSON")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"x"}]}""", "max_tokens: Field required")]
    [InlineData("""{"max_tokens":1,"messages":[{"role":"user","content":"x"}]}""", "model: Field required")]
    [InlineData("""{"model":"m","max_tokens":1}""", "messages: Field required")]
    [InlineData("""{"model":"m","max_tokens":1,"messages":[]}""", "messages: at least one message is required")]
    [InlineData("""{"model":"m","max_tokens":0,"messages":[]}""", "max_tokens: Input should be greater than or equal to 1")]
    [InlineData("""{"model":"m","max_tokens":"1","messages":[]}""", "max_tokens: Input should be a valid integer")]
    public async Task Body_ThatBreaksTheProtocol_Is400(string body, string message) => await RefusesAsync(body, message);

    [Theory]
    [InlineData(""","n":2""", "n: Extra inputs are not permitted")]
    [InlineData(""","stream_options":{}""", "stream_options: Extra inputs are not permitted")]
    [InlineData(""","temperature":1.5""", "temperature: Input should be less than or equal to 1")]
    [InlineData(""","top_p":"a" """, "top_p: Input should be a valid number")]
    [InlineData(""","stop_sequences":["a"," "]""", "stop_sequences: each stop sequence must contain non-whitespace")]
    [InlineData(""","stop_sequences":[7]""", "stop_sequences.0: Input should be a valid string")]
    [InlineData(""","metadata":{"team":"a"}""", "metadata.team: Extra inputs are not permitted")]
    [InlineData(""","service_tier":"flex" """, "service_tier: Input should be 'auto' or 'standard_only'")]
    [InlineData(""","system":"" ,"tool_choice":{"type":"auto"}""", "tool_choice: Tool choice may only be specified while providing tools.")]
    [InlineData(""","tool_choice":"auto" """, "tool_choice: Input should be an object")]
    [InlineData(Tools + ""","tool_choice":{"type":"required"}""", "tool_choice: Input tag 'required' found using 'type' does not match any of the expected tags: 'any', 'auto', 'none', 'tool'")]
    [InlineData(Tools + ""","tool_choice":{"type":"tool"}""", "tool_choice.tool.name: Field required")]
    [InlineData(Tools + ""","tool_choice":{"type":"tool","name":"h"}""", "tool_choice: Tool 'h' not found in provided tools")]
    [InlineData(Tools + ""","tool_choice":{"type":"none","disable_parallel_tool_use":true}""", "tool_choice.none.disable_parallel_tool_use: Extra inputs are not permitted")]
    [InlineData(""","tools":[{"type":"function","function":{"name":"f"}}]""", "tools.0: Input tag 'function' found using 'type' does not match any of the expected tags: 'custom', 'bash_20250124', 'web_search_20250305'")]
    [InlineData(""","tools":[{"name":"f"}]""", "tools.0.custom.input_schema: Field required")]
    [InlineData(""","tools":[{"name":"a.b","input_schema":{"type":"object"}}]""", "tools.0.custom.name: String should match pattern '^[a-zA-Z0-9_-]{1,128}$'")]
    [InlineData(""","tools":[{"name":"f","input_schema":{}}]""", "tools.0.custom.input_schema.type: Field required")]
    [InlineData(""","tools":[{"name":"f","input_schema":{"type":"string"}}]""", "tools.0.custom.input_schema.type: Input should be 'object'")]
    [InlineData(""","tools":[{"name":"f","input_schema":{"type":"object","anyOf":[]}}]""", "tools.0.custom.input_schema: input_schema does not support oneOf, allOf, or anyOf at the top level")]
    [InlineData(""","tools":[{"name":"f","parameters":{},"input_schema":{"type":"object"}}]""", "tools.0.custom.parameters: Extra inputs are not permitted")]
    [InlineData(""","tools":[{"name":"f","input_schema":{"type":"object"}},{"name":"f","input_schema":{"type":"object"}}]""", "tools: Tool names must be unique.")]
    [InlineData(""","tools":[{"name":"f","strict":true,"input_schema":{"type":"object"}}]""", "tools.0.custom.input_schema: For 'object' type, 'additionalProperties' must be explicitly set to false")]
    [InlineData(""","output_config":{"format":{"type":"json_object"}}""", "output_config.format.type: Input should be 'json_schema'")]
    [InlineData(""","output_config":{"format":{"type":"json_schema","schema":{"type":"object","properties":{}}}}""", "output_config.format.schema: For 'object' type, 'additionalProperties' must be explicitly set to false")]
    [InlineData(""","output_config":{"format":{"type":"json_schema","schema":{"type":"object","additionalProperties":false,"properties":{"a":{"type":"integer","minimum":1,"maximum":2}}}}}""", "output_config.format.schema: For 'integer' type, properties maximum, minimum are not supported")]
    [InlineData(""","output_config":{"format":{"type":"json_schema","schema":{"type":"array","items":{"type":"string","minLength":1}}}}""", "output_config.format.schema: For 'string' type, property 'minLength' is not supported")]
    [InlineData(""","output_config":{"effort":"minimal"}""", "output_config.effort: Input should be 'low', 'medium', 'high', 'xhigh' or 'max'")]
    [InlineData(""","thinking":{"type":"enabled"}""", "thinking.enabled.budget_tokens: Field required")]
    [InlineData(""","thinking":{"type":"enabled","budget_tokens":1023}""", "thinking.enabled.budget_tokens: Input should be greater than or equal to 1024")]
    [InlineData(""","thinking":{"type":"enabled","budget_tokens":2048}""", "`max_tokens` must be greater than `thinking.budget_tokens`. Please consult our documentation at https://docs.claude.com/en/docs/build-with-claude/extended-thinking#max-tokens-and-context-window-size")]
    [InlineData(""","thinking":{"type":"adaptive"}""", "adaptive thinking is not supported on this model")]
    [InlineData(""","thinking":{"type":"auto"}""", "thinking: Input tag 'auto' found using 'type' does not match any of the expected tags: 'adaptive', 'disabled', 'enabled'")]
    [InlineData(Thinking + ""","temperature":0.5""", "`temperature` may only be set to 1 when thinking is enabled.")]
    [InlineData(Thinking + ""","top_p":0.9""", "`top_p` must be greater than or equal to 0.95 or unset when thinking is enabled.")]
    [InlineData(Thinking + ""","top_k":5""", "`top_k` must be unset when thinking is enabled.")]
    [InlineData(Thinking + Tools + ""","tool_choice":{"type":"any"}""", "Thinking may not be enabled when tool_choice forces tool use.")]
    [InlineData(""","system":[{"type":"text","text":""}]""", "system: text content blocks must be non-empty")]
    [InlineData(""","system":[{"type":"image"}]""", "system.0.type: Input should be 'text'")]
    [InlineData(""","system":[{"type":"text","text":"a","cache_control":{"type":"persistent"}}]""", "system.0.cache_control.type: Input should be 'ephemeral'")]
    [InlineData(""","tools":[{"type":"web_search_20250305","name":"web_search","cache_control":"x"}]""", "tools.0.cache_control: Input should be an object")]
    [InlineData(""","cache_control":{"type":"forever"}""", "cache_control.type: Input should be 'ephemeral'")]
    [InlineData(""","system":[{"type":"text","text":"","cache_control":{"type":"ephemeral"}}]""", "system: cache_control cannot be set for empty text blocks")]
    public async Task Field_ThatBreaksTheProtocol_Is400(string rest, string message) => await RefusesAsync(Ask("x", rest), message);

    [Theory]
    [InlineData("7", "messages.0: Input should be an object")]
    [InlineData("""{"role":"user"}""", "messages.0.content: Field required")]
    [InlineData("""{"role":"user","content":7}""", "messages.0.content: Input should be a valid string or a valid list")]
    [InlineData("""{"role":"user","content":"x","name":"bob"}""", "messages.0.name: Extra inputs are not permitted")]
    [InlineData("""{"role":"system","content":"x"}""", "messages: Unexpected role \"system\". The Messages API accepts a top-level `system` parameter, not \"system\" as an input message role.")]
    [InlineData("""{"role":"tool","content":"x"}""", "messages: Unexpected role \"tool\". Allowed roles are \"user\" or \"assistant\".")]
    [InlineData("""{"role":"assistant","content":"x"}""", "messages: first message must use the \"user\" role")]
    [InlineData(User + "," + User, "messages: roles must alternate between \"user\" and \"assistant\", but found multiple \"user\" roles in a row")]
    [InlineData("""{"role":"user","content":""}""", "messages.0: all messages must have non-empty content except for the optional final assistant message")]
    [InlineData("""{"role":"user","content":[]}""", "messages.0: all messages must have non-empty content except for the optional final assistant message")]
    [InlineData("""{"role":"user","content":[{"type":"text","text":""}]}""", "messages: text content blocks must be non-empty")]
    [InlineData("""{"role":"user","content":[{"type":"text","text":" "}]}""", "messages: text content blocks must contain non-whitespace text")]
    [InlineData("""{"role":"user","content":[{"text":"x"}]}""", "messages.0.content.0.type: Field required")]
    [InlineData("""{"role":"user","content":[{"type":"image_url"}]}""", "messages.0.content.0: Input tag 'image_url' found using 'type' does not match any of the expected tags: 'document', 'bash_code_execution_tool_result', 'code_execution_tool_result', 'image', 'redacted_thinking', 'search_result', 'server_tool_use', 'text', 'text_editor_code_execution_tool_result', 'thinking', 'tool_result', 'tool_search_tool_result', 'tool_use', 'web_fetch_tool_result', 'web_search_tool_result'")]
    [InlineData("""{"role":"user","content":[{"type":"text","text":"x","colour":1}]}""", "messages.0.content.0.text.colour: Extra inputs are not permitted")]
    [InlineData("""{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/bmp","data":"AAAA"}}]}""", "messages.0.content.0.image.source.base64.media_type: Input should be 'image/jpeg', 'image/png', 'image/gif' or 'image/webp'")]
    [InlineData("""{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/png","data":"data:image/png;base64,AAAA"}}]}""", "messages.0.content.0.image.source.base64.data: Invalid base64 data")]
    [InlineData("""{"role":"user","content":[{"type":"image","source":{"type":"url","url":"http://a/b.png"}}]}""", "messages.0.content.0.image.source.url.url: Only HTTPS URLs are supported.")]
    [InlineData("""{"role":"user","content":[{"type":"tool_use","id":"a","name":"f","input":{}}]}""", "messages.0.content.0: `tool_use` blocks can only be in `assistant` messages")]
    [InlineData("""{"role":"user","content":[{"type":"tool_result","tool_use_id":"a"}]}""", "messages.0.content.0: unexpected `tool_use_id` found in `tool_result` blocks: a. Each `tool_result` block must have a corresponding `tool_use` block in the previous message.")]
    [InlineData(User + """,{"role":"assistant","content":[{"type":"web_search_tool_result","tool_use_id":"srvtoolu_1","content":[]}]}""", "messages.1.content.0: unexpected `tool_use_id` found in `web_search_tool_result` blocks: srvtoolu_1. Each `web_search_tool_result` block must have a corresponding `server_tool_use` block before it.")]
    [InlineData("""{"role":"user","content":[{"type":"web_search_tool_result","tool_use_id":"srvtoolu_1","content":[]}]}""", "messages.0.content.0: `web_search_tool_result` blocks can only be in `assistant` messages")]
    [InlineData(User + """,{"role":"assistant","content":"x "}""", "messages: final assistant content cannot end with trailing whitespace")]
    [InlineData(User + """,{"role":"assistant","content":[{"type":"tool_use","id":"a.b","name":"f","input":{}}]}""", "messages.1.content.0.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'")]
    [InlineData(User + """,{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"f","input":"{}"}]}""", "messages.1.content.0.tool_use.input: Input should be an object")]
    [InlineData(User + """,{"role":"assistant","content":[{"type":"thinking","thinking":"a","signature":"b"}]}""", "messages.1.content.0: Invalid `signature` in `thinking` block")]
    [InlineData(User + """,{"role":"assistant","content":[{"type":"thinking","thinking":"a"}]}""", "messages.1.content.0.thinking.signature: Field required")]
    [InlineData(User + """,{"role":"assistant","content":[{"type":"redacted_thinking","data":"a"}]}""", "messages.1.content.0: Invalid `data` in `redacted_thinking` block")]
    public async Task Message_ThatBreaksTheProtocol_Is400(string messages, string message) => await RefusesAsync(Talk(messages), message);

    [Theory]
    [InlineData(R1, "t2")]
    [InlineData("""{"type":"text","text":"and"},""" + R1 + "," + R2, "t1, t2")]
    [InlineData(R1 + """,{"type":"text","text":"and"},""" + R2, "t2")]
    [InlineData("""{"type":"text","text":"and"}""", "t1, t2")]
    public async Task ToolResults_MissingOrNotFirst_Are400(string content, string missing) => await RefusesAsync(
        Talk(Asks + $$"""{"role":"user","content":[{{content}}]}"""),
        $"messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: {missing}. Each `tool_use` block must have a corresponding `tool_result` block in the next message.");

    [Fact]
    public async Task ToolUse_AsTheLastWord_Is400() => await RefusesAsync(
        Talk(Asks.TrimEnd(',')),
        "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: t1, t2. Each `tool_use` block must have a corresponding `tool_result` block in the next message.");

    [Fact]
    public async Task ToolResult_Twice_Is400() => await RefusesAsync(
        Talk(Asks + $$"""{"role":"user","content":[{{R1}},{{R2}},{{R1}}]}"""), "messages.2.content.2: each tool_use must have a single result. Found multiple `tool_result` blocks with id: t1");

    [Fact]
    public async Task ToolLoop_WithoutItsThinking_Is400() => await RefusesAsync(
        Talk(Asks + $$"""{"role":"user","content":[{{R1}},{{R2}}]}""", Tools + Thinking),
        "messages.1.content.0.type: Expected `thinking` or `redacted_thinking`, but found `tool_use`. When `thinking` is enabled, a final `assistant` message must start with a thinking block (preceeding the lastmost set of `tool_use` and `tool_result` blocks).");

    [Fact]
    public async Task ToolResults_InAnyOrderBeforeText_AreAccepted()
    {
        await using var simulator = await TestSimulator.StartAsync();

        var answer = await JsonAsync(simulator, Talk(Asks + $$"""{"role":"user","content":[{{R2}},{{R1}},{"type":"text","text":"[sim echo]"}]}"""));

        Assert.Equal("[sim echo]", answer.GetProperty("content")[0].GetProperty("text").GetString());
    }

    [Fact]
    public async Task CacheMarks_MoreThanFour_Are400()
    {
        var blocks = string.Join(',', Enumerable.Range(1, 5).Select(index => $$$"""{"type":"text","text":"{{{index}}}","cache_control":{"type":"ephemeral"}}"""));

        await RefusesAsync(Talk($$"""{"role":"user","content":[{{blocks}}]}"""), "A maximum of 4 blocks with cache_control may be provided. Found 5.");
    }

    [Theory]
    [InlineData("claude-sonnet-4-5-20250929", false)]
    [InlineData("claude-opus-4-1-20250805+tokens=1", false)]
    [InlineData("claude-sonnet-4-20250514", true)]
    [InlineData("claude-3-7-sonnet-20250219", true)]
    public async Task TemperatureAndTopP_Together_AreRefusedByNewModels(string model, bool accepted)
    {
        await using var simulator = await TestSimulator.StartAsync();

        using var response = await SendAsync(simulator, Ask("x", ""","temperature":0.5,"top_p":0.9""", model));

        Assert.Equal(accepted ? 200 : 400, (int)response.StatusCode);
        Assert.Equal(!accepted, (await response.Content.ReadAsStringAsync()).Contains("`temperature` and `top_p` cannot both be specified for this model", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("claude-sonnet-4-6", 400)]
    [InlineData("claude-sonnet-4-5", 200)]
    public async Task Prefill_IsRefusedByNewModels(string model, int status)
    {
        await using var simulator = await TestSimulator.StartAsync();

        using var response = await SendAsync(simulator, Talk(User + """,{"role":"assistant","content":"x"}""").Replace("\"m\"", $"\"{model}\"", StringComparison.Ordinal));

        Assert.Equal(status, (int)response.StatusCode);
    }

    [Fact]
    public async Task AdaptiveThinking_NewModel_Thinks()
    {
        await using var simulator = await TestSimulator.StartAsync();

        var answer = await JsonAsync(simulator, Ask("x", ""","thinking":{"type":"adaptive"},"output_config":{"effort":"high"}""", "claude-sonnet-4-6"));

        Assert.Equal("thinking", Type(answer.GetProperty("content")[0]));
    }

    [Theory]
    [InlineData(null, "2023-06-01", 401, "x-api-key header is required")]
    [InlineData("three", "2023-06-01", 401, "invalid x-api-key")]
    [InlineData("two", null, 400, "anthropic-version: header is required")]
    [InlineData("two", "2024-01-01", 400, "anthropic-version: \"2024-01-01\" is not a valid version")]
    [InlineData("two", "2023-06-01", 200, null)]
    [InlineData("two", "2026-10-21", 200, null)]
    public async Task Head_MustHaveKeyAndVersion(string? key, string? version, int status, string? message)
    {
        await using var simulator = await TestSimulator.StartAsync(null, ("SIMULATOR_KEYS", "one,two"));
        simulator.Http.DefaultRequestHeaders.Clear();
        Add("x-api-key", key);
        Add("anthropic-version", version);

        using var response = await simulator.SendAsync(Ask("x"), "/v1/messages");

        var body = JsonElement.Parse(await response.Content.ReadAsStringAsync());
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(message, status == 200 ? null : body.GetProperty("error").GetProperty("message").GetString());

        void Add(string name, string? value)
        {
            if (value is not null)
            {
                simulator.Http.DefaultRequestHeaders.Add(name, value);
            }
        }
    }

    [Fact]
    public async Task CountTokens_WithMaxTokens_Is400()
    {
        await using var simulator = await TestSimulator.StartAsync();

        var body = await JsonAsync(simulator, Ask("x"), "/v1/messages/count_tokens");

        Assert.Equal("max_tokens: Extra inputs are not permitted", body.GetProperty("error").GetProperty("message").GetString());
    }

    private static async Task RefusesAsync(string body, string message)
    {
        await using var simulator = await TestSimulator.StartAsync();

        using var response = await SendAsync(simulator, body);

        var error = JsonElement.Parse(await response.Content.ReadAsStringAsync());
        Assert.Equal(400, (int)response.StatusCode);
        Assert.Equal(("error", "invalid_request_error", message), (Type(error), Type(error.GetProperty("error")), error.GetProperty("error").GetProperty("message").GetString()));
        Assert.Equal(response.Headers.GetValues("request-id").Single(), error.GetProperty("request_id").GetString());
    }
}
