using System.Text.Json;

namespace Gateway.Simulator.Tests.Protocols.Bedrock;

public sealed class BedrockStrictnessTests
{
    private const string User = """{"role":"user","content":[{"text":"x"}]}""";
    private const string Calls = User + """,{"role":"assistant","content":[{"toolUse":{"toolUseId":"t1","name":"f","input":{}}},{"toolUse":{"toolUseId":"t2","name":"f","input":{}}}]}""";
    private const string R1 = """{"toolResult":{"toolUseId":"t1","content":[{"text":"1"}]}}""";
    private const string R2 = """{"toolResult":{"toolUseId":"t2","content":[{"text":"2"}]}}""";
    private const string Tools = ""","toolConfig":{"tools":[{"toolSpec":{"name":"f","inputSchema":{"json":{"type":"object"}}}}]}""";
    private const string Alternate = "A conversation must alternate between user and assistant roles. Make sure the conversation alternates between user and assistant roles and try again.";
    private const string Start = "A conversation must start with a user message. Try again with a conversation that starts with a user message.";

    [Theory]
    [InlineData("", "The request body could not be read as JSON", "SerializationException")]
    [InlineData("{}", Start)]
    [InlineData("""{"messages":[]}""", Start)]
    [InlineData("""{"messages":"x"}""", "STRING_VALUE can not be converted to List", "SerializationException")]
    [InlineData("""{"messages":[{"role":"assistant","content":[{"text":"x"}]}]}""", Start)]
    [InlineData("""{"messages":[{"role":"system","content":[{"text":"x"}]}]}""", "1 validation error detected: Value 'system' at 'messages.0.role' failed to satisfy constraint: Member must satisfy enum value set: [user, assistant]")]
    [InlineData("""{"messages":[{"role":"user"}]}""", "1 validation error detected: Value null at 'messages.0.content' failed to satisfy constraint: Member must not be null")]
    [InlineData("""{"messages":[{"role":"user","content":"x"}]}""", "STRING_VALUE can not be converted to List", "SerializationException")]
    [InlineData("""{"messages":[{"role":"user","content":[]}]}""", "The content field in the Message object at messages.0 is empty. Add a ContentBlock object to the content field and try again.")]
    [InlineData("""{"messages":[{"role":"user","content":[{"text":" "}]}]}""", "The text field in the ContentBlock object at messages.0.content.0 is blank. Add text to the text field, and try again.")]
    [InlineData("""{"messages":[{"role":"user","content":[{"text":"x","image":{}}]}]}""", "The ContentBlock object at messages.0.content.0 must set one of the following keys: text, image, document, toolUse, toolResult, guardContent, cachePoint, reasoningContent.")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"text"}]}]}""", "Malformed input request: #/messages/0/content/0: extraneous key [type] is not permitted, please reformat your input and try again.")]
    [InlineData("""{"messages":[{"role":"user","content":[{"image":{"format":"image/png","source":{"bytes":"AAAA"}}}]}]}""", "1 validation error detected: Value 'image/png' at 'messages.0.content.0.image.format' failed to satisfy constraint: Member must satisfy enum value set: [png, jpeg, gif, webp]")]
    [InlineData("""{"messages":[{"role":"user","content":[{"image":{"format":"png","source":{"bytes":"data:"}}}]}]}""", "Unable to decode the base64 value of a blob", "SerializationException")]
    [InlineData("""{"messages":[{"role":"user","content":[{"image":{"format":"jpeg","source":{"s3Location":{"uri":"s3://a/b"}}}}]}]}""", "This model doesn't support the s3Uri field. Remove s3Uri and try again.")]
    [InlineData("""{"messages":[{"role":"user","content":[{"document":{"format":"pdf","name":"a.pdf","source":{"bytes":"AAAA"}}}]}]}""", "The document file name can only contain alphanumeric characters, whitespace characters, hyphens, parentheses, and square brackets. The name can't contain more than one consecutive whitespace character.")]
    [InlineData("""{"messages":[{"role":"user","content":[{"video":{}}]}]}""", "This model doesn't support the video content block that you provided. Update the block and try again.")]
    public async Task Body_ThatBreaksTheProtocol_Is400(string body, string message, string type = "ValidationException") => await RefusesAsync(body, message, type);

    [Theory]
    [InlineData(User + "," + User, Alternate)]
    [InlineData(Calls, "Expected toolResult blocks at messages.2.content for the following Ids: t1, t2")]
    [InlineData(Calls + "," + User, "Expected toolResult blocks at messages.2.content for the following Ids: t1, t2")]
    [InlineData(Calls + """,{"role":"user","content":[""" + R1 + "]}", "Expected toolResult blocks at messages.2.content for the following Ids: t2")]
    [InlineData(Calls + """,{"role":"user","content":[{"text":"so"},""" + R1 + "," + R2 + "]}", "Expected toolResult blocks at messages.2.content for the following Ids: t1, t2")]
    [InlineData(Calls + """,{"role":"user","content":[""" + R1 + "," + R2 + "," + R1 + "]}", "The number of toolResult blocks at messages.2.content exceeds the number of toolUse blocks of previous turn.")]
    [InlineData("""{"role":"user","content":[""" + R1 + "]}", "The number of toolResult blocks at messages.0.content exceeds the number of toolUse blocks of previous turn.")]
    [InlineData("""{"role":"user","content":[{"toolUse":{"toolUseId":"t1","name":"f","input":{}}}]}""", "The toolUse content block at messages.0 is only valid for the assistant role.")]
    [InlineData(User + """,{"role":"assistant","content":[{"toolUse":{"toolUseId":"a.b","name":"f","input":{}}}]}""", "1 validation error detected: Value 'a.b' at 'messages.2.member.content.1.member.toolUse.toolUseId' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+")]
    [InlineData(User + """,{"role":"assistant","content":[{"toolUse":{"toolUseId":"t1","name":"f","input":"{}"}}]}""", "STRING_VALUE can not be converted to Structure", "SerializationException")]
    [InlineData(Calls + """,{"role":"user","content":[{"toolResult":{"toolUseId":"t1","content":[],"status":"error"}},""" + R2 + "]}", "The content field at messages.2.content.0.toolResult cannot be empty when status value is error.")]
    [InlineData(Calls + """,{"role":"user","content":[{"toolResult":{"toolUseId":"t1","content":[{"json":[1]}]}},""" + R2 + "]}", "Unexpected value type in payload", "SerializationException")]
    [InlineData(User + """,{"role":"assistant","content":[{"reasoningContent":{"reasoningText":{"text":"a","signature":"b"}}}]}""", "The model returned the following errors: messages.1.content.0: Invalid `signature` in `thinking` block")]
    public async Task Messages_ThatBreakTheProtocol_Are400(string messages, string message, string type = "ValidationException") =>
        await RefusesAsync($$"""{"messages":[{{messages}}]{{Tools}}}""", message, type);

    [Theory]
    [InlineData(""","stream":true""", "Malformed input request: #: extraneous key [stream] is not permitted, please reformat your input and try again.")]
    [InlineData(""","inferenceConfig":{"max_tokens":5}""", "Malformed input request: #/inferenceConfig: extraneous key [max_tokens] is not permitted, please reformat your input and try again.")]
    [InlineData(""","inferenceConfig":{"maxTokens":0}""", "1 validation error detected: Value '0' at 'inferenceConfig.maxTokens' failed to satisfy constraint: Member must have value greater than or equal to 1")]
    [InlineData(""","inferenceConfig":{"temperature":1.5}""", "1 validation error detected: Value '1.5' at 'inferenceConfig.temperature' failed to satisfy constraint: Member must have value less than or equal to 1")]
    [InlineData(""","inferenceConfig":{"temperature":"1"}""", "STRING_VALUE can not be converted to Float", "SerializationException")]
    [InlineData(""","system":"x" """, "STRING_VALUE can not be converted to List", "SerializationException")]
    [InlineData(""","system":[{"text":""}]""", "The text field in the ContentBlock object at system.0 is blank. Add text to the text field, and try again.")]
    [InlineData(""","system":[{"cachePoint":"default"}]""", "Unexpected value type in payload", "SerializationException")]
    [InlineData(""","toolConfig":{"tools":[]}""", "1 validation error detected: Value '[]' at 'toolConfig.tools' failed to satisfy constraint: Member must have length greater than or equal to 1")]
    [InlineData(""","toolConfig":{"toolChoice":{"auto":{}}}""", "1 validation error detected: Value null at 'toolConfig.tools' failed to satisfy constraint: Member must not be null")]
    [InlineData(""","toolConfig":{"tools":[{"name":"f"}]}""", "The value at toolConfig.tools.0 must have one of the following fields: toolSpec, systemTool, cachePoint.")]
    [InlineData(""","toolConfig":{"tools":[{"toolSpec":{"name":"a b","inputSchema":{"json":{"type":"object"}}}}]}""", "1 validation error detected: Value 'a b' at 'toolConfig.tools.1.member.toolSpec.name' failed to satisfy constraint: Member must satisfy regular expression pattern: [a-zA-Z0-9_-]+")]
    [InlineData(""","toolConfig":{"tools":[{"toolSpec":{"name":"f","inputSchema":{"type":"object"}}}]}""", "Malformed input request: #/toolConfig/tools/0/toolSpec/inputSchema: extraneous key [type] is not permitted, please reformat your input and try again.")]
    [InlineData(""","toolConfig":{"tools":[{"toolSpec":{"name":"f","inputSchema":{"json":{}}}}]}""", "The value at toolConfig.tools.0.toolSpec.inputSchema.json.type must be one of the following: object.")]
    [InlineData(""","toolConfig":{"tools":[{"toolSpec":{"name":"f","inputSchema":{"json":{"type":"object"}}}}],"toolChoice":{"type":"auto"}}""", "The value at toolConfig.toolChoice must have exactly one of the following fields: auto, any, tool.")]
    [InlineData(""","toolConfig":{"tools":[{"toolSpec":{"name":"f","inputSchema":{"json":{"type":"object"}}}}],"toolChoice":{"tool":{"name":"g"}}}""", "The model returned the following errors: tool_choice: Tool 'g' not found in provided tools")]
    [InlineData(""","additionalModelRequestFields":{"colour":1}""", "The model returned the following errors: colour: Extra inputs are not permitted")]
    [InlineData(""","additionalModelRequestFields":{"thinking":{"type":"enabled","budget_tokens":100}}""", "The model returned the following errors: thinking.enabled.budget_tokens: Input should be greater than or equal to 1024")]
    [InlineData(""","inferenceConfig":{"maxTokens":4000,"temperature":0.5},"additionalModelRequestFields":{"thinking":{"type":"enabled","budget_tokens":2000}}""", "The model returned the following errors: `temperature` may only be set to 1 when thinking is enabled.")]
    [InlineData(""","inferenceConfig":{"temperature":0.5,"topP":0.5}""", "The model returned the following errors: `temperature` and `top_p` cannot both be specified for this model. Please use only one.")]
    [InlineData(""","outputConfig":{"textFormat":{"type":"json_schema","structure":{"jsonSchema":{"schema":"{\"type\":\"object\"}"}}}}""", "The model returned the following errors: output_config.format.schema: For 'object' type, 'additionalProperties' must be explicitly set to false")]
    [InlineData(""","outputConfig":{"textFormat":{"type":"json_schema","structure":{"jsonSchema":{"schema":"{"}}}}""", "The value at outputConfig.textFormat.structure.jsonSchema.schema is not valid JSON.")]
    public async Task Field_ThatBreaksTheProtocol_Is400(string rest, string message, string type = "ValidationException") =>
        await RefusesAsync($$"""{"messages":[{{User}}]{{rest}}}""", message, type);

    [Fact]
    public async Task ToolBlocks_WithoutToolConfig_Are400() => await RefusesAsync(
        $$"""{"messages":[{{Calls}},{"role":"user","content":[{{R1}},{{R2}}]}]}""", "The toolConfig field must be defined when using toolUse and toolResult content blocks.");

    [Fact]
    public async Task ToolResults_InAnyOrderBeforeText_AreAccepted()
    {
        await using var simulator = await TestSimulator.StartAsync();

        using var response = await simulator.SendAsync($$"""{"messages":[{{Calls}},{"role":"user","content":[{{R2}},{{R1}},{"text":"so"}]}]{{Tools}}}""", "/model/m/converse");

        Assert.Equal(200, (int)response.StatusCode);
    }

    private static async Task RefusesAsync(string body, string message, string type = "ValidationException")
    {
        await using var simulator = await TestSimulator.StartAsync();

        using var response = await simulator.SendAsync(body, "/model/us.anthropic.claude-sonnet-4-5-20250929-v1%3A0/converse-stream");

        Assert.Equal(400, (int)response.StatusCode);
        Assert.Equal(message, JsonElement.Parse(await response.Content.ReadAsStringAsync()).GetProperty("message").GetString());
        Assert.Equal(type, response.Headers.GetValues("x-amzn-errortype").Single());
    }
}
