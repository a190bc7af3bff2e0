using System.Text;
using Gateway.Core.Capture;
using Gateway.Core.Configuration;
using Gateway.Usage.Content;

namespace Gateway.Usage.Tests.Content;

/// <summary>Contents as Routers send them.</summary>
internal static class Contents
{
    public static ContentEntry Entry(Guid id, DateTimeOffset time, string text = "a text", CaptureLevel level = CaptureLevel.Full)
    {
        var payload = Encoding.UTF8.GetBytes($$"""{"id":"{{id}}","text":"{{text}}"}""");
        var header = new byte[ContentFrame.HeaderBytes];
        ContentFrame.WriteHeader(header, id, time.ToUnixTimeMilliseconds(), level, payload);
        Assert.True(ContentFrame.TryReadHeader(header, out var head));
        return new ContentEntry(head, payload);
    }

    public static byte[] Frames(params ContentEntry[] entries)
    {
        using var frames = new MemoryStream();
        var header = new byte[ContentFrame.HeaderBytes];
        foreach (var entry in entries)
        {
            ContentFrame.WriteHeader(header, entry.Head.RequestId, entry.Head.TimeUnixMs, entry.Head.Level, entry.Payload.Span);
            frames.Write(header);
            frames.Write(entry.Payload.Span);
        }

        return frames.ToArray();
    }

    public static string TextOf(ContentEntry? entry) => entry is { } found ? Encoding.UTF8.GetString(found.Payload.Span) : "";
}
