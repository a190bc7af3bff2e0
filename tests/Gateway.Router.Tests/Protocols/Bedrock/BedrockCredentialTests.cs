using Amazon.Runtime;
using Amazon.Runtime.Endpoints;
using Amazon.Runtime.Internal;
using Amazon.Runtime.Internal.Auth;
using Gateway.Core.Requests;
using Gateway.Router.Protocols;
using Gateway.Router.Protocols.Bedrock;

namespace Gateway.Router.Tests.Protocols.Bedrock;

public sealed class BedrockCredentialTests
{
    private static readonly byte[] Body = """{"messages":[{"role":"user","content":[{"text":"é"}]}]}"""u8.ToArray();
    private static readonly DateTimeOffset Now = new(2026, 11, 21, 10, 20, 30, TimeSpan.Zero);

    [Theory]
    [InlineData("https://bedrock-runtime.eu-west-1.amazonaws.com", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", "AKIDEXAMPLE:wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "eu-west-1")]
    [InlineData("https://bedrock-runtime.us-west-2.amazonaws.com", "amazon.nova-lite-v1:0", "AKIDEXAMPLE:secret:session/token+with==", "us-west-2")]
    [InlineData("https://bedrock-runtime.us-east-1.amazonaws.com", "arn:aws:bedrock:us-east-1:123:inference-profile/us.x:0", "AKIDEXAMPLE:secret", "us-east-1")]
    [InlineData("http://127.0.0.1:8123", "amazon.nova-lite-v1:0", "AKIDEXAMPLE:secret", "us-east-1")]
    public async Task Signature_IsTheOneThatTheSdkMakes(string origin, string model, string key, string region)
    {
        var upstream = new BedrockUpstream(new FixedTime(Now));
        var path = upstream.PathFor(LlmOperation.Converse, stream: true, Uri.EscapeDataString(model), UpstreamTraits.Default);
        using var request = new HttpRequestMessage(HttpMethod.Post, origin + path);
        await upstream.AuthorizeAsync(request, upstream.CredentialFor(key), Body, CancellationToken.None);

        var parts = key.Split(':', 3);
        var theirs = new DefaultRequest(new AnyRequest(), "bedrock")
        {
            HttpMethod = "POST",
            Endpoint = new Uri(origin),
            ResourcePath = "/model/{modelId}/converse-stream",
            Content = Body,
            OverrideSigningServiceName = "bedrock",
            UseDoubleEncoding = true,
        };
        theirs.PathResources.Add("{modelId}", model);
        if (parts.Length > 2)
        {
            theirs.Headers["x-amz-security-token"] = parts[2];
        }

        var result = new AWS4Signer().SignRequest(theirs, new AnyConfig(region), null, parts[0], parts[1], Now.UtcDateTime);
        Assert.Equal(result.ForAuthorizationHeader, Header(request, "Authorization"));
        Assert.Equal("20261121T102030Z", Header(request, "x-amz-date"));
        Assert.Equal(theirs.Headers["X-Amz-Content-SHA256"], Header(request, "x-amz-content-sha256"));
        Assert.Equal(parts.Length > 2 ? parts[2] : null, Header(request, "x-amz-security-token"));
        Assert.Contains($"Credential=AKIDEXAMPLE/20261121/{region}/bedrock/aws4_request", Header(request, "Authorization"), StringComparison.Ordinal);
        Assert.DoesNotContain(parts[1], request.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Signature_OtherBody_IsAnother()
    {
        var upstream = new BedrockUpstream(new FixedTime(Now));
        using var one = new HttpRequestMessage(HttpMethod.Post, "https://bedrock-runtime.us-east-1.amazonaws.com/model/m/converse");
        using var other = new HttpRequestMessage(HttpMethod.Post, one.RequestUri);
        await upstream.AuthorizeAsync(one, "AKID:secret", Body, CancellationToken.None);
        await upstream.AuthorizeAsync(other, "AKID:secret", Body.AsMemory(1), CancellationToken.None);
        Assert.NotEqual(Header(one, "Authorization"), Header(other, "Authorization"));
        Assert.True(upstream.SignsBody);
    }

    [Fact]
    public async Task ApiKey_IsABearer()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "https://bedrock-runtime.us-east-1.amazonaws.com/model/m/converse");
        await BedrockCases.Upstream.AuthorizeAsync(request, BedrockCases.Upstream.CredentialFor("ABSKabc+/="), Body, CancellationToken.None);
        Assert.Equal("Bearer ABSKabc+/=", Header(request, "Authorization"));
        Assert.Null(Header(request, "x-amz-date"));
    }

    [Theory]
    [InlineData("bedrock-runtime.eu-central-1.amazonaws.com", "eu-central-1")]
    [InlineData("bedrock-runtime-fips.us-gov-west-1.amazonaws.com", "us-gov-west-1")]
    [InlineData("vpce-0a1b-x.bedrock-runtime.ap-south-1.vpce.amazonaws.com", "ap-south-1")]
    [InlineData("bedrock-runtime.cn-north-1.amazonaws.com.cn", "cn-north-1")]
    [InlineData("127.0.0.1", "us-east-1")]
    [InlineData("proxy.example.com", "us-east-1")]
    public void Region_IsTheOneInTheHost(string host, string region) => Assert.Equal(region, BedrockCredential.RegionOf(host));

    private static string? Header(HttpRequestMessage request, string name) => request.Headers.TryGetValues(name, out var values) ? string.Join(',', values) : null;

    private sealed class FixedTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }

    private sealed class AnyRequest : AmazonWebServiceRequest;

    private sealed class AnyConfig : ClientConfig
    {
        public AnyConfig(string region) : base(new DefaultConfigurationProvider([new DefaultConfiguration { Name = DefaultConfigurationMode.Standard }]))
        {
            AuthenticationRegion = region;
            AuthenticationServiceName = "bedrock";
        }

        public override string RegionEndpointServiceName => "bedrock";

        public override string ServiceVersion => "2023-09-30";

        public override string UserAgent => "test";

        public override Endpoint DetermineServiceOperationEndpoint(ServiceOperationEndpointParameters parameters) => throw new NotSupportedException();
    }
}
