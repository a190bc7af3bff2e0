using System.Text.Json;

namespace Gateway.Simulator.Tests.Protocols.OpenAI;

public sealed class StrictnessTests
{
    private const string Ok = "\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]";

    [Theory]
    [InlineData("", null, null)]
    [InlineData("[]", null, null)]
    [InlineData("""{"model":"m"}""", "messages", "missing_required_parameter")]
    [InlineData("{" + Ok + "}", "model", "missing_required_parameter")]
    [InlineData("""{"model":null,""" + Ok + "}", "model", "invalid_type")]
    [InlineData("""{"model":"m","messages":"x"}""", "messages", "invalid_type")]
    [InlineData("""{"model":"m","messages":[]}""", "messages", "empty_array")]
    [InlineData("""{"model":"m","messages":[7]}""", "messages[0]", "invalid_type")]
    [InlineData("""{"model":"m","messages":[{"role":"bot","content":"x"}]}""", "messages[0].role", "invalid_value")]
    [InlineData("""{"model":"m","messages":[{"content":"x"}]}""", "messages[0].role", "missing_required_parameter")]
    [InlineData("""{"model":"m","messages":[{"role":"user"}]}""", "messages[0].content", "missing_required_parameter")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":7}]}""", "messages[0].content", "invalid_type")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":[{"type":"video"}]}]}""", "messages[0].content[0].type", "invalid_value")]
    [InlineData("""{"model":"m","messages":[{"role":"user","content":"x","colour":1}]}""", "messages[0].colour", "unknown_parameter")]
    [InlineData("""{"model":"m","messages":[{"role":"tool","tool_call_id":"1","content":"x"}]}""", "messages[0].role", "invalid_value")]
    [InlineData("""{"model":"m","messages":[{"role":"assistant","tool_calls":[{"id":"1"}]},{"role":"user","content":"x"}]}""", "messages", "invalid_value")]
    [InlineData("""{"model":"m","colour":1,""" + Ok + "}", "colour", "unknown_parameter")]
    [InlineData("""{"model":"m","Stream":true,""" + Ok + "}", "Stream", "unknown_parameter")]
    [InlineData("""{"model":"m","stream":"yes",""" + Ok + "}", "stream", "invalid_type")]
    [InlineData("""{"model":"m","n":1.5,""" + Ok + "}", "n", "invalid_type")]
    [InlineData("""{"model":"m","n":0,""" + Ok + "}", "n", "integer_below_min_value")]
    [InlineData("""{"model":"m","n":129,""" + Ok + "}", "n", "integer_above_max_value")]
    [InlineData("""{"model":"m","temperature":2.1,""" + Ok + "}", "temperature", "decimal_above_max_value")]
    [InlineData("""{"model":"m","max_tokens":1,"max_completion_tokens":1,""" + Ok + "}", "max_tokens", "invalid_parameter_combination")]
    [InlineData("""{"model":"m","stream_options":{"include_usage":true},""" + Ok + "}", "stream_options", "invalid_value")]
    [InlineData("""{"model":"m","stream":true,"stream_options":{"usage":true},""" + Ok + "}", "stream_options.usage", "unknown_parameter")]
    [InlineData("""{"model":"m","stop":["1","2","3","4","5"],""" + Ok + "}", "stop", "array_above_max_length")]
    [InlineData("""{"model":"m","tool_choice":"auto",""" + Ok + "}", "tool_choice", "invalid_value")]
    [InlineData("""{"model":"m","tools":[{"type":"function"}],""" + Ok + "}", "tools[0].function.name", "missing_required_parameter")]
    [InlineData("""{"model":"m","logprobs":true,""" + Ok + "}", "logprobs", "unsupported_parameter")]
    [InlineData("""{"model":"m","tools":[],""" + Ok + "}", "tools", "empty_array")]
    [InlineData("""{"model":"m","parallel_tool_calls":true,""" + Ok + "}", "parallel_tool_calls", "invalid_value")]
    [InlineData("""{"model":"m","tools":[{"type":"function","function":{"name":"a b"}}],""" + Ok + "}", "tools[0].function.name", "invalid_value")]
    [InlineData("""{"model":"m","tools":[{"type":"function","function":{"name":"f","strict":true,"parameters":{"type":"object","properties":{}}}}],""" + Ok + "}", "tools[0].function.parameters", "invalid_function_parameters")]
    [InlineData("""{"model":"o3-mini","max_tokens":5,""" + Ok + "}", "max_tokens", "unsupported_parameter")]
    [InlineData("""{"model":"m","response_format":{"type":"json_object"},""" + Ok + "}", "messages", null)]
    [InlineData("""{"model":"m","response_format":{"type":"json_schema","json_schema":{"schema":{}}},""" + Ok + "}", "response_format.json_schema.name", "missing_required_parameter")]
    [InlineData("""{"model":"m","response_format":{"type":"json_schema","json_schema":{"name":"s","strict":true,"schema":{"type":"object"}}},""" + Ok + "}", "response_format", null)]
    [InlineData("""{"model":"m","response_format":{"type":"xml"},""" + Ok + "}", "response_format.type", "invalid_value")]
    public async Task ChatRequest_ThatBreaksTheProtocol_Is400ThatNamesTheField(string body, string? param, string? code)
    {
        await using var simulator = await TestSimulator.StartAsync();

        using var response = await simulator.SendAsync(body);

        var error = JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("error");
        Assert.Equal(400, (int)response.StatusCode);
        Assert.Equal((param, code), (error.GetProperty("param").GetString(), error.GetProperty("code").GetString()));
        Assert.Equal("invalid_request_error", error.GetProperty("type").GetString());
    }

    [Theory]
    [InlineData("/v1/embeddings", """{"model":"m","input":""}""", "input")]
    [InlineData("/v1/embeddings", """{"model":"m","input":[]}""", "input")]
    [InlineData("/v1/embeddings", """{"model":"m","input":["a",7]}""", "input[1]")]
    [InlineData("/v1/embeddings", """{"model":"m","input":"a","dimensions":-42}""", "dimensions")]
    [InlineData("/v1/embeddings", """{"model":"m","input":"a","encoding_format":"hex"}""", "encoding_format")]
    [InlineData("/v1/completions", """{"model":"m"}""", "prompt")]
    [InlineData("/v1/completions", """{"model":"m","prompt":"x","messages":[]}""", "messages")]
    public async Task OtherRequest_ThatBreaksTheProtocol_Is400ThatNamesTheField(string path, string body, string param)
    {
        await using var simulator = await TestSimulator.StartAsync();

        Assert.Equal(param, (await simulator.JsonAsync(body, path)).GetProperty("error").GetProperty("param").GetString());
    }

    [Theory]
    [InlineData(null, 401, null)]
    [InlineData("Bearer ", 401, null)]
    [InlineData("Basic one", 401, null)]
    [InlineData("Bearer three", 401, "invalid_api_key")]
    [InlineData("Bearer two", 200, null)]
    public async Task Credential_MustBeOneOfTheList(string? header, int status, string? code)
    {
        await using var simulator = await TestSimulator.StartAsync(null, ("SIMULATOR_KEYS", "one, two"));
        simulator.Http.DefaultRequestHeaders.Clear();
        if (header is not null)
        {
            simulator.Http.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", header);
        }

        using var response = await simulator.SendAsync(TestSimulator.Chat("x"));

        var body = JsonElement.Parse(await response.Content.ReadAsStringAsync());
        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal(code, status == 200 ? null : body.GetProperty("error").GetProperty("code").GetString());
    }

    [Fact]
    public async Task Models_WhenListed_AreTheOnlyOnes()
    {
        await using var simulator = await TestSimulator.StartAsync(null, ("SIMULATOR_MODELS", "a,b"));

        using var known = await simulator.SendAsync(TestSimulator.Chat("x", model: "a+tokens=1"));
        using var unknown = await simulator.SendAsync(TestSimulator.Chat("x", model: "c"));

        Assert.Equal((200, 404), ((int)known.StatusCode, (int)unknown.StatusCode));
    }
}
