using System.Text.Json;

namespace Gateway.Edge.Models;

internal static class JsonAnswer
{
    /// <summary>Answers 200 with one JSON document.</summary>
    public static async Task WriteAsync<T>(HttpContext context, T state, Action<Utf8JsonWriter, T> write)
    {
        context.Response.ContentType = "application/json";
        using (var json = new Utf8JsonWriter(context.Response.BodyWriter))
        {
            write(json, state);
        }

        await context.Response.BodyWriter.FlushAsync(context.RequestAborted);
    }
}
