using System.Buffers;
using System.Text;
using System.Text.Json;
using Gateway.Router.Protocols.Gemini;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Tests.Protocols.Gemini;

public sealed class GeminiSchemaTests
{
    [Theory]
    [InlineData("""{"type":"object","properties":{"a":{"type":"string","default":"x","title":"A","examples":["y"]}},"additionalProperties":false,"$schema":"s","$id":"i","patternProperties":{}}""",
        """{"type":"object","properties":{"a":{"type":"string"}}}""")]
    [InlineData("""{"properties":{"a":{"type":["string","null"],"description":"d"}},"required":["a","gone"]}""",
        """{"type":"object","properties":{"a":{"type":"string","description":"d","nullable":true}},"required":["a"]}""")]
    [InlineData("""{"type":"object","properties":{"a":{"type":["string","integer"]}}}""",
        """{"type":"object","properties":{"a":{"anyOf":[{"type":"string"},{"type":"integer"}]}}}""")]
    [InlineData("""{"type":"object","properties":{"a":{"oneOf":[{"type":"string"},{"type":"number"}]}}}""",
        """{"type":"object","properties":{"a":{"anyOf":[{"type":"string"},{"type":"number"}]}}}""")]
    [InlineData("""{"type":"object","properties":{"a":{"anyOf":[{"type":"integer","minimum":1},{"type":"null"}]}}}""",
        """{"type":"object","properties":{"a":{"type":"integer","minimum":1,"nullable":true}}}""")]
    [InlineData("""{"type":"object","properties":{"a":{"const":"x"},"b":{"type":"integer","const":5},"c":{"type":"integer","enum":[1,2]},"d":{"enum":["p",null]}}}""",
        """{"type":"object","properties":{"a":{"type":"string","enum":["x"]},"b":{"type":"integer"},"c":{"type":"integer"},"d":{"type":"string","enum":["p"],"nullable":true}}}""")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"integer","exclusiveMinimum":0,"maximum":9},"b":{"type":"string","format":"date-time"},"c":{"type":"string","format":"uri"},"d":{"type":"number","format":"double"},"e":{"type":"string","format":"double"}}}""",
        """{"type":"object","properties":{"a":{"type":"integer","maximum":9},"b":{"type":"string","format":"date-time"},"c":{"type":"string"},"d":{"type":"number","format":"double"},"e":{"type":"string"}}}""")]
    [InlineData("""{"type":"object","properties":{"a":{"type":"array"},"b":{"type":"array","items":{"type":"string"},"maxItems":3}}}""",
        """{"type":"object","properties":{"a":{"type":"array","items":{"type":"string"}},"b":{"type":"array","maxItems":3,"items":{"type":"string"}}}}""")]
    [InlineData("""{"type":"object","properties":{"a":{"$ref":"#/$defs/P","description":"mine"}},"$defs":{"P":{"type":"object","description":"theirs","properties":{"x":{"$ref":"#/$defs/Q"}}},"Q":{"type":"string"}}}""",
        """{"type":"object","properties":{"a":{"type":"object","description":"mine","properties":{"x":{"type":"string"}}}}}""")]
    [InlineData("""{"$ref":"#/$defs/Node","$defs":{"Node":{"type":"object","properties":{"next":{"$ref":"#/$defs/Node"},"v":{"type":"string"}}}}}""",
        """{"type":"object","properties":{"next":{"type":"object"},"v":{"type":"string"}}}""")]
    [InlineData("""{"allOf":[{"properties":{"a":{"type":"string"}},"required":["a"]},{"properties":{"b":{"type":"string"}},"required":["b"]}]}""",
        """{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"string"}},"required":["a","b"]}""")]
    [InlineData("""{"type":"object","properties":{"type":{"type":"string"},"$ref":{"type":"string"},"default":{"type":"integer"}}}""",
        """{"type":"object","properties":{"type":{"type":"string"},"$ref":{"type":"string"},"default":{"type":"integer"}}}""")]
    [InlineData("""{"type":"object","properties":{"a":true,"b":{"$ref":"http://elsewhere"},"c":{"$ref":"#/gone"}}}""",
        """{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"object"},"c":{"type":"object"}}}""")]
    [InlineData("""{"type":"object","properties":{"a":{},"b":{"properties":{"c":{"items":{"type":"number"}}}}}}""",
        """{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"object","properties":{"c":{"type":"array","items":{"type":"number"}}}}}}""")]
    [InlineData("{}", """{"type":"object"}""")]
    public void Pitfall28_WordsThatOlderModelsRefuse_AreCleanedAway(string schema, string cleaned) => Assert.Equal(cleaned, Clean(schema));

    [Fact]
    public void Pitfall28_NewerModels_GetTheSchemaAsItIs()
    {
        const string Schema = """{"type":"object","properties":{"a":{"$ref":"#/$defs/P"}},"additionalProperties":false,"$defs":{"P":{"type":["string","null"]}}}""";
        var request = Ge.Chat(static request => request.Tools.Add(new NeutralTool("f", "does", Ge.Json(Schema), null, default)));

        Assert.Equal(
            $$"""[{"functionDeclarations":[{"name":"f","description":"does","parametersJsonSchema":{{Schema}}}]}]""", Ge.Member(Ge.Write(request, "gemini-2.0-flash"), "tools"));
        Assert.Equal(
            """[{"functionDeclarations":[{"name":"f","description":"does","parameters":{"type":"object","properties":{"a":{"type":"string","nullable":true}}}}]}]""",
            Ge.Member(Ge.Write(request, "gemini-1.5-pro"), "tools"));
    }

    [Theory]
    [InlineData("gemini-2.5-pro", """{"properties":{"a":{}}}""", ""","parametersJsonSchema":{"type":"object","properties":{"a":{}}}""")]
    [InlineData("gemini-1.5-pro", """{"type":"object","properties":{}}""", "")]
    [InlineData("gemini-1.5-pro", """{"type":"object"}""", "")]
    public void Parameters_OddRoots_AreMadeLegal(string model, string schema, string written) => Assert.Equal(
        $$"""[{"functionDeclarations":[{"name":"f"{{written}}}]}]""",
        Ge.Member(Ge.Write(Ge.Chat(request => request.Tools.Add(new NeutralTool("f", null, Ge.Json(schema), null, default))), model), "tools"));

    [Fact]
    public void Schema_ThatGrowsWithoutBound_IsRefused()
    {
        // Each level refers to the next one twice.
        const string Level = """ "dN":{"type":"object","properties":{"a":{"$ref":"#/$defs/dM"},"b":{"$ref":"#/$defs/dM"}}},""";
        var levels = string.Concat(Enumerable.Range(0, 30).Select(static level => Level.Replace("N", $"{level}", StringComparison.Ordinal).Replace("M", $"{level + 1}", StringComparison.Ordinal)));
        var schema = """{"$ref":"#/$defs/d0","$defs":{LEVELS"d30":{"type":"string"}}}""".Replace("LEVELS", levels, StringComparison.Ordinal);
        var error = Ge.Refusal(() => Clean(schema));

        Assert.Equal("tools[0].parameters", error.Param);
    }

    [Fact]
    public void Tools_ChoiceModes_AreMapped()
    {
        static string Choice(NeutralToolChoice choice) => Ge.Member(Ge.Write(Ge.Chat(request =>
        {
            request.Tools.AddRange([new NeutralTool("f", null, null, null, default), new NeutralTool("g", null, null, null, default)]);
            request.ToolChoice = choice;
        })), "toolConfig", "functionCallingConfig");

        Assert.Equal("""{"mode":"AUTO"}""", Choice(new(ToolChoiceMode.Auto)));
        Assert.Equal("""{"mode":"ANY"}""", Choice(new(ToolChoiceMode.Any)));
        Assert.Equal("""{"mode":"ANY","allowedFunctionNames":["g"]}""", Choice(new(ToolChoiceMode.Named, ["g"])));
        Assert.Equal("""{"mode":"ANY","allowedFunctionNames":["f","g"]}""", Choice(new(ToolChoiceMode.Any, ["f", "g"])));
        Assert.Equal("""{"mode":"NONE"}""", Choice(new(ToolChoiceMode.None)));
    }

    [Fact]
    public void Tools_FreeChoiceAmongSome_LeavesTheOthersOut()
    {
        var body = Ge.Write(Ge.Chat(static request =>
        {
            request.Tools.AddRange([new NeutralTool("f", null, null, null, default), new NeutralTool("g", null, null, null, default)]);
            request.ToolChoice = new NeutralToolChoice(ToolChoiceMode.Auto, ["g"]);
        }));

        Assert.Equal("""[{"functionDeclarations":[{"name":"g"}]}]""", Ge.Member(body, "tools"));
        Assert.Equal("""{"functionCallingConfig":{"mode":"AUTO"}}""", Ge.Member(body, "toolConfig"));
    }

    [Fact]
    public void Tools_FreeChoiceAmongNone_HasNoChoice() => Assert.DoesNotContain("tool", Ge.Write(Ge.Chat(static request =>
    {
        request.Tools.Add(new NeutralTool("f", null, null, null, default));
        request.ToolChoice = new NeutralToolChoice(ToolChoiceMode.Auto, ["other"]);
    })), StringComparison.Ordinal);

    [Fact]
    public void Tools_None_HaveNoChoice()
    {
        var body = Ge.Write(Ge.Chat(static request =>
        {
            request.ToolChoice = new NeutralToolChoice(ToolChoiceMode.Auto);
            request.ParallelToolCalls = false;
        }));

        Assert.Equal("""{"contents":[{"role":"user","parts":[{"text":"Hello"}]}]}""", body);
    }

    [Fact]
    public void Tools_Custom_TakeOneText() => Assert.Contains(
        """{"name":"f","parametersJsonSchema":{"type":"object","properties":{"input":{"type":"string"}},"required":["input"]}}""",
        Ge.Write(Ge.Chat(static request => request.Tools.Add(new NeutralTool("f", null, null, null, default) { IsCustom = true }))), StringComparison.Ordinal);

    [Theory]
    [InlineData(
        """{"type":"OBJECT","properties":{"type":{"type":"STRING","nullable":true},"n":{"type":"ARRAY","minItems":"2","items":{"type":"INTEGER","format":"int32"}}},"required":["type"],"propertyOrdering":["n"]}""",
        """{"type":"object","properties":{"type":{"type":["string","null"]},"n":{"type":"array","minItems":2,"items":{"type":"integer","format":"int32"}}},"required":["type"]}""")]
    [InlineData("""{"any_of":[{"type":"STRING"},{"type":"TYPE_UNSPECIFIED"}],"example":{"type":"STRING"}}""", """{"anyOf":[{"type":"string"},{}],"examples":[{"type":"STRING"}]}""")]
    [InlineData("""{"type":"STRING","enum":["STRING","A"],"description":"TYPE"}""", """{"type":"string","enum":["STRING","A"],"description":"TYPE"}""")]
    public void OpenApi_TypesInCapitals_BecomeJsonSchema(string schema, string expected) => Assert.Equal(expected, OpenApiSchema.ToJsonSchema(Ge.Json(schema)).GetRawText());

    private static string Clean(string schema)
    {
        var output = new ArrayBufferWriter<byte>();
        using var json = new Utf8JsonWriter(output);
        GeminiSchema.WriteCleaned(Ge.Json(schema), new SourcePath("tools", 0, Member: "parameters"), json);
        json.Flush();
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }
}
