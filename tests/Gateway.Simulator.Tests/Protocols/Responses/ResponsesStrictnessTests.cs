using System.Text.Json;

namespace Gateway.Simulator.Tests.Protocols.Responses;

public sealed class ResponsesStrictnessTests
{
    private const string Call = """{"type":"function_call","call_id":"c1","name":"f","arguments":"{}"}""";
    private const string Output = """{"type":"function_call_output","call_id":"c1","output":"1"}""";
    private const string User = """{"role":"user","content":"x"}""";

    [Theory]
    [InlineData("", "model", "missing_required_parameter", "Missing required parameter: 'model'.", false)]
    [InlineData(""","n":2""", "n", "unknown_parameter", "Unknown parameter: 'n'.")]
    [InlineData(""","stop":["a"]""", "stop", "unknown_parameter", "Unknown parameter: 'stop'.")]
    [InlineData(""","messages":[]""", "messages", "unsupported_parameter", "Unsupported parameter: 'messages'. In the Responses API, this parameter has moved to 'input'.")]
    [InlineData(""","max_tokens":5""", "max_tokens", "unsupported_parameter", "Unsupported parameter: 'max_tokens'. In the Responses API, this parameter has moved to 'max_output_tokens'.")]
    [InlineData(""","response_format":{}""", "response_format", "unsupported_parameter", "Unsupported parameter: 'response_format'. In the Responses API, this parameter has moved to 'text.format'.")]
    [InlineData(""","max_output_tokens":15""", "max_output_tokens", "integer_below_min_value", "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got 15 instead.")]
    [InlineData(""","temperature":3""", "temperature", "decimal_above_max_value", "Invalid 'temperature'")]
    [InlineData(""","background":true""", "background", "unsupported_parameter", "Unsupported parameter: 'background'")]
    [InlineData(""","truncation":"some" """, "truncation", "invalid_value", "Invalid value: 'some'. Supported values are: 'auto', 'disabled'.")]
    [InlineData(""","previous_response_id":"resp_1" """, "previous_response_id", "previous_response_not_found", "Previous response with id 'resp_1' not found.")]
    [InlineData(""","include":["everything"]""", "include[0]", "invalid_value", "Invalid value: 'everything'.")]
    [InlineData(""","stream_options":{}""", "stream_options", null, "The 'stream_options' parameter is only allowed when 'stream' is enabled.")]
    [InlineData(""","reasoning":{"effort":"huge"}""", "reasoning.effort", "invalid_value", "Invalid value: 'huge'.")]
    [InlineData(""","reasoning":{"budget":1}""", "reasoning.budget", "unknown_parameter", "Unknown parameter: 'reasoning.budget'.")]
    [InlineData(""","tool_choice":"required" """, "tool_choice", null, "Tool choice 'required' must be specified with 'tools' parameter.")]
    [InlineData(""","tools":[{"type":"function","function":{"name":"f"}}]""", "tools[0].name", "missing_required_parameter", "Missing required parameter: 'tools[0].name'.")]
    [InlineData(""","tools":[{"type":"robot"}]""", "tools[0].type", "invalid_value", "Invalid value: 'robot'.")]
    [InlineData(""","tools":[{"type":"function","name":"a.b"}]""", "tools[0].name", "invalid_value", "Invalid 'tools[0].name': string does not match pattern.")]
    [InlineData(""","tools":[{"type":"function","name":"f","strict":true,"parameters":{"type":"object","properties":{}}}]""", "tools[0].parameters", "invalid_function_parameters", "Invalid schema for function 'f': In context=(), 'additionalProperties' is required to be supplied and to be false.")]
    [InlineData(""","tools":[{"type":"function","name":"f"}],"tool_choice":{"type":"function","name":"g"}""", "tool_choice", null, "Tool choice 'function' not found in 'tools' parameter.")]
    [InlineData(""","tools":[{"type":"function","name":"f"}],"tool_choice":"any" """, "tool_choice", "invalid_value", "Invalid value: 'any'.")]
    [InlineData(""","tools":[{"type":"function","name":"f"}],"tool_choice":{"type":"allowed_tools","tools":"f"}""", "tool_choice.tools", "invalid_type", "Invalid type for 'tool_choice.tools': expected an array, but got a string instead.")]
    [InlineData(""","text":{"format":{"type":"json_object"}}""", "input", null, "Response input messages must contain the word 'json' in some form to use 'text.format' of type 'json_object'.")]
    [InlineData(""","text":{"format":{"type":"json_schema","schema":{}}}""", "text.format.name", "missing_required_parameter", "Missing required parameter: 'text.format.name'.")]
    [InlineData(""","text":{"format":{"type":"json_schema","name":"s","json_schema":{},"schema":{}}}""", "text.format.json_schema", "unknown_parameter", "Unknown parameter: 'text.format.json_schema'.")]
    [InlineData(""","text":{"format":{"type":"json_schema","name":"s","strict":true,"schema":{"type":"object","additionalProperties":false,"properties":{"a":{"type":"array","uniqueItems":true}},"required":["a"]}}}""", "text.format.schema", "invalid_json_schema", "Invalid schema for response_format 's': In context=('properties', 'a'), 'uniqueItems' is not permitted.")]
    [InlineData(""","text":{"format":{"type":"json_schema","name":"s","strict":true,"schema":{"type":"object","additionalProperties":false,"properties":{"a":{"type":"string"}}}}}""", "text.format.schema", "invalid_json_schema", "Invalid schema for response_format 's': In context=(), 'required' is required to be supplied and to be an array including every key in properties. Missing 'a'.")]
    public async Task Field_ThatBreaksTheProtocol_Is400(string rest, string? param, string? code, string message, bool model = true) =>
        await RefusesAsync($$"""{{{(model ? "\"model\":\"m\"," : "")}}"input":"x"{{rest}}}""", param, code, message);

    [Theory]
    [InlineData("[]", "input", "missing_required_parameter", "One of \"input\" or \"previous_response_id\"")]
    [InlineData("[7]", "input[0]", "invalid_type", "Invalid type for 'input[0]': expected an object, but got an integer instead.")]
    [InlineData("""[{"role":"tool","content":"x"}]""", "input[0].role", "invalid_value", "Invalid value: 'tool'. Supported values are: 'assistant', 'system', 'developer', 'user'.")]
    [InlineData("""[{"role":"user"}]""", "input[0].content", "missing_required_parameter", "Missing required parameter: 'input[0].content'.")]
    [InlineData("""[{"role":"user","content":"x","name":"bob"}]""", "input[0].name", "unknown_parameter", "Unknown parameter: 'input[0].name'.")]
    [InlineData("""[{"type":"chat","content":"x"}]""", "input[0]", "invalid_value", "Invalid value: 'chat'.")]
    [InlineData("""[{"role":"user","content":[{"type":"text","text":"x"}]}]""", "input[0].content[0].type", "invalid_value", "Invalid value: 'text'. Supported values are: 'input_text', 'input_image', 'input_file'.")]
    [InlineData("""[{"role":"assistant","content":[{"type":"input_text","text":"x"}]}]""", "input[0].content[0].type", "invalid_value", "Invalid value: 'input_text'. Supported values are: 'output_text', 'refusal'.")]
    [InlineData("""[{"role":"user","content":[{"type":"input_image","image_url":{"url":"https://a"}}]}]""", "input[0].content[0].image_url", "invalid_type", "Invalid type for 'input[0].content[0].image_url': expected a string, but got an object instead.")]
    [InlineData("""[{"role":"user","content":[{"type":"input_image","image_url":"AAAA"}]}]""", "input[0].content[0].image_url", "invalid_value", "Invalid 'input[0].content[0].image_url'. Expected a valid URL")]
    [InlineData("[" + User + "," + Call + "]", "input", null, "No tool output found for function call c1.")]
    [InlineData("[" + User + "," + Output + "]", "input", null, "No tool call found for function call output with call_id c1.")]
    [InlineData("[" + User + "," + Output + "," + Call + "]", "input", null, "No tool call found for function call output with call_id c1.")]
    [InlineData("""[{"type":"function_call","id":"call_1","call_id":"c1","name":"f","arguments":"{}"}]""", "input[0].id", "invalid_value", "Invalid 'input[0].id': 'call_1'. Expected an ID that begins with 'fc'.")]
    [InlineData("""[{"type":"function_call","call_id":"c1","name":"f","arguments":{}}]""", "input[0].arguments", "invalid_type", "Invalid type for 'input[0].arguments': expected a string, but got an object instead.")]
    [InlineData("""[{"type":"function_call","call_id":"ccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc","name":"f","arguments":"{}"}]""", "input[0].call_id", "string_above_max_length", "Invalid 'input[0].call_id': string too long.")]
    [InlineData("""[{"type":"reasoning","id":"rs_1","summary":[]},{"role":"user","content":"x"}]""", "input", null, "Item 'rs_1' of type 'reasoning' was provided without its required following item.")]
    [InlineData("""[{"type":"reasoning","id":"rs_1","summary":[]}]""", "input", null, "Item 'rs_1' of type 'reasoning' was provided without its required following item.")]
    [InlineData("""[{"type":"reasoning","id":"rs_1","summary":[],"encrypted_content":"gAAAAA"},{"role":"assistant","content":"x"}]""", null, "invalid_encrypted_content", "The encrypted content gAAA... could not be verified.")]
    public async Task Input_ThatBreaksTheProtocol_Is400(string input, string? param, string? code, string message) =>
        await RefusesAsync($$"""{"model":"m","input":{{input}}}""", param, code, message);

    [Theory]
    [InlineData("gpt-4o", ""","reasoning":{"effort":"low"}""", "reasoning.effort")]
    [InlineData("o3-mini", ""","temperature":1""", "temperature")]
    [InlineData("gpt-5-nano", ""","top_p":0.5""", "top_p")]
    public async Task Field_ThatTheModelDoesNotTake_Is400(string model, string rest, string param) =>
        await RefusesAsync($$"""{"model":"{{model}}","input":"x"{{rest}}}""", param, "unsupported_parameter", $"Unsupported parameter: '{param}' is not supported with this model.");

    [Fact]
    public async Task UnstoredReasoning_WithoutItsContent_IsNotFound()
    {
        await using var simulator = await TestSimulator.StartAsync();

        using var response = await simulator.SendAsync(
            """{"model":"m","store":false,"input":[{"type":"reasoning","id":"rs_1","summary":[]},{"role":"assistant","content":"x"}]}""", "/v1/responses");

        Assert.Equal(404, (int)response.StatusCode);
        Assert.Contains("Item with id 'rs_1' not found.", await response.Content.ReadAsStringAsync());
    }

    private static async Task RefusesAsync(string body, string? param, string? code, string message)
    {
        await using var simulator = await TestSimulator.StartAsync();

        using var response = await simulator.SendAsync(body, "/v1/responses");

        var error = JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("error");
        Assert.Equal(400, (int)response.StatusCode);
        Assert.StartsWith(message, error.GetProperty("message").GetString());
        Assert.Equal(("invalid_request_error", param, code), (error.GetProperty("type").GetString(), error.GetProperty("param").GetString(), error.GetProperty("code").GetString()));
    }
}
