using System.Text;
using System.Text.Json;
using Gateway.ServiceDefaults.Tests;

namespace Gateway.Simulator.Tests.Protocols.Bedrock;

/// <summary>Signatures made by another program, from the description of the algorithm, with the documentation's example secret.</summary>
public sealed class SigV4Tests
{
    private const string Keys = "AKIDEXAMPLE:wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY,plain-token";
    private const string Body = """{"messages":[{"role":"user","content":[{"text":"hi"}]}]}""";
    private const string Encoded = "6155ef3cee7fd617c88b5da2792cb0bbdf3d14637b682a1c23cb2a9092937a4c";
    private const string Colon = "e04c8baf884373c7e404e2c28c20be5f808d5bfa54cae3fe61bc5ab38ca1c526";
    private const string Query = "8ad6adfab459e0b304ce6ce60126f5b3410e9b36bf04325b23710d25fd800e89";
    private const string Old = "4fc85494be89bc2ee630b0eaf905ef61d2cb1c989b174e35c2cd162d17187e1e";

    [Theory]
    [InlineData("/model/a.b-v1%3A0/converse", Encoded, 200, null)]
    [InlineData("/model/a.b-v1:0/converse", Colon, 200, null)]
    [InlineData("/model/m/converse?b=x%20y&a=1", Query, 200, null)]
    [InlineData("/model/a.b-v1:0/converse", Encoded, 403, "InvalidSignatureException")]
    [InlineData("/model/m/converse", Encoded, 403, "InvalidSignatureException")]
    [InlineData("/model/m/converse", "", 403, "InvalidSignatureException")]
    public async Task Signature_IsCheckedAgainstTheSecret(string path, string signature, int status, string? type)
    {
        await using var simulator = await TestSimulator.StartAsync(new ManualTime(), ("SIMULATOR_KEYS", Keys));

        Assert.Equal((status, type), await SendAsync(simulator, path, Authorization(signature)));
    }

    [Fact]
    public async Task Body_ThatWasChanged_IsRefused()
    {
        await using var simulator = await TestSimulator.StartAsync(new ManualTime(), ("SIMULATOR_KEYS", Keys));

        Assert.Equal((403, "InvalidSignatureException"), await SendAsync(
            simulator, "/model/a.b-v1%3A0/converse", Authorization(Encoded), Body.Replace("hi", "ho", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("AKIDOTHER", "us-east-1/bedrock", "content-type;host;x-amz-date", "19700101T010000Z", "UnrecognizedClientException")]
    [InlineData("AKIDEXAMPLE", "us-east-1/s3", "content-type;host;x-amz-date", "19700101T010000Z", "InvalidSignatureException")]
    [InlineData("AKIDEXAMPLE", "us-east-1/bedrock", "content-type;x-amz-date", "19700101T010000Z", "IncompleteSignatureException")]
    [InlineData("AKIDEXAMPLE", "us-east-1/bedrock", "content-type;host;x-amz-date", "yesterday", "IncompleteSignatureException")]
    public async Task Head_ThatIsNotWhole_IsRefused(string key, string scope, string names, string date, string type)
    {
        await using var simulator = await TestSimulator.StartAsync(new ManualTime(), ("SIMULATOR_KEYS", Keys));

        Assert.Equal((403, type), await SendAsync(simulator, "/model/a.b-v1%3A0/converse", Authorization(Encoded, key, scope, names), date: date));
    }

    [Fact]
    public async Task Signature_OfLongAgo_IsRefusedThoughItFits()
    {
        await using var simulator = await TestSimulator.StartAsync(new ManualTime(), ("SIMULATOR_KEYS", Keys));

        Assert.Equal((403, "InvalidSignatureException"), await SendAsync(simulator, "/model/m/converse", Authorization(Old), date: "19700101T000000Z"));
    }

    [Theory]
    [InlineData("Bearer plain-token", 200, null)]
    [InlineData("Bearer other", 403, "AccessDeniedException")]
    [InlineData("", 403, "MissingAuthenticationTokenException")]
    public async Task Token_IsABearer(string authorization, int status, string? type)
    {
        await using var simulator = await TestSimulator.StartAsync(new ManualTime(), ("SIMULATOR_KEYS", Keys));

        Assert.Equal((status, type), await SendAsync(simulator, "/model/m/converse", authorization));
    }

    [Fact]
    public async Task Meter_KnowsASignedRequestByItsAccessKey()
    {
        await using var simulator = await TestSimulator.StartAsync(new ManualTime());

        Assert.Equal((200, null), await SendAsync(simulator, "/model/m/converse", Authorization("0")));

        // echo -n AKIDEXAMPLE | sha256sum
        Assert.Equal("7a898e50dbd5", (await simulator.SettledAsync(1)).Credentials.Single().Fingerprint);
    }

    private static string Authorization(string signature, string key = "AKIDEXAMPLE", string scope = "us-east-1/bedrock", string names = "content-type;host;x-amz-date") =>
        $"AWS4-HMAC-SHA256 Credential={key}/19700101/{scope}/aws4_request, SignedHeaders={names}, Signature={signature}";

    private static async Task<(int Status, string? Type)> SendAsync(TestSimulator simulator, string path, string authorization, string body = Body, string date = "19700101T010000Z")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body)) };
        request.Content.Headers.TryAddWithoutValidation("content-type", "application/json");
        request.Headers.Host = "bedrock.test";
        request.Headers.TryAddWithoutValidation("x-amz-date", date);
        simulator.Http.DefaultRequestHeaders.Clear();
        if (authorization.Length > 0)
        {
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        }

        using var response = await simulator.Http.SendAsync(request);
        var answer = JsonElement.Parse(await response.Content.ReadAsStringAsync());
        Assert.Equal(response.IsSuccessStatusCode, !answer.TryGetProperty("message", out _));
        return ((int)response.StatusCode, response.Headers.TryGetValues("x-amzn-errortype", out var types) ? types.Single() : null);
    }
}
