using System.Text.Json;
using static Gateway.Simulator.Tests.Protocols.Gemini.GeminiCalls;

namespace Gateway.Simulator.Tests.Protocols.Gemini;

public sealed class StrictnessTests
{
    private const string Turn = """{"role":"user","parts":[{"text":"x"}]}""";

    [Theory]
    [InlineData("", "Expected an object")]
    [InlineData("[]", "Expected an object")]
    [InlineData("{}", "contents is not specified")]
    [InlineData("""{"contents":[],"messages":[]}""", "Unknown name \"messages\": Cannot find field.")]
    [InlineData("""{"contents":[{"parts":[{"text":"x","type":"text"}]}]}""", "Unknown name \"type\" at 'contents[0].parts[0]': Cannot find field.")]
    [InlineData("""{"contents":["x"]}""", "Invalid value at 'contents[0]'")]
    [InlineData("""{"contents":[{"role":"user"}]}""", "contents.parts must not be empty")]
    [InlineData("""{"contents":[{"parts":[{}]}]}""", "required oneof field 'data' must have one initialized field")]
    [InlineData("""{"contents":[{"parts":[{"text":"x","inlineData":{"mimeType":"a/b","data":"AAAA"}}]}]}""", "oneof field 'data' is already set")]
    [InlineData("""{"contents":[{"parts":[{"inlineData":{"mimeType":"a/b","data":"data:a/b;base64,AAAA"}}]}]}""", "inline_data.data' (TYPE_BYTES)")]
    [InlineData("""{"contents":[{"parts":[{"text":7}]}]}""", "Invalid value at 'contents[0].parts[0].text' (TYPE_STRING), 7")]
    [InlineData("""{"contents":[{"role":"assistant","parts":[{"text":"x"}]}]}""", "Please use a valid role: user, model.")]
    [InlineData("""{"contents":[{"role":"system","parts":[{"text":"x"}]}]}""", "Please use a valid role: user, model.")]
    [InlineData("""{"contents":[{"role":"model","parts":[{"text":"x"}]}]}""", "alternate between user and model")]
    [InlineData("{\"contents\":[" + Turn + "," + Turn + "]}", "alternate between user and model")]
    [InlineData("{\"contents\":[" + Turn + ",{\"role\":\"model\",\"parts\":[{\"text\":\"x\"}]}]}", "ends with a user role")]
    [InlineData("{\"contents\":[" + Turn + ",{\"role\":\"model\",\"parts\":[{\"functionCall\":{\"name\":\"f\",\"args\":\"{}\"}}]}]}", "function_call.args' (type.googleapis.com/google.protobuf.Struct)")]
    [InlineData("{\"contents\":[" + Turn + ",{\"role\":\"model\",\"parts\":[{\"functionCall\":{\"name\":\"f\"}}]}," + Turn + "]}", "number of function response parts is equal")]
    [InlineData("""{"contents":[{"role":"user","parts":[{"functionResponse":{"name":"f","response":{}}}]}]}""", "immediately after a function call turn")]
    [InlineData("{\"contents\":[" + Turn + ",{\"role\":\"model\",\"parts\":[{\"functionCall\":{\"name\":\"f\"}}]},{\"parts\":[{\"functionResponse\":{\"name\":\"f\",\"response\":\"42\"}}]}]}", "function_response.response' (type.googleapis.com/google.protobuf.Struct)")]
    [InlineData("{\"contents\":[" + Turn + ",{\"role\":\"model\",\"parts\":[{\"functionCall\":{\"name\":\"f\"}}]},{\"parts\":[{\"functionResponse\":{\"response\":{}}}]}]}", "function_response.name: Name cannot be empty")]
    public async Task Turns_ThatBreakTheRules_AreInvalid(string body, string message) => await AssertInvalidAsync(body, message);

    [Theory]
    [InlineData("\"generationConfig\":{\"max_tokens\":5}", "Unknown name \"max_tokens\" at 'generation_config'")]
    [InlineData("\"generationConfig\":{\"maxOutputTokens\":0}", "max_output_tokens must be positive")]
    [InlineData("\"generationConfig\":{\"maxOutputTokens\":1.5}", "(TYPE_INT32), 1.5")]
    [InlineData("\"generationConfig\":{\"temperature\":2.5}", "temperature must be in the range [0.0, 2.0]")]
    [InlineData("\"generationConfig\":{\"temperature\":\"hot\"}", "(TYPE_DOUBLE), \"hot\"")]
    [InlineData("\"generationConfig\":{\"topP\":1.1}", "top_p must be in the range")]
    [InlineData("\"generationConfig\":{\"candidateCount\":9}", "candidate_count must be in the range [1, 8]")]
    [InlineData("\"generationConfig\":{\"stopSequences\":[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\"]}", "at most 5 stop sequences")]
    [InlineData("\"generationConfig\":{\"responseMimeType\":\"json\"}", "allowed mimetypes are")]
    [InlineData("\"generationConfig\":{\"responseSchema\":{\"type\":\"OBJECT\"}}", "needs the mimetype `application/json`")]
    [InlineData("\"generationConfig\":{\"thinkingConfig\":{\"thinkingBudget\":5,\"thinkingLevel\":\"LOW\"}}", "only set only one of thinking budget and thinking level")]
    [InlineData("\"generationConfig\":{\"thinkingConfig\":{\"thinkingLevel\":\"LOW\"}}", "Thinking level is not supported for this model.")]
    [InlineData("\"generationConfig\":{\"thinkingConfig\":{\"thinkingBudget\":0,\"includeThoughts\":true}}", "only enabled when thinking is enabled")]
    [InlineData("\"generationConfig\":{\"responseMimeType\":\"application/json\"},\"tools\":[{\"functionDeclarations\":[{\"name\":\"f\"}]}]", "Function calling with a response mime type: 'application/json' is unsupported")]
    [InlineData("\"tools\":[{\"functionDeclarations\":[{\"name\":\"1f\"}]}]", "Invalid function name")]
    [InlineData("\"tools\":[{\"functionDeclarations\":[{\"name\":\"f\"},{\"name\":\"f\"}]}]", "Duplicate function declaration found: f")]
    [InlineData("\"tools\":[{\"functionDeclarations\":[{\"name\":\"f\",\"parameters\":{\"type\":\"OBJECT\",\"additionalProperties\":false}}]}]", "Unknown name \"additionalProperties\" at 'tools[0].function_declarations[0].parameters'")]
    [InlineData("\"tools\":[{\"functionDeclarations\":[{\"name\":\"f\",\"parameters\":{\"type\":\"OBJECT\",\"properties\":{\"a\":{\"$ref\":\"x\"}}}}]}]", "Unknown name \"$ref\" at 'tools[0].function_declarations[0].parameters.properties[0].value'")]
    [InlineData("\"tools\":[{\"functionDeclarations\":[{\"name\":\"f\",\"parameters\":{\"type\":\"OBJECT\",\"properties\":{\"a\":{\"type\":[\"string\",\"null\"]}}}}]}]", "Proto field is not repeating, cannot start list.")]
    [InlineData("\"tools\":[{\"functionDeclarations\":[{\"name\":\"f\",\"parameters\":{\"type\":\"OBJECT\",\"properties\":{\"a\":{\"type\":\"INTEGER\",\"enum\":[\"1\"]}}}}]}]", "only allowed for STRING type")]
    [InlineData("\"tools\":[{\"functionDeclarations\":[{\"name\":\"f\",\"parameters\":{\"type\":\"OBJECT\",\"properties\":{\"a\":{\"type\":\"STRING\",\"format\":\"email\"}}}}]}]", "only 'enum' and 'date-time' are supported")]
    [InlineData("\"tools\":[{\"functionDeclarations\":[{\"name\":\"f\",\"parameters\":{\"type\":\"OBJECT\",\"required\":[\"a\"]}}]}]", "required[0]: property is not defined")]
    [InlineData("\"tools\":[{\"functionDeclarations\":[{\"name\":\"f\",\"parameters\":{\"type\":\"ARRAY\"}}]}]", "items: missing field.")]
    [InlineData("\"tools\":[{\"functionDeclarations\":[{\"name\":\"f\",\"parameters\":{\"type\":\"OBJECT\"},\"parametersJsonSchema\":{}}]}]", "mutually exclusive")]
    [InlineData("\"tools\":[{\"type\":\"function\"}]", "Unknown name \"type\" at 'tools[0]'")]
    [InlineData("\"toolConfig\":{\"functionCallingConfig\":{\"mode\":\"ANY\"}}", "set without function_declarations")]
    [InlineData("\"labels\":{\"a\":\"b\"}", "Unknown name \"labels\"")]
    public async Task Fields_ThatBreakTheRules_AreInvalid(string rest, string message) => await AssertInvalidAsync("{\"contents\":[" + Turn + "]," + rest + "}", message);

    [Theory]
    [InlineData("gemini-3-pro-preview", "", "missing a thought_signature", "`default_api:f` , position 2")]
    [InlineData("gemini-3-pro-preview", ",\"thoughtSignature\":\"AAAA\"", "Thought signature is not valid.", "")]
    [InlineData("gemini-2.5-pro", ",\"thoughtSignature\":\"AAAA\"", "Thought signature is not valid.", "")]
    public async Task Call_WithoutItsSignature_IsInvalid(string model, string signature, string message, string more)
    {
        await AssertInvalidAsync(History(signature), message, model);
        await AssertInvalidAsync(History(signature), more, model);
    }

    [Theory]
    [InlineData("gemini-2.5-pro", "")]
    [InlineData("gemini-3-pro-preview", ",\"thoughtSignature\":\"skip_thought_signature_validator\"")]
    [InlineData("gemini-3-pro-preview", ",\"thought_signature\":\"context_engineering_is_the_way_to_go\"")]
    public async Task Call_OfAnotherModel_IsAcceptedWithAPlaceholderOrByOlderModels(string model, string signature)
    {
        await using var simulator = await TestSimulator.StartAsync();

        using var response = await simulator.SendAsync(History(signature), Path(model));

        Assert.Equal(200, (int)response.StatusCode);
    }

    [Fact]
    public async Task ThirdGeneration_TakesSchemaWithToolsAndLevels()
    {
        await using var simulator = await TestSimulator.StartAsync();
        var body = Say("x", Tools + Config("""  "responseMimeType":"application/json","thinkingConfig":{"thinkingLevel":"low"} """));

        using var response = await simulator.SendAsync(body, Path("gemini-3-pro-preview"));

        Assert.Equal(200, (int)response.StatusCode);
    }

    [Fact]
    public async Task BothSpellingsNullsAndSingleValues_AreAccepted()
    {
        await using var simulator = await TestSimulator.StartAsync();
        const string Body = """
            {"contents":{"parts":{"text":"x"}},"system_instruction":{"parts":[{"text":"s"}]},"generation_config":{"max_output_tokens":"5","topK":40.0,"seed":null},
             "tools":{"function_declarations":{"name":"f","description":null,"parametersJsonSchema":{"type":["object","null"],"additionalProperties":false,"$defs":{}}}}}
            """;

        var answer = await simulator.JsonAsync(Body, Path());

        Assert.Equal(5, answer.Usage("candidatesTokenCount"));
        Assert.Equal("MAX_TOKENS", answer.Finish());
    }

    [Theory]
    [InlineData("", null, null, 403, "PERMISSION_DENIED", null)]
    [InlineData("?key=wrong", null, null, 400, "INVALID_ARGUMENT", "API_KEY_INVALID")]
    [InlineData("", "x-goog-api-key", "wrong", 400, "INVALID_ARGUMENT", "API_KEY_INVALID")]
    [InlineData("", "Authorization", "Bearer one", 401, "UNAUTHENTICATED", "ACCESS_TOKEN_TYPE_UNSUPPORTED")]
    [InlineData("", "x-goog-api-key", "one", 200, null, null)]
    [InlineData("?key=one", null, null, 200, null, null)]
    public async Task Key_MustBeOneOfTheList(string query, string? header, string? value, int status, string? name, string? reason) =>
        await AssertCredentialAsync($"/v1beta/models/gemini-2.5-flash:generateContent{query}", header, value, status, name, reason);

    [Theory]
    [InlineData(null, null, 401)]
    [InlineData("x-goog-api-key", "one", 401)]
    [InlineData("Authorization", "Bearer wrong", 401)]
    [InlineData("Authorization", "Bearer one", 200)]
    public async Task VertexToken_MustBeOneOfTheList(string? header, string? value, int status) => await AssertCredentialAsync(
        "/v1beta1/projects/p/locations/l/publishers/google/models/gemini-2.5-flash:generateContent", header, value, status, status == 200 ? null : "UNAUTHENTICATED", null);

    [Theory]
    [InlineData("/v1beta/models/gemini-2.5-flash:generate?key=k")]
    [InlineData("/v1beta/models/gemini-2.5-flash?key=k")]
    public async Task Method_Unknown_Is404(string path)
    {
        await using var simulator = await TestSimulator.StartAsync();

        Assert.Equal("NOT_FOUND", (await simulator.JsonAsync(Say("x"), path)).GetProperty("error").GetProperty("status").GetString());
    }

    [Fact]
    public async Task Model_NotListed_Is404()
    {
        await using var simulator = await TestSimulator.StartAsync(null, ("SIMULATOR_MODELS", "a"));

        var error = (await simulator.JsonAsync(Say("x"), Path("b"))).GetProperty("error");

        Assert.Equal((404, "NOT_FOUND"), (error.GetProperty("code").GetInt32(), error.GetProperty("status").GetString()));
        Assert.NotEmpty(new[] { await simulator.JsonAsync(Say("x"), Path("a+tokens=2")) }.Said());
    }

    [Fact]
    public async Task VertexTemperature_IsRefusedInItsOwnWords()
    {
        await using var simulator = await TestSimulator.StartAsync();

        var error = await simulator.JsonAsync(Say("x", Config("\"temperature\":1000.0")), "/v1/projects/p/locations/l/publishers/google/models/gemini-2.5-pro:generateContent");

        Assert.Equal("Unable to submit request because it has a temperature value of 1000 but the supported range is from 0 (inclusive) to 2.0001 (exclusive). Update the value and try again.",
            error.GetProperty("error").GetProperty("message").GetString());
    }

    private static string History(string signature) => $$$$"""
        {"contents":[{"role":"user","parts":[{"text":"call f"}]},{"role":"model","parts":[{"functionCall":{"name":"f","args":{}}{{{{signature}}}}}]},
         {"role":"user","parts":[{"functionResponse":{"name":"f","response":{"output":"1"}}}]}]}
        """;

    private static async Task AssertInvalidAsync(string body, string message, string model = "gemini-2.5-flash")
    {
        await using var simulator = await TestSimulator.StartAsync();

        using var response = await simulator.SendAsync(body, Path(model));

        var error = JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("error");
        Assert.Equal((400, 400, "INVALID_ARGUMENT"), ((int)response.StatusCode, error.GetProperty("code").GetInt32(), error.GetProperty("status").GetString()));
        Assert.Contains(message, error.GetProperty("message").GetString());
    }

    private static async Task AssertCredentialAsync(string path, string? header, string? value, int status, string? name, string? reason)
    {
        await using var simulator = await TestSimulator.StartAsync(null, ("SIMULATOR_KEYS", "one,two"));
        simulator.Http.DefaultRequestHeaders.Clear();
        if (header is not null)
        {
            simulator.Http.DefaultRequestHeaders.TryAddWithoutValidation(header, value);
        }

        using var response = await simulator.SendAsync(Say("x"), path);

        Assert.Equal(status, (int)response.StatusCode);
        if (name is not null)
        {
            var error = JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("error");
            Assert.Equal(name, error.GetProperty("status").GetString());
            Assert.True(reason is null || error.GetProperty("details")[0].GetProperty("reason").GetString() == reason);
        }
    }
}
