using System.Text;
using System.Text.Json;
using Gateway.ServiceDefaults.Tests;

namespace Gateway.Simulator.Tests.Protocols;

/// <summary>Every directive in every protocol beside OpenAI's chat, which has tests of its own, and what the meter says of it.</summary>
public sealed class ProtocolFaultTests
{
    public static TheoryData<string> Names => ProtocolUnderTest.Names;

    [Theory]
    [MemberData(nameof(Names))]
    public async Task SameRequest_SameWordsPlainAndStreamed_AndTheMeterCountsThem(string name)
    {
        var protocol = new ProtocolUnderTest(name);
        await using var simulator = await TestSimulator.StartAsync();

        var plain = await protocol.BytesAsync(simulator, "[sim tokens=30] hello");
        var stream = await protocol.BytesAsync(simulator, "[sim tokens=30] hello", stream: true);

        Assert.Equal(30, protocol.Tokens(stream));
        Assert.Contains(protocol.Finish, Encoding.UTF8.GetString(stream));
        Assert.Contains(protocol.EndMarker, Encoding.UTF8.GetString(stream));
        var words = protocol.Text(JsonElement.Parse(plain));
        Assert.NotEqual(words, protocol.Text(JsonElement.Parse(await protocol.BytesAsync(simulator, "[sim tokens=30 seed=2] hello"))));
        var report = await simulator.SettledAsync(3);
        Assert.Equal((90, 90, 3), (report.TokensGenerated, report.TokensWritten, report.Completed));
        var rows = simulator.Meter.Page(0, 3).Requests;
        Assert.Equal(rows[0].PromptTokens, rows[1].PromptTokens);
        Assert.Equal(new[] { false, true, false }, rows.Select(row => row.Stream));
        Assert.All(rows, row => Assert.Equal("62af8704764f", row.Credential));

        // hello and the directive: [sim, tokens=30], hello make 1 + 3 + 2 pieces; one message and the reply.
        Assert.Equal(6 + 3 + 3, rows[0].PromptTokens);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Echo_SaysWhatArrived(string name)
    {
        var protocol = new ProtocolUnderTest(name);
        await using var simulator = await TestSimulator.StartAsync();

        var answer = await protocol.BytesAsync(simulator, "[sim echo] ab \\u0041 🙂");

        Assert.Equal("[sim echo] ab A 🙂", protocol.Text(JsonElement.Parse(answer)));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Directive_AfterTheModelName_IsFollowedAndAnUnknownOneRefused(string name)
    {
        var protocol = new ProtocolUnderTest(name);
        await using var simulator = await TestSimulator.StartAsync();

        var stream = await protocol.BytesAsync(simulator, "hello", stream: true, "sim+tokens=3+crlf");
        using var unknown = await protocol.SendAsync(simulator, "hello", model: "sim+hop=1");

        Assert.Equal(3, protocol.Tokens(stream));
        Assert.Equal(400, (int)unknown.StatusCode);
        Assert.StartsWith("There is no directive 'hop'.", protocol.Message(JsonElement.Parse(await unknown.Content.ReadAsStringAsync())));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task CutAfter_GivesExactlySoManyTokensAndAReset(string name)
    {
        var protocol = new ProtocolUnderTest(name);
        await using var simulator = await TestSimulator.StartAsync();

        var (bytes, reset) = await protocol.RawAsync(simulator, "[sim tokens=20 cut_after=7]", stream: true);
        var (nothing, atOnce) = await protocol.RawAsync(simulator, "[sim tokens=20 cut_after=0]", stream: true);
        var (half, middle) = await protocol.RawAsync(simulator, "[sim tokens=20 cut_after=3]", stream: false);

        Assert.Equal((true, true, true), (reset, atOnce, middle));
        Assert.Equal(7, protocol.Tokens(bytes));
        Assert.Empty(nothing);
        Assert.StartsWith("HTTP/1.1 200", Encoding.UTF8.GetString(half));
        var report = await simulator.SettledAsync(3);
        Assert.Equal((3, 27, 7), (report.Cut, report.TokensGenerated, report.TokensWritten));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task EndAfter_EndsCleanlyWithoutFinish(string name)
    {
        var protocol = new ProtocolUnderTest(name);
        await using var simulator = await TestSimulator.StartAsync();

        var (bytes, reset) = await protocol.RawAsync(simulator, "[sim end_after=4]", stream: true);

        var text = Encoding.UTF8.GetString(bytes);
        Assert.False(reset);
        Assert.Equal(4, protocol.Tokens(bytes));
        Assert.EndsWith("\r\n0\r\n\r\n", text);
        Assert.DoesNotContain(protocol.Finish, text);
        Assert.DoesNotContain(protocol.EndMarker, text);
        Assert.Equal(1, (await simulator.SettledAsync(1)).Ended);
    }

    [Theory]
    [InlineData("anthropic", "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"api_error\",\"message\":\"Internal server error\"}")]
    [InlineData("responses", "\"error\":{\"code\":\"server_error\",\"message\":\"The server had an error while processing your request. Sorry about that!\"}")]
    [InlineData("azure", "data: {\"error\":{\"code\":\"InternalServerError\"")]
    [InlineData("azure-v1", "data: {\"error\":{\"code\":\"InternalServerError\"")]
    [InlineData("gemini", "data: {\"error\":{\"code\":500,\"message\":\"An internal error has occurred.\",\"status\":\"INTERNAL\"}}\r\n\r\n")]
    [InlineData("ollama", "\n{\"error\":\"an error was encountered while running the model: unexpected EOF\"}\n")]
    [InlineData("ollama-generate", "\n{\"error\":\"an error was encountered while running the model: unexpected EOF\"}\n")]
    [InlineData("bedrock", "{\"message\":\"The system encountered an unexpected error during processing. Try your request again.\"}")]
    public async Task ErrorAfter_SendsTheProvidersErrorInA200(string name, string piece)
    {
        var protocol = new ProtocolUnderTest(name);
        await using var simulator = await TestSimulator.StartAsync();

        var stream = await protocol.BytesAsync(simulator, "[sim error_after=2]", stream: true);
        var plain = await protocol.BytesAsync(simulator, "[sim error_after=2]");

        var text = Encoding.UTF8.GetString(stream);
        Assert.Equal(2, protocol.Tokens(stream));
        Assert.Contains(piece, text);
        Assert.DoesNotContain(protocol.EndMarker, text);
        Assert.NotEqual("", protocol.Message(JsonElement.Parse(plain)));
        Assert.Equal(2, (await simulator.SettledAsync(2)).Errors);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task StallAfterAndHang_ClientLeaves_MeterCountsResets(string name)
    {
        var protocol = new ProtocolUnderTest(name);
        await using var simulator = await TestSimulator.StartAsync();
        using var leave = new CancellationTokenSource();
        var hanging = protocol.SendAsync(simulator, "[sim hang]", cancellationToken: leave.Token);
        using (var response = await protocol.SendAsync(simulator, "[sim stall_after=2]", stream: true))
        {
            await using var body = await response.Content.ReadAsStreamAsync();
            var seen = new MemoryStream();
            var piece = new byte[4096];
            while (protocol.Tokens(seen.ToArray()) < 2)
            {
                seen.Write(piece, 0, await body.ReadAsync(piece));
            }
        }

        while (simulator.Meter.Report() is not { Requests: 2, Resets: 1 })
        {
            await Task.Yield();
        }

        await leave.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => hanging);
        var report = await simulator.SettledAsync(2);
        Assert.Equal((2, 2, 2), (report.Resets, report.TokensGenerated, report.TokensWritten));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Garbage_IsAFrameThatIsNoJson(string name)
    {
        var protocol = new ProtocolUnderTest(name);
        await using var simulator = await TestSimulator.StartAsync();

        var stream = await protocol.BytesAsync(simulator, "[sim tokens=3 garbage=1]", stream: true);
        var plain = await protocol.BytesAsync(simulator, "[sim tokens=3 garbage=1]");

        var payloads = protocol.Binary ? EventMessage.Read(stream).Select(message => Encoding.UTF8.GetString(message.Payload))
            : Encoding.UTF8.GetString(stream).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                .Where(line => line.StartsWith(protocol.Prefix, StringComparison.Ordinal)).Select(line => line[protocol.Prefix.Length..]);
        Assert.Single(payloads, payload => payload != "[DONE]" && !IsJson(payload));
        Assert.Contains(protocol.EndMarker, Encoding.UTF8.GetString(stream));
        Assert.StartsWith("<html>", Encoding.UTF8.GetString(plain));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task NoDoneAndNoUsage_LeaveThemOut(string name)
    {
        var protocol = new ProtocolUnderTest(name);
        await using var simulator = await TestSimulator.StartAsync();

        var usual = Encoding.UTF8.GetString(await protocol.BytesAsync(simulator, "hi", stream: true));
        var noDone = await protocol.BytesAsync(simulator, "[sim tokens=3 no_done]", stream: true);
        var noUsage = Encoding.UTF8.GetString(await protocol.BytesAsync(simulator, "[sim tokens=3 no_usage]", stream: true));
        var plain = Encoding.UTF8.GetString(await protocol.BytesAsync(simulator, "[sim tokens=3 no_usage]"));

        Assert.Contains(protocol.Usage, usual);
        Assert.Equal(3, protocol.Tokens(noDone));
        Assert.DoesNotContain(protocol.EndMarker, Encoding.UTF8.GetString(noDone));
        Assert.DoesNotContain(protocol.Usage, noUsage);
        Assert.DoesNotContain(protocol.Usage, plain);
        Assert.Contains(protocol.EndMarker, noUsage);
        Assert.Equal(4, (await simulator.SettledAsync(4)).Completed);
    }

    [Theory]
    [InlineData("anthropic", "crlf")]
    [InlineData("responses", "crlf")]
    [InlineData("azure", "crlf")]
    [InlineData("anthropic", "chunk=1")]
    [InlineData("responses", "chunk=random")]
    [InlineData("azure-v1", "chunk=7")]
    [InlineData("bedrock", "chunk=1")]
    [InlineData("bedrock", "chunk=random")]
    public async Task Framing_OfOtherShape_SaysTheSame(string name, string directive)
    {
        var protocol = new ProtocolUnderTest(name);
        await using var simulator = await TestSimulator.StartAsync();

        var stream = await protocol.BytesAsync(simulator, $"[sim tokens=9 {directive}]", stream: true);
        var (raw, _) = await protocol.RawAsync(simulator, $"[sim tokens=9 {directive}]", stream: true);

        var text = Encoding.UTF8.GetString(stream);
        Assert.Equal(9, protocol.Tokens(stream));
        Assert.Equal(directive == "crlf", text.Contains("\r\n\r\n", StringComparison.Ordinal));
        Assert.Equal(directive == "crlf", text.EndsWith("\r\n\r\n", StringComparison.Ordinal) && text.Replace("\r\n", "", StringComparison.Ordinal).All(letter => letter != '\n'));
        if (directive == "chunk=1")
        {
            Assert.Contains("\r\n1\r\n", Encoding.UTF8.GetString(raw));
        }

        if (protocol.Binary)
        {
            Assert.Equal(1 + 9 + 3, EventMessage.Read(stream).Count);
        }
    }

    [Theory]
    [InlineData("anthropic", "ttft=200ms tokens=1", 200)]
    [InlineData("responses", "slow_headers=1s tokens=1", 1000)]
    [InlineData("azure", "ttft=1s tokens=1", 1000)]
    [InlineData("bedrock", "tokens=2 gap=300ms", 300)]
    [InlineData("gemini", "ttft=1s tokens=1", 1000)]
    [InlineData("ollama", "tokens=2 gap=300ms", 300)]
    public async Task Delay_Passes_OnTheClockOfTheSimulator(string name, string directives, int milliseconds)
    {
        var protocol = new ProtocolUnderTest(name);
        var time = new ManualTime();
        await using var simulator = await TestSimulator.StartAsync(time);
        var stream = protocol.BytesAsync(simulator, $"[sim {directives}]", stream: true);
        await time.Waited.Task;
        var before = simulator.Meter.Report().TokensWritten;

        time.Advance(TimeSpan.FromMilliseconds(milliseconds - 1));
        Assert.Equal(before, simulator.Meter.Report().TokensWritten);
        time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Contains(protocol.EndMarker, Encoding.UTF8.GetString(await stream));
    }

    [Theory]
    [InlineData("anthropic", 400, "type", "invalid_request_error")]
    [InlineData("anthropic", 401, "type", "authentication_error")]
    [InlineData("anthropic", 403, "type", "permission_error")]
    [InlineData("anthropic", 404, "type", "not_found_error")]
    [InlineData("anthropic", 413, "type", "request_too_large")]
    [InlineData("anthropic", 429, "type", "rate_limit_error")]
    [InlineData("anthropic", 500, "type", "api_error")]
    [InlineData("anthropic", 529, "type", "overloaded_error")]
    [InlineData("responses", 400, "type", "invalid_request_error")]
    [InlineData("responses", 401, "code", "invalid_api_key")]
    [InlineData("responses", 404, "code", "model_not_found")]
    [InlineData("responses", 429, "code", "rate_limit_exceeded")]
    [InlineData("responses", 500, "type", "server_error")]
    [InlineData("azure", 401, "code", "401")]
    [InlineData("azure", 403, "code", "403")]
    [InlineData("azure", 404, "code", "DeploymentNotFound")]
    [InlineData("azure", 429, "code", "429")]
    [InlineData("azure-v1", 500, "code", "InternalServerError")]
    [InlineData("bedrock", 400, "", "ValidationException")]
    [InlineData("bedrock", 403, "", "AccessDeniedException")]
    [InlineData("bedrock", 404, "", "ResourceNotFoundException")]
    [InlineData("bedrock", 424, "", "ModelErrorException")]
    [InlineData("bedrock", 429, "", "ThrottlingException")]
    [InlineData("bedrock", 500, "", "InternalServerException")]
    [InlineData("bedrock", 503, "", "ServiceUnavailableException")]
    public async Task Status_IsAnsweredInTheProvidersShape(string name, int status, string member, string expected)
    {
        var protocol = new ProtocolUnderTest(name);
        await using var simulator = await TestSimulator.StartAsync();

        using var response = await protocol.SendAsync(simulator, $"[sim status={status} retry_after=2 retry_after_ms=1500]", stream: true);

        var error = JsonElement.Parse(await response.Content.ReadAsStringAsync());
        Assert.Equal((status, "application/json"), ((int)response.StatusCode, response.Content.Headers.ContentType!.MediaType));
        Assert.Equal(expected, member.Length == 0 ? response.Headers.GetValues("x-amzn-errortype").Single() : error.GetProperty("error").GetProperty(member).GetString());
        Assert.NotEqual("", protocol.Message(error));
        Assert.Equal(("2", "1500"), (response.Headers.RetryAfter!.ToString(), response.Headers.GetValues("retry-after-ms").Single()));
        var report = await simulator.SettledAsync(1);
        Assert.Equal((1, 0, 0), (report.Errors, report.PromptTokens, report.TokensGenerated));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task UnknownModel_Is404OrTheProvidersOwn(string name)
    {
        var protocol = new ProtocolUnderTest(name);
        await using var simulator = await TestSimulator.StartAsync(null, ("SIMULATOR_MODELS", "a"));

        using var known = await protocol.SendAsync(simulator, "x", model: "a+tokens=1");
        using var unknown = await protocol.SendAsync(simulator, "x", model: "b");

        Assert.Equal((200, protocol.Binary ? 400 : 404), ((int)known.StatusCode, (int)unknown.StatusCode));
        Assert.NotEqual("", protocol.Message(JsonElement.Parse(await unknown.Content.ReadAsStringAsync())));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Recording_IsPlayedByteForByte(string name)
    {
        var protocol = new ProtocolUnderTest(name);
        var root = Directory.CreateTempSubdirectory("recordings");
        var folder = root.CreateSubdirectory("one").FullName;
        byte[] body = [0, 255, .. "event: x\r\n\n🙂"u8];
        File.WriteAllText(System.IO.Path.Combine(folder, "meta.json"), """{"status":200,"response_file":"response.sse","response_headers":{"content-type":"text/plain"}}""");
        File.WriteAllBytes(System.IO.Path.Combine(folder, "response.sse"), body);
        await using var simulator = await TestSimulator.StartAsync(null, ("SIMULATOR_RECORDINGS", root.FullName));

        var colon = await protocol.BytesAsync(simulator, "", stream: true, "recording:one+chunk=2");

        // In the path of a deployment a name cannot have a slash.
        var slash = name == "azure" ? body : await protocol.BytesAsync(simulator, "", model: "recording/one");
        using var missing = await protocol.SendAsync(simulator, "x", model: "recording:two");

        Assert.Equal(body, colon);
        Assert.Equal(body, slash);
        Assert.Equal(protocol.Binary ? 400 : 404, (int)missing.StatusCode);
        root.Delete(recursive: true);
    }

    private static bool IsJson(string text)
    {
        try
        {
            JsonElement.Parse(text);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
