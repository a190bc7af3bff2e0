using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Gemini;
using Gateway.Router.Protocols.Neutral;

namespace Gateway.Router.Tests.Protocols.Gemini;

/// <summary>The talk as Gemini wants it: turns, calls and their results, media.</summary>
public sealed class GeminiContentsTests
{
    [Fact]
    public void Turns_OfOneRole_AreMergedPartByPart()
    {
        var request = Ge.Chat(static request => request.Turns.AddRange([Ge.User("again"), Ge.Model(new TextPart("a", Ge.At(2)), new TextPart("", Ge.At(2)), new TextPart("b", Ge.At(2))), Ge.User("end")]));

        Assert.Equal(
            """[{"role":"user","parts":[{"text":"Hello"},{"text":"again"}]},{"role":"model","parts":[{"text":"a"},{"text":"b"}]},{"role":"user","parts":[{"text":"end"}]}]""",
            Ge.Member(Ge.Write(request), "contents"));
    }

    [Fact]
    public void Turns_BeginWithTheModel_NeedALead()
    {
        var request = new NeutralRequest { Model = "asked" };
        request.Turns.AddRange([Ge.Model(new TextPart("Hi", Ge.At(0))), Ge.User("x")]);

        Assert.Equal("messages[0].role", Ge.Refusal(() => Ge.Write(request)).Param);
        Assert.StartsWith(
            """[{"role":"user","parts":[{"text":"Begin."}]},{"role":"model",""",
            Ge.Member(Ge.Write(Ge.Translation(request, traits: new UpstreamTraits { LeadUser = "Begin." })), "contents"), StringComparison.Ordinal);
    }

    [Fact]
    public void Turns_EndWithTheModel_AreAdapted()
    {
        var notes = new TranslationNotes();
        Ge.Write(Ge.Translation(Ge.Chat(static request => request.Turns.Add(Ge.Model(new TextPart("The answer is", Ge.At(1))))), notes: notes));

        Assert.Equal(["messages[0]"], notes.Adapted);
    }

    [Fact]
    public void Turns_WithoutContent_AreRefused()
    {
        var request = new NeutralRequest { Model = "asked" };
        request.Turns.Add(Ge.User(""));

        Assert.Equal("client.Turns", Ge.Refusal(() => Ge.Write(request)).Param);
    }

    [Fact]
    public void Results_InAnyOrder_StandInTheOrderOfTheCallsBeforeAllElse()
    {
        var request = Ge.Chat(static request => request.Turns.AddRange(
        [
            Ge.Model(Ge.Call("a", "first"), Ge.Call("b", "second", """{"x":1}""")),
            Ge.User(new TextPart("and", Ge.At(2)), Ge.Result("b", "two"), Ge.Result("a", "one")),
        ]));

        Assert.Equal(
            """
            [{"role":"user","parts":[{"text":"Hello"}]},{"role":"model","parts":[{"functionCall":{"id":"a","name":"first","args":{}}},{"functionCall":{"id":"b","name":"second","args":{"x":1}}}]},{"role":"user","parts":[{"functionResponse":{"id":"a","name":"first","response":{"output":"one"}}},{"functionResponse":{"id":"b","name":"second","response":{"output":"two"}}},{"text":"and"}]}]
            """, Ge.Member(Ge.Write(request), "contents"));
    }

    [Fact]
    public void Results_Missing_AreRefused()
    {
        var request = Ge.Chat(static request => request.Turns.AddRange([Ge.Model(Ge.Call("a", "f"), Ge.Call("b", "g")), Ge.Results(Ge.Result("a", "one"))]));

        Assert.Equal("messages[1].tool_calls[0]", Ge.Refusal(() => Ge.Write(request)).Param);
        Assert.Equal("messages[1].tool_calls[0]", Ge.Refusal(() => Ge.Write(Ge.Chat(static request => request.Turns.Add(Ge.Model(Ge.Call("a", "f")))))).Param);
    }

    [Fact]
    public void Results_OfNoCall_AreRefused()
    {
        var request = Ge.Chat(static request => request.Turns.Add(Ge.Results(Ge.Result("a", "one"))));

        Assert.Equal("messages[2].content[0]", Ge.Refusal(() => Ge.Write(request)).Param);
    }

    [Fact]
    public void Results_Twice_KeepTheFirst()
    {
        var notes = new TranslationNotes();
        var request = Ge.Chat(static request => request.Turns.AddRange([Ge.Model(Ge.Call("a", "f")), Ge.Results(Ge.Result("a", "one"), Ge.Result("a", "two"))]));
        var body = Ge.Write(Ge.Translation(request, notes: notes));

        Assert.Contains("\"one\"", body, StringComparison.Ordinal);
        Assert.DoesNotContain("\"two\"", body, StringComparison.Ordinal);
        Assert.Equal(["messages[2].content[0]"], notes.Dropped);
    }

    [Theory]
    [InlineData("sunny", false, """{"output":"sunny"}""")]
    [InlineData("boom", true, """{"error":"boom"}""")]
    [InlineData("""{"temp":1.50,"äö":[null]}""", false, """{"temp":1.50,"äö":[null]}""")]
    [InlineData("""{"a":1}""", true, """{"error":"{\"a\":1}"}""")]
    [InlineData("[1]", false, """{"output":"[1]"}""")]
    [InlineData("{broken", false, """{"output":"{broken"}""")]
    [InlineData("", false, """{"output":""}""")]
    public void Results_AreObjects(string text, bool isError, string response) => Assert.Equal(response, Response(Ge.Result("a", text, isError)));

    [Theory]
    [InlineData("""{"type":"OBJECT","additionalProperties":false,"default":null,"$schema":"x"}""", """{"type":"OBJECT","additionalProperties":false,"default":null,"$schema":"x"}""")]
    [InlineData("""{"$ref":"#/definitions/x"}""", """{"output":"{\"$ref\":\"#/definitions/x\"}"}""")]
    [InlineData("""{"a":{"$ref":"b"}}""", """{"output":"{\"a\":{\"$ref\":\"b\"}}"}""")]
    public void Pitfall34_SchemaWordsInResults_AreData(string text, string response)
    {
        Assert.Equal(response, Response(Ge.Result("a", text)));
        Assert.Equal(response, Response(Ge.Result("a", text), "gemini-1.5-pro"));
    }

    private static string Response(ToolResultPart result, string model = "gemini-2.5-flash")
    {
        var body = Ge.Write(Ge.Chat(request => request.Turns.AddRange([Ge.Model(Ge.Call("a", "f")), Ge.Results(result)])), model);
        using var document = System.Text.Json.JsonDocument.Parse(body);
        return document.RootElement.GetProperty("contents")[2].GetProperty("parts")[0].GetProperty("functionResponse").GetProperty("response").GetRawText();
    }

    [Theory]
    [InlineData("{", "messages[1].tool_calls[0].function.arguments")]
    [InlineData("[]", "messages[1].tool_calls[0].function.arguments")]
    [InlineData("\"x\"", "messages[1].tool_calls[0].function.arguments")]
    public void Arguments_NoObject_AreRefused(string arguments, string param)
    {
        var request = Ge.Chat(request => request.Turns.AddRange([Ge.Model(Ge.Call("a", "f", arguments)), Ge.Results(Ge.Result("a", ""))]));

        Assert.Equal(param, Ge.Refusal(() => Ge.Write(request)).Param);
    }

    [Fact]
    public void Arguments_EmptyOrCustom_AreObjects()
    {
        var custom = Ge.Call("b", "g", "say \"hi\"") with { IsCustom = true };
        var body = Ge.Write(Ge.Chat(request => request.Turns.AddRange([Ge.Model(Ge.Call("a", "f", ""), custom), Ge.Results(Ge.Result("a", ""), Ge.Result("b", ""))])));

        Assert.Contains("""{"id":"a","name":"f","args":{}}""", body, StringComparison.Ordinal);
        Assert.Contains("""{"id":"b","name":"g","args":{"input":"say \"hi\""}}""", body, StringComparison.Ordinal);
    }

    [Fact]
    public void Calls_OlderVertexModels_GetNoIds()
    {
        var request = Ge.Chat(static request => request.Turns.AddRange([Ge.Model(Ge.Call("a", "f")), Ge.Results(Ge.Result("a", "x"))]));

        Assert.DoesNotContain("\"id\"", Ge.Write(Ge.Translation(request), vertex: true), StringComparison.Ordinal);
        Assert.Contains("\"id\"", Ge.Write(Ge.Translation(request, "gemini-3-flash"), vertex: true), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("get weather", "get_weather_")]
    [InlineData("9lives", "_9lives_")]
    [InlineData("-x", "_-x_")]
    public void Names_ThatGeminiRefuses_AreMappedThereAndBack(string name, string start)
    {
        var translation = Ge.Translation(Ge.Chat(request =>
        {
            request.Tools.Add(new NeutralTool(name, null, null, null, default));
            request.ToolChoice = new NeutralToolChoice(ToolChoiceMode.Named, [name]);
            request.Turns.AddRange([Ge.Model(Ge.Call("a", name)), Ge.Results(Ge.Result("a", "x"))]);
        }));
        var body = Ge.Write(translation);
        var sent = Ge.Json(body).GetProperty("tools")[0].GetProperty("functionDeclarations")[0].GetProperty("name").GetString()!;

        Assert.StartsWith(start, sent, StringComparison.Ordinal);
        Assert.Equal(4, body.Split($"\"{sent}\"").Length - 1);
        Assert.Equal(name, translation.ToolNames.ToClient(sent));
        Assert.DoesNotContain($"\"{name}\"", body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a.b:c-d_1")]
    [InlineData("_x")]
    public void Names_ThatGeminiTakes_StayAsTheyAre(string name) =>
        Assert.Contains($"\"name\":\"{name}\"", Ge.Write(Ge.Chat(request => request.Tools.Add(new NeutralTool(name, null, null, null, default)))), StringComparison.Ordinal);

    [Fact]
    public void Media_Bytes_AreInline()
    {
        var part = new MediaPart(MediaKind.Image, Ge.At(0)) { Base64 = "iVBO+/=="u8.ToArray(), MimeType = "image/png" };

        Assert.Equal("""[{"role":"user","parts":[{"inlineData":{"mimeType":"image/png","data":"iVBO+/=="}}]}]""", Ge.Member(Ge.Write(OnlyMedia(part)), "contents"));
    }

    [Theory]
    [InlineData("https://generativelanguage.googleapis.com/v1beta/files/abc", null, false, """{"fileUri":"https://generativelanguage.googleapis.com/v1beta/files/abc"}""")]
    [InlineData("gs://bucket/cat.png", null, true, """{"mimeType":"image/png","fileUri":"gs://bucket/cat.png"}""")]
    [InlineData("https://example.org/a.JPG?x=1", null, true, """{"mimeType":"image/jpeg","fileUri":"https://example.org/a.JPG?x=1"}""")]
    [InlineData("https://www.youtube.com/watch?v=1", "video/mp4", false, """{"mimeType":"video/mp4","fileUri":"https://www.youtube.com/watch?v=1"}""")]
    public void Media_AddressesThatGoogleFetches_AreFileData(string url, string? type, bool vertex, string written) => Assert.Equal(
        $$"""[{"role":"user","parts":[{"fileData":{{written}}}]}]""",
        Ge.Member(Ge.Write(Ge.Translation(OnlyMedia(new MediaPart(MediaKind.Image, Ge.At(0)) { Url = url, MimeType = type })), vertex), "contents"));

    [Theory]
    [InlineData("https://example.org/a.png", false)]
    [InlineData("http://example.org/a.png", true)]
    [InlineData("https://example.org/a", true)]
    [InlineData("file:///etc/passwd", true)]
    public void Media_OtherAddresses_AreRefused(string url, bool vertex) => Assert.Equal(
        "messages[0].content[0]", Ge.Refusal(() => Ge.Write(Ge.Translation(OnlyMedia(new MediaPart(MediaKind.Image, Ge.At(0)) { Url = url })), vertex)).Param);

    [Fact]
    public void Media_ForeignIdOrUnknownKind_IsRefused()
    {
        Assert.Equal("messages[0].content[0]", Ge.Refusal(() => Ge.Write(OnlyMedia(new MediaPart(MediaKind.File, Ge.At(0)) { FileId = "file-1" }))).Param);
        Assert.Equal("messages[0].content[0]", Ge.Refusal(() => Ge.Write(OnlyMedia(new MediaPart(MediaKind.File, Ge.At(0)) { Base64 = "AAAA"u8.ToArray() }))).Param);
    }

    private static NeutralRequest OnlyMedia(MediaPart part)
    {
        var request = new NeutralRequest { Model = "asked" };
        request.Turns.Add(Ge.User(part));
        return request;
    }

    [Fact]
    public void Media_InResults_GoesInsideWhereTheModelTakesIt()
    {
        var image = new MediaPart(MediaKind.Image, Ge.At(2, 1)) { Base64 = "AAAA"u8.ToArray(), MimeType = "image/png" };
        var result = new ToolResultPart("a", null, [new TextPart("see", Ge.At(2)), image], false, Ge.At(2));
        var request = Ge.Chat(request => request.Turns.AddRange([Ge.Model(Ge.Call("a", "f", "{}", "S")), Ge.Results(result)]));

        Assert.Contains(
            """{"functionResponse":{"id":"a","name":"f","response":{"output":"see"},"parts":[{"inlineData":{"mimeType":"image/png","data":"AAAA"}}]}}""", Ge.Write(request, "gemini-3-flash"), StringComparison.Ordinal);

        var notes = new TranslationNotes();
        Assert.Contains(
            """{"functionResponse":{"id":"a","name":"f","response":{"output":"see"}}},{"text":"Returned by the tool:"},{"inlineData":{"mimeType":"image/png","data":"AAAA"}}""",
            Ge.Write(Ge.Translation(request, notes: notes)), StringComparison.Ordinal);
        Assert.Equal(["messages[2].content[1]"], notes.Adapted);
    }

    [Fact]
    public void Thoughts_OfOtherProviders_AreDropped()
    {
        var notes = new TranslationNotes();
        var request = Ge.Chat(static request => request.Turns.AddRange(
            [Ge.Model(new ReasoningPart("hm", Ge.At(1)) { Signature = "theirs" }, new ReasoningPart("", Ge.At(1, 1)) { Redacted = "x" }, new TextPart("yes", Ge.At(1, 2))), Ge.User("ok")]));
        var body = Ge.Write(Ge.Translation(request, notes: notes));

        Assert.Contains("""{"role":"model","parts":[{"text":"yes"}]}""", body, StringComparison.Ordinal);
        Assert.Equal(["messages[1].content[0]", "messages[1].content[1]"], notes.Dropped);
    }

    [Fact]
    public void Thoughts_OfOurOwn_GoBackWithTheirSignatureOnWhatFollows()
    {
        var signatures = new ThoughtSignatures();
        signatures.Remember("ours"u8);
        var request = Ge.Chat(static request => request.Turns.AddRange([Ge.Model(new ReasoningPart("hm", Ge.At(1)) { Signature = "ours" }, new TextPart("yes", Ge.At(1, 2))), Ge.User("ok")]));

        Assert.Contains(
            """{"role":"model","parts":[{"text":"hm","thought":true},{"text":"yes","thoughtSignature":"ours"}]}""", Ge.Write(Ge.Translation(request), signatures: signatures), StringComparison.Ordinal);
    }

    [Fact]
    public void Request_EqualHistory_GivesEqualBytes()
    {
        static NeutralRequest History() => Ge.Read(
            """{"contents":[{"role":"user","parts":[{"text":"x"}]},{"role":"model","parts":[{"functionCall":{"name":"f","args":{"a":1}}}]},{"role":"user","parts":[{"functionResponse":{"name":"f","response":{"output":"y"}}}]}]}""");

        Assert.Equal(Ge.Write(History()), Ge.Write(History()));
    }
}
