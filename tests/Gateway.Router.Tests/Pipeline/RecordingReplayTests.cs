using System.Net;
using System.Text;
using System.Text.Json;
using Gateway.Core.Journal;
using Gateway.Router.Tests.Hosting;

namespace Gateway.Router.Tests.Pipeline;

/// <summary>Recorded traffic through the whole Router, while the upstream writes it in random pieces.</summary>
public sealed class RecordingReplayTests
{
    public static TheoryData<string> Chat => Recordings.Ids("openai-chat");

    [Theory]
    [MemberData(nameof(Chat))]
    public async Task ChatCompletion_UpstreamWritesRandomPieces_ClientGetsTheVeryBytes(string id)
    {
        var recording = Recordings.Load(id);
        var random = new Random(id.Length * 7919);
        await using var upstream = await UpstreamServer.StartAsync(async context =>
        {
            context.Response.StatusCode = recording.Status;
            context.Response.ContentType = recording.ContentType;
            for (var at = 0; at < recording.Response.Length;)
            {
                var length = Math.Min(random.Next(1, 200), recording.Response.Length - at);
                await context.Response.Body.WriteAsync(recording.Response.AsMemory(at, length));
                await context.Response.Body.FlushAsync();
                at += length;
            }
        });
        await using var router = await RouterHost.StartAsync(upstream);

        using var response = await router.SendAsync(RequestFor(recording));
        var received = await response.Content.ReadAsByteArrayAsync();

        if (recording.Status is 401 or 403)
        {
            Assert.Equal(HttpStatusCode.BadGateway, response.StatusCode);
            Assert.Contains("\"upstream_auth\"", Encoding.UTF8.GetString(received), StringComparison.Ordinal);
            Assert.Equal(recording.Status.ToString(System.Globalization.CultureInfo.InvariantCulture), Assert.Single(response.Headers.GetValues("x-gateway-upstream-status")));
        }
        else
        {
            Assert.Equal(recording.Status, (int)response.StatusCode);
            Assert.Equal(Encoding.UTF8.GetString(recording.Response), Encoding.UTF8.GetString(received));
            Assert.Equal(recording.Response, received);
        }

        var final = Assert.Single(router.Journal.Finals);
        Assert.Equal(recording.Status == 200 && !id.Contains("error-in-200", StringComparison.Ordinal) ? RequestEnding.Completed : RequestEnding.UpstreamError, final.Ending);
        Assert.Equal((int)response.StatusCode, final.Status);
    }

    /// <summary>What was recorded, asking for this gateway's model, and for usage: then no chunk is held back.</summary>
    private static string RequestFor(Recording recording)
    {
        var members = new Dictionary<string, object?>();
        foreach (var member in recording.RequestBody?.EnumerateObject() ?? default)
        {
            members[member.Name] = member.Value;
        }

        members["model"] = "gpt-test";
        members.TryAdd("messages", new[] { new { role = "user", content = "hi" } });
        members["stream"] = recording.Streaming;
        members.Remove("stream_options");
        if (recording.Streaming)
        {
            members["stream_options"] = new { include_usage = true };
        }

        return JsonSerializer.Serialize(members);
    }
}
