using System.Text.Json;
using Gateway.Simulator.Protocols.Responses;

namespace Gateway.Simulator.Tests.Protocols.Responses;

public sealed class StoredTalkTests
{
    private const string Path = "/v1/responses";
    private const string Tools = ""","tools":[{"type":"function","name":"f"}]""";

    [Fact]
    public async Task Response_Continued_CostsWhatTheWholeTalkCosts()
    {
        await using var simulator = await TestSimulator.StartAsync();
        var first = await simulator.JsonAsync(Ask("[sim tokens=5]"), Path);
        var second = await simulator.JsonAsync(Ask("b", Previous(first)), Path);
        var third = await simulator.JsonAsync(Ask("c", Previous(second)), Path);
        var item = first.GetProperty("output")[0];
        var next = second.GetProperty("output")[0];
        var whole = await simulator.JsonAsync(
            $$"""{"model":"m","input":[{"role":"user","content":"[sim tokens=5]"},{{item}},{"role":"user","content":"b"},{{next}},{"role":"user","content":"c"}]}""", Path);

        Assert.Equal(Id(second), third.GetProperty("previous_response_id").GetString());
        Assert.Equal(InputTokens(whole), InputTokens(third));
        Assert.True(InputTokens(second) > InputTokens(first) + 5);
    }

    [Fact]
    public async Task Stream_Continued_CostsWhatTheWholeTalkCosts()
    {
        await using var simulator = await TestSimulator.StartAsync();
        using var response = await simulator.SendAsync(Ask("a", ""","stream":true"""), Path);
        var first = JsonElement.Parse((await response.Content.ReadAsStringAsync()).TrimEnd().Split("data: ")[^1]).GetProperty("response");

        var second = await simulator.JsonAsync(Ask("b", Previous(first)), Path);
        var counted = await simulator.JsonAsync(Ask("b", Previous(first)), Path + "/input_tokens");
        var got = await simulator.Http.GetStringAsync($"{Path}/{Id(first)}");

        Assert.True(InputTokens(second) > InputTokens(first));
        Assert.Equal(InputTokens(second), counted.GetProperty("input_tokens").GetInt32());
        Assert.Equal(first.ToString(), got);
    }

    [Fact]
    public async Task Call_Continued_IsAnsweredByItsResultAlone()
    {
        await using var simulator = await TestSimulator.StartAsync();
        var first = await simulator.JsonAsync(Ask("call f", Tools), Path);
        var call = first.GetProperty("output")[0].GetProperty("call_id").GetString();

        var unanswered = await simulator.JsonAsync(Ask("b", Tools + Previous(first)), Path);
        var answered = await simulator.JsonAsync($$"""{"model":"m","input":[{"type":"function_call_output","call_id":"{{call}}","output":"42"}]{{Tools}}{{Previous(first)}}}""", Path);
        var after = await simulator.JsonAsync(Ask("call f", Tools + Previous(answered)), Path);

        Assert.Equal($"No tool output found for function call {call}.", Message(unanswered));
        Assert.Equal("message", answered.GetProperty("output")[0].GetProperty("type").GetString());
        Assert.Equal("function_call", after.GetProperty("output")[0].GetProperty("type").GetString());
    }

    [Fact]
    public async Task Item_IsReferredTo_WhileItsResponseIsThere()
    {
        await using var simulator = await TestSimulator.StartAsync();
        var first = await simulator.JsonAsync(Ask("[sim think=3] call f", Tools), Path);
        var (reasoning, call) = (first.GetProperty("output")[0], first.GetProperty("output")[1]);
        var talk = $$"""
            {"model":"m","input":[{"role":"user","content":"call f"},{"type":"item_reference","id":"{{Id(reasoning)}}"},{{call}},
            {"type":"function_call_output","call_id":"{{call.GetProperty("call_id").GetString()}}","output":"42"}]{{Tools}}}
            """;

        var answer = await simulator.JsonAsync(talk, Path);
        var items = JsonElement.Parse(await simulator.Http.GetStringAsync($"{Path}/{Id(answer)}/input_items?order=asc")).GetProperty("data");
        using var deleted = await simulator.Http.DeleteAsync($"{Path}/{Id(first)}");
        using var refused = await simulator.SendAsync(talk, Path);

        Assert.Equal("completed", answer.GetProperty("status").GetString());
        Assert.Equal(reasoning.ToString(), items[1].ToString());
        Assert.Equal(404, (int)refused.StatusCode);
        Assert.StartsWith($"Item with id '{Id(reasoning)}' not found.", Message(JsonElement.Parse(await refused.Content.ReadAsStringAsync())));
    }

    [Fact]
    public async Task Response_NotToBeStored_IsUnknown()
    {
        await using var simulator = await TestSimulator.StartAsync();
        var first = await simulator.JsonAsync(Ask("a", ""","store":false"""), Path);

        var next = await simulator.JsonAsync(Ask("b", Previous(first)), Path);
        using var got = await simulator.Http.GetAsync($"{Path}/{Id(first)}");

        Assert.Equal($"Previous response with id '{Id(first)}' not found.", Message(next));
        Assert.Equal(404, (int)got.StatusCode);
    }

    [Fact]
    public async Task InputItems_ArePagedAndDeletedWithTheirResponse()
    {
        await using var simulator = await TestSimulator.StartAsync();
        var first = await simulator.JsonAsync("""{"model":"m","input":[{"role":"user","content":"a"},{"id":"msg_own","role":"user","content":"b"}]}""", Path);
        var second = await simulator.JsonAsync($$"""{"model":"m"{{Previous(first)}}}""", Path);
        var path = $"{Path}/{Id(second)}";

        var all = JsonElement.Parse(await simulator.Http.GetStringAsync(path + "/input_items?order=asc"));
        var page = JsonElement.Parse(await simulator.Http.GetStringAsync($"{path}/input_items?limit=1&after={Id(first.GetProperty("output")[0])}"));
        using var wrong = await simulator.Http.GetAsync(path + "/input_items?limit=0");
        using var deleted = await simulator.Http.DeleteAsync(path);
        using var gone = await simulator.Http.GetAsync(path + "/input_items");

        Assert.Equal([first.GetProperty("output")[0].ToString()], all.GetProperty("data").EnumerateArray().Skip(2).Select(static item => item.ToString()));
        Assert.StartsWith("msg_", Id(all.GetProperty("data")[0]));
        Assert.Equal(("msg_own", "msg_own", true), (Id(page.GetProperty("data")[0]), page.GetProperty("last_id").GetString(), page.GetProperty("has_more").GetBoolean()));
        Assert.Equal((400, 200, 404), ((int)wrong.StatusCode, (int)deleted.StatusCode, (int)gone.StatusCode));
        Assert.Equal($$"""{"id":"{{Id(second)}}","object":"response","deleted":true}""", await deleted.Content.ReadAsStringAsync());
    }

    [Fact]
    public void Shelf_Full_ForgetsTheOldest()
    {
        var shelf = new ResponseShelf();
        for (var index = 0; index <= 10_000; index++)
        {
            shelf.Keep(Talk(index, bytes: 1));
        }

        Assert.Equal((false, true), (shelf.Find("0") is not null, shelf.Find("1") is not null));
        Assert.Equal((false, true), (shelf.FindItem("i0") is not null, shelf.FindItem("i1") is not null));

        shelf.Keep(Talk(20_000, bytes: (64 * 1024 * 1024) - 1));
        Assert.Equal((true, true, false), (shelf.Find("20000") is not null, shelf.Find("10000") is not null, shelf.Find("9999") is not null));
    }

    private static StoredTalk Talk(int number, int bytes) => new($"{number}", new byte[bytes], [], [JsonElement.Parse($$"""{"id":"i{{number}}"}""")]);

    private static string Ask(string text, string rest = "") => $$"""{"model":"m","input":"{{text}}"{{rest}}}""";

    private static string Previous(JsonElement response) => $$""","previous_response_id":"{{Id(response)}}" """;

    private static string? Id(JsonElement holder) => holder.GetProperty("id").GetString();

    private static int InputTokens(JsonElement response) => response.GetProperty("usage").GetProperty("input_tokens").GetInt32();

    private static string? Message(JsonElement answer) => answer.GetProperty("error").GetProperty("message").GetString();
}
