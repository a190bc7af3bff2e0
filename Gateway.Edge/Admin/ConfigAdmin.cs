using System.Buffers;
using System.Text;
using System.Text.Json;
using Gateway.Core.Configuration;
using Gateway.Core.Errors;
using Gateway.Edge.Endpoints;

namespace Gateway.Edge.Admin;

/// <summary>
/// Shows operators the document in force, each value with where it comes from, and tells of another one whether it could be taken. Changes nothing. Secrets are masked, and nothing out of the environment is shown.
/// </summary>
internal sealed class ConfigAdmin(AdminKeyCheck check, IConfigStore configs, EdgeErrors errors)
{
    public const string Path = "/admin/v1/config";
    public const string ValidatePath = Path + "/validate";

    // Four bytes make one character at most that counts.
    private const long MaxBytes = 4L * GatewayConfigLoader.MaxCharacters;

    private const string Origin = "document";

    private static readonly string[] Flags = ["true", "false"];

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static readonly JsonWriterOptions Readable = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public async Task ShowAsync(HttpContext context)
    {
        if (check.Refuse(context) is { } refusal)
        {
            await errors.WriteAsync(context, refusal);
            return;
        }

        var withDefaults = ReadDefaults(context.Request.Query);
        var current = configs.Current;
        await AnswerAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteNumber("generation"u8, current.Generation);
            json.WriteString("fingerprint"u8, current.Fingerprint);
            json.WriteString("origin"u8, current.Origin);
            json.WriteString("problem"u8, configs.Problem);
            json.WriteStartArray("settings"u8);
            foreach (var setting in current.Listing?.Read(withDefaults) ?? [])
            {
                Write(json, setting);
            }

            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    /// <summary>Reads a document as the services do, with this process's environment.</summary>
    public async Task ValidateAsync(HttpContext context)
    {
        if (check.Refuse(context) is { } refusal)
        {
            await errors.WriteAsync(context, refusal);
            return;
        }

        if (context.Request.Query.Count > 0)
        {
            throw Wrong(context.Request.Query.First().Key, "This endpoint has no parameters. Send the document as the body.");
        }

        var result = GatewayConfigLoader.Load(await ReadTextAsync(context), Environment.GetEnvironmentVariable, Origin);
        await AnswerAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteBoolean("valid"u8, result.Config is not null);
            json.WriteStartArray("errors"u8);
            foreach (var error in result.Errors)
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
            json.WriteEndObject();
        });
    }

    private static bool ReadDefaults(IQueryCollection query)
    {
        const string Name = "defaults";
        foreach (var (name, values) in query)
        {
            if (name != Name || values is not [{ } value] || !Flags.Contains(value, StringComparer.Ordinal))
            {
                throw Wrong(name, "The one parameter here is 'defaults': 'true' (also lists what the document leaves out) or 'false'.");
            }

            return value == Flags[0];
        }

        return true;
    }

    private static async Task<string> ReadTextAsync(HttpContext context)
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

    private static void Write(Utf8JsonWriter json, ListedSetting setting)
    {
        json.WriteStartObject();
        json.WriteString("path"u8, setting.Path);
        json.WriteString("value"u8, setting.Value);
        json.WriteString("source"u8, setting.Source switch
        {
            ConfigValueSource.Document => "document"u8,
            ConfigValueSource.Environment => "environment"u8,
            ConfigValueSource.Default => "default"u8,
        });
        if (setting.Line is { } line)
        {
            json.WriteNumber("line"u8, line);
        }
        else
        {
            json.WriteNull("line"u8);
        }

        json.WriteStartArray("variables"u8);
        foreach (var variable in setting.Variables)
        {
            json.WriteStringValue(variable);
        }

        json.WriteEndArray();
        json.WriteBoolean("secret"u8, setting.IsSecret);
        json.WriteEndObject();
    }

    private static async Task AnswerAsync(HttpContext context, Action<Utf8JsonWriter> write)
    {
        var output = new ArrayBufferWriter<byte>();
        await using (var json = new Utf8JsonWriter(output, Readable))
        {
            write(json);
        }

        context.Response.Headers.CacheControl = "no-store";
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = output.WrittenCount;
        await context.Response.Body.WriteAsync(output.WrittenMemory, context.RequestAborted);
    }

    private static GatewayException Wrong(string? parameter, string message) => new(GatewayErrorKind.InvalidRequest, message, parameter is { Length: > 64 } ? parameter[..64] : parameter);
}
