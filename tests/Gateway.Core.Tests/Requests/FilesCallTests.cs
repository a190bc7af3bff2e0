using Gateway.Core.Requests;

namespace Gateway.Core.Tests.Requests;

public sealed class FilesCallTests
{
    [Theory]
    [InlineData("GET", "", "GET /v1/files")]
    [InlineData("POST", "", "POST /v1/files")]
    [InlineData("GET", "?limit=2&purpose=user_data", "GET /v1/files?limit=2&purpose=user_data")]
    [InlineData("GET", "/file-1_A", "GET /v1/files/file-1_A")]
    [InlineData("DELETE", "/file-1", "DELETE /v1/files/file-1")]
    [InlineData("GET", "/content", "GET /v1/files/content")]
    [InlineData("GET", "/file-1/content", "GET /v1/files/file-1/content")]
    public void Call_OfAnEndpoint_IsReadBackFromItsClaim(string method, string below, string claim)
    {
        Assert.True(FilesCall.TryParse(method, below, out var call));
        Assert.Equal(claim, call.ToClaim());
        Assert.True(FilesCall.TryParseClaim(claim, out var read));
        Assert.Equal(call, read);
    }

    [Theory]
    [InlineData("PUT", "")]
    [InlineData("DELETE", "")]
    [InlineData("POST", "/file-1")]
    [InlineData("DELETE", "/file-1/content")]
    [InlineData("POST", "?limit=2")]
    [InlineData("GET", "/")]
    [InlineData("GET", "//content")]
    [InlineData("POST", "/content")]
    [InlineData("GET", "/..")]
    [InlineData("GET", "/a/b")]
    [InlineData("GET", "/a%2Fb")]
    [InlineData("GET", "/a?limit=2")]
    [InlineData("GET", "?")]
    [InlineData("GET", "?limit")]
    [InlineData("GET", "?limit=")]
    [InlineData("GET", "?limit=2&")]
    [InlineData("GET", "?other=2")]
    [InlineData("GET", "?after=a%20b")]
    [InlineData("GET", "#x")]
    public void Call_OfNone_IsRefused(string method, string below)
    {
        Assert.False(FilesCall.TryParse(method, below, out _));
        Assert.False(FilesCall.TryParseClaim($"{method} /v1/files{below}", out _));
    }
}
