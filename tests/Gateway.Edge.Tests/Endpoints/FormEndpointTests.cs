using System.Net.Http.Headers;
using System.Text;
using Gateway.Core.Context;
using Gateway.Edge.Tests.Rig;

namespace Gateway.Edge.Tests.Endpoints;

/// <summary>Images, audio and reranking at the Edge: what is authorised, and that a form goes on as it came.</summary>
public sealed class FormEndpointTests(EdgeFixture rig) : IClassFixture<EdgeFixture>
{
    private const string FormType = "multipart/form-data; boundary=b1";

    [Theory]
    [InlineData("/v1/images/generations", """{"model":"gpt-4o","prompt":"a cat"}""")]
    [InlineData("/v1/audio/speech", """{"model":"gpt-4o","input":"hello","voice":"alloy"}""")]
    [InlineData("/v1/rerank", """{"model":"gpt-4o","query":"cats","documents":["a"]}""")]
    public async Task JsonCall_GoesToTheRouter(string path, string body)
    {
        using var client = rig.Edge.Client();
        using var content = EdgeServer.Json(body);

        using var response = await client.PostAsync(path, content);
        Assert.True(200 == (int)response.StatusCode, await response.Content.ReadAsStringAsync());
        var seen = await rig.Router.NextAsync();

        Assert.Equal((path, "application/json", body), (seen.Target, seen.Headers["content-type"], Encoding.UTF8.GetString(seen.Body)));
        Assert.Equal("gpt-4o", EdgeServer.Tokens().Verify(seen.Headers["x-gateway-context"], ContextAudience.Router, path)?.RequestedModel);
    }

    [Theory]
    [InlineData("/v1/audio/transcriptions")]
    [InlineData("/v1/audio/translations")]
    [InlineData("/v1/images/edits")]
    [InlineData("/v1/images/variations")]
    public async Task Form_GoesOnByteForByte_WithItsBoundaryWrittenAnew(string path)
    {
        using var client = rig.Edge.Client();

        using var response = await client.PostAsync(path, Form("gpt-4o", type: "Multipart/Form-Data; charset=utf-8; boundary=\"b1\""));
        Assert.True(200 == (int)response.StatusCode, await response.Content.ReadAsStringAsync());
        var seen = await rig.Router.NextAsync();

        Assert.Equal((path, FormType), (seen.Target, seen.Headers["content-type"]));
        Assert.Equal(Bytes("gpt-4o"), seen.Body);
        Assert.Equal("gpt-4o", EdgeServer.Tokens().Verify(seen.Headers["x-gateway-context"], ContextAudience.Router, path)?.RequestedModel);
    }

    [Fact]
    public async Task Form_ForAModelThatTheKeyMayNotUse_IsForbidden()
    {
        using var client = rig.Edge.Client("gw-narrow-key");

        using var response = await client.PostAsync("/v1/audio/transcriptions", Form("gpt-4o"));

        await EdgeServer.AssertErrorAsync(response, 403, "model_forbidden", "model");
    }

    [Theory]
    [InlineData("""{"model":"gpt-4o"}""", "application/json", 415, null)]
    [InlineData("", "multipart/form-data", 415, null)]
    [InlineData("", FormType, 400, null)]
    [InlineData("--b1\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\n1\r\n--b1--", FormType, 400, "model")]
    [InlineData("--b1\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\na\r\n--b1\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nb\r\n--b1--", FormType, 400, "model")]
    public async Task Form_ThatIsNone_IsRefused(string body, string type, int status, string? param)
    {
        using var client = rig.Edge.Client();
        using var content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        content.Headers.TryAddWithoutValidation("Content-Type", type);

        using var response = await client.PostAsync("/v1/audio/transcriptions", content);

        await EdgeServer.AssertErrorAsync(response, status, status == 415 ? "unsupported_media_type" : "invalid_request", param);
    }

    [Fact]
    public async Task Form_LargerThanTheLimit_IsRefused()
    {
        using var client = rig.Edge.Client();

        using var response = await client.PostAsync("/v1/audio/transcriptions", Form("gpt-4o", fileBytes: 1024 * 1024));

        Assert.Equal(413, (int)response.StatusCode);
    }

    private static byte[] Bytes(string model, int fileBytes = 10) => Encoding.Latin1.GetBytes(
        $"--b1\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.wav\"\r\n\r\n{new string('\u00FF', fileBytes)}\r\n"
        + $"--b1\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\n{model}\r\n--b1--\r\n");

    private static ByteArrayContent Form(string model, string type = FormType, int fileBytes = 10)
    {
        var content = new ByteArrayContent(Bytes(model, fileBytes));
        content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
        return content;
    }
}
