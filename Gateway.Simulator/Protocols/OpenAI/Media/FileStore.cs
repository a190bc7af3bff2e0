using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace Gateway.Simulator.Protocols.OpenAI.Media;

/// <summary><c>/v1/files</c>, kept in memory for as long as the process runs; oldest go when there are too many. Not metered: the provider does not charge for them.</summary>
internal sealed class FileStore(ProviderDoor door, OpenAIProvider provider, TimeProvider time)
{
    private const int MaxFiles = 1000;

    private readonly ConcurrentDictionary<string, StoredFile> _files = new(StringComparer.Ordinal);
    private int _last;

    private sealed record StoredFile(int Number, string Name, string Purpose, long Created, byte[] Content)
    {
        public string Id => $"file-{Number:D8}";

        public void Write(Utf8JsonWriter json)
        {
            json.WriteStartObject();
            json.WriteString("id"u8, Id);
            json.WriteString("object"u8, "file"u8);
            json.WriteNumber("bytes"u8, Content.Length);
            json.WriteNumber("created_at"u8, Created);
            json.WriteString("filename"u8, Name);
            json.WriteString("purpose"u8, Purpose);
            json.WriteString("status"u8, "processed"u8);
            json.WriteEndObject();
        }
    }

    public Task UploadAsync(HttpContext context) => door.GuardAsync(context, provider, async () =>
    {
        var file = await ReadAsync(context);
        _files[file.Id] = file;
        _files.TryRemove($"file-{file.Number - MaxFiles:D8}", out _);
        await WriteAsync(context, file.Write);
    });

    public Task ListAsync(HttpContext context) => door.GuardAsync(context, provider, () =>
    {
        var purpose = context.Request.Query["purpose"].ToString();
        var files = _files.Values.Where(file => purpose.Length == 0 || file.Purpose == purpose).OrderByDescending(static file => file.Number).ToArray();
        return WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteString("object"u8, "list"u8);
            json.WriteStartArray("data"u8);
            foreach (var file in files)
            {
                file.Write(json);
            }

            json.WriteEndArray();
            json.WriteBoolean("has_more"u8, false);
            json.WriteEndObject();
        });
    });

    public Task GetAsync(HttpContext context) => door.GuardAsync(context, provider, () => WriteAsync(context, Find(context).Write));

    public Task ContentAsync(HttpContext context) => door.GuardAsync(context, provider, () =>
    {
        var file = Find(context);
        context.Response.ContentType = "application/octet-stream";
        context.Response.ContentLength = file.Content.Length;
        return context.Response.Body.WriteAsync(file.Content).AsTask();
    });

    public Task DeleteAsync(HttpContext context) => door.GuardAsync(context, provider, () =>
    {
        var file = Find(context);
        _files.TryRemove(file.Id, out _);
        return WriteAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteString("id"u8, file.Id);
            json.WriteString("object"u8, "file"u8);
            json.WriteBoolean("deleted"u8, true);
            json.WriteEndObject();
        });
    });

    private StoredFile Find(HttpContext context)
    {
        var id = (string)context.Request.RouteValues["id"]!;
        return _files.TryGetValue(id, out var file) ? file : throw OpenAIError.NotFound($"No such File object: {id}", "id");
    }

    private async Task<StoredFile> ReadAsync(HttpContext context)
    {
        if (!MediaTypeHeaderValue.TryParse(context.Request.ContentType, out var type) || HeaderUtilities.RemoveQuotes(type.Boundary) is not { Length: > 0 } boundary)
        {
            throw OpenAIError.Bad("Invalid body: expected a multipart/form-data body.", null, null);
        }

        string? purpose = null, name = null;
        byte[]? content = null;
        var reader = new MultipartReader(boundary.ToString(), context.Request.Body);
        while (await reader.ReadNextSectionAsync(context.RequestAborted) is { } section)
        {
            var disposition = section.GetContentDispositionHeader();
            using var bytes = new MemoryStream();
            await section.Body.CopyToAsync(bytes, context.RequestAborted);
            switch (HeaderUtilities.RemoveQuotes(disposition?.Name ?? "").ToString())
            {
                case "purpose":
                    purpose = System.Text.Encoding.UTF8.GetString(bytes.ToArray());
                    break;
                case "file":
                    name = HeaderUtilities.RemoveQuotes(disposition!.FileName).ToString();
                    content = bytes.ToArray();
                    break;
                default:
                    break;
            }
        }

        return new StoredFile(
            Interlocked.Increment(ref _last), name ?? throw OpenAIError.Missing("file"), purpose ?? throw OpenAIError.Missing("purpose"), time.GetUtcNow().ToUnixTimeSeconds(), content!);
    }

    private static Task WriteAsync(HttpContext context, Action<Utf8JsonWriter> write)
    {
        var body = Json.Write(write);
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = body.Length;
        return context.Response.Body.WriteAsync(body).AsTask();
    }
}
