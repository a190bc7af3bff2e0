using System.Buffers;
using System.Text;
using System.Text.Json;
using Gateway.Core;
using Gateway.Core.Configuration;
using Gateway.Core.Errors;
using Gateway.Edge.Endpoints;

namespace Gateway.Edge.Admin.ConfigVersions;

/// <summary>What the endpoints of the document have in common.</summary>
internal static class ConfigHttp
{
    /// <summary>Header of a change: what the operator says about it, as text or escaped as in a URL.</summary>
    public const string CommentHeader = GatewayHeaders.Prefix + "comment";

    public const string Yaml = "application/yaml";

    private const int MaxComment = 500;
    private const int MaxHashes = 8;

    // Four bytes make one character at most that counts.
    private const long MaxBytes = 4L * GatewayConfigLoader.MaxCharacters;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static readonly JsonWriterOptions Readable = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The document in the body.</summary>
    /// <exception cref="GatewayException">It is no text, or too long.</exception>
    public static async Task<string> ReadDocumentAsync(HttpContext context)
    {
        var body = await PooledBody.ReadAsync(context.Request, MaxBytes, context.RequestAborted);
        try
        {
            var text = Strict.GetString(body.Memory.Span);
            return text.StartsWith('\uFEFF') ? text[1..] : text;
        }
        catch (DecoderFallbackException)
        {
            throw Wrong(null, "The body is not UTF-8 text. Send the document as YAML.");
        }
        finally
        {
            body.Return();
        }
    }

    /// <summary>What a change says that it replaces: hashes, <c>*</c> alone, or null.</summary>
    public static IReadOnlyList<string>? ReadIfMatch(HttpRequest request)
    {
        var header = string.Join(',', request.Headers.IfMatch.ToArray());
        return header.Length == 0 ? null : header.Split(',', MaxHashes, StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) is { Length: > 0 } tags
            ? [.. tags.Select(static tag => (tag.StartsWith("W/", StringComparison.Ordinal) ? tag[2..] : tag).Trim('"'))]
            : null;
    }

    /// <exception cref="GatewayException">It is too long, or more than one line.</exception>
    public static string? ReadComment(HttpRequest request)
    {
        var comment = Uri.UnescapeDataString(request.Headers[CommentHeader].ToString()).Trim();
        return comment.Length > MaxComment || comment.Any(char.IsControl)
            ? throw Wrong(CommentHeader, $"The header {CommentHeader} must be one line of at most {MaxComment} characters. Signs beyond ASCII may be escaped as in a URL.")
            : comment.Length == 0 ? null : comment;
    }

    /// <summary>Who calls, as far as the gateway knows people.</summary>
    public static string AuthorOf(HttpRequest request) => request.Headers.Authorization.Count > 0 ? "admin_key" : "console";

    /// <exception cref="GatewayException">There are parameters.</exception>
    public static void RefuseQuery(HttpRequest request, string instead)
    {
        if (request.Query.Count > 0)
        {
            throw Wrong(request.Query.First().Key, $"This endpoint has no parameters. {instead}");
        }
    }

    public static void WriteErrors(Utf8JsonWriter json, IReadOnlyList<ConfigError> errors)
    {
        json.WriteStartArray("errors"u8);
        foreach (var error in errors)
        {
            json.WriteStartObject();
            json.WriteNumber("line"u8, error.Line);
            json.WriteNumber("column"u8, error.Column);
            json.WriteString("path"u8, error.Path);
            json.WriteString("message"u8, error.Message);
            json.WriteString("nearest"u8, error.Nearest);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    public static async Task AnswerAsync(HttpContext context, Action<Utf8JsonWriter> write, int status = StatusCodes.Status200OK)
    {
        var output = new ArrayBufferWriter<byte>();
        await using (var json = new Utf8JsonWriter(output, Readable))
        {
            write(json);
        }

        await AnswerAsync(context, "application/json", output.WrittenMemory, status);
    }

    public static Task AnswerAsync(HttpContext context, string type, string text) => AnswerAsync(context, type + "; charset=utf-8", Encoding.UTF8.GetBytes(text), StatusCodes.Status200OK);

    public static GatewayException Wrong(string? parameter, string message) => new(GatewayErrorKind.InvalidRequest, message, parameter is { Length: > 64 } ? parameter[..64] : parameter);

    private static async Task AnswerAsync(HttpContext context, string type, ReadOnlyMemory<byte> body, int status)
    {
        context.Response.StatusCode = status;
        context.Response.Headers.CacheControl = "no-store";
        context.Response.ContentType = type;
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted);
    }
}
