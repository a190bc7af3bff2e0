using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Core.Configuration;
using Gateway.Core.Errors;
using Gateway.Edge.Endpoints;
using Gateway.Edge.VirtualKeys.Runtime;
using Gateway.Edge.VirtualKeys.Store;

namespace Gateway.Edge.Admin;

/// <summary>
/// Lets operators make, list, show, change, rotate and delete virtual keys. Those of the document are shown and read only. A secret is in the answer that made it and nowhere else.
/// </summary>
internal sealed class KeysAdmin(AdminKeyCheck check, IConfigStore configs, RuntimeKeys runtime, KeyChanger changer, EdgeErrors errors)
{
    public const string Path = "/admin/v1/keys";

    private static readonly JsonWriterOptions Readable = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public Task ListAsync(HttpContext context) => ServeAsync(context, async () =>
    {
        var query = KeysQuery.Read(context.Request.Query);
        await runtime.RefreshAsync(context.RequestAborted);
        var (page, next) = query.Take(ShownKeys());
        await AnswerAsync(context, StatusCodes.Status200OK, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("keys"u8);
            foreach (var key in page)
            {
                key.Write(json, secret: null);
            }

            json.WriteEndArray();
            json.WriteString("next"u8, next);
            json.WriteEndObject();
        });
    });

    public Task ShowAsync(HttpContext context) => ServeAsync(context, async () =>
    {
        await runtime.RefreshAsync(context.RequestAborted);
        var id = IdOf(context);
        await AnswerAsync(context, StatusCodes.Status200OK, Shown(id) ?? throw KeyChanger.NotFound(id));
    });

    public Task CreateAsync(HttpContext context) => ServeAsync(context, async () =>
    {
        var body = await KeysBody.ReadAsync(context.Request, context.RequestAborted) ?? throw KeysBody.Missing();
        var (key, secret) = await changer.CreateAsync(body, context.RequestAborted);
        Audit.AdminAudit.Touch(context, key.Id);
        context.Response.Headers.Location = $"{Path}/{key.Id}";
        await AnswerAsync(context, StatusCodes.Status201Created, Of(key), secret);
    });

    public Task UpdateAsync(HttpContext context) => ServeAsync(context, async () =>
    {
        var body = await KeysBody.ReadAsync(context.Request, context.RequestAborted) ?? throw KeysBody.Missing();
        var expected = ExpectedVersion(context, body);
        var key = await changer.UpdateAsync(IdOf(context), body, expected, context.RequestAborted);
        await AnswerAsync(context, StatusCodes.Status200OK, Of(key));
    });

    public Task RotateAsync(HttpContext context) => ServeAsync(context, async () =>
    {
        var body = await KeysBody.ReadAsync(context.Request, context.RequestAborted) ?? [];
        var expected = ExpectedVersion(context, body);
        var overlap = KeysBody.TakeOverlap(body);
        KeysBody.RefuseOthers(body, "overlap", "version");
        var (key, secret) = await changer.RotateAsync(IdOf(context), overlap, expected, context.RequestAborted);
        await AnswerAsync(context, StatusCodes.Status200OK, Of(key), secret);
    });

    public Task DeleteAsync(HttpContext context) => ServeAsync(context, async () =>
    {
        var body = await KeysBody.ReadAsync(context.Request, context.RequestAborted) ?? [];
        var expected = ExpectedVersion(context, body);
        KeysBody.RefuseOthers(body, "version");
        var id = IdOf(context);
        await changer.DeleteAsync(id, expected, context.RequestAborted);
        await AnswerAsync(context, StatusCodes.Status200OK, json =>
        {
            json.WriteStartObject();
            json.WriteString("id"u8, id);
            json.WriteBoolean("deleted"u8, true);
            json.WriteEndObject();
        });
    });

    private async Task ServeAsync(HttpContext context, Func<Task> serve)
    {
        if (check.Refuse(context) is { } refusal)
        {
            await errors.WriteAsync(context, refusal);
            return;
        }

        // Answers may carry a secret, and all of them are of this moment.
        context.Response.Headers.CacheControl = "no-store";
        try
        {
            await serve();
        }
        catch (KeyStoreException)
        {
            await errors.WriteAsync(context, KeyChanger.StoreAway);
        }
    }

    private IEnumerable<KeyAnswer> ShownKeys()
    {
        var config = configs.Current.Config;
        var own = config.Keys.Select(static key => key.Id).ToHashSet(StringComparer.Ordinal);
        return config.Keys.Select(Of).Concat(runtime.All.Where(key => key.Config is not null && !own.Contains(key.Id)).Select(Of));
    }

    private KeyAnswer? Shown(string id)
    {
        var own = configs.Current.Config.Keys.FirstOrDefault(key => string.Equals(key.Id, id, StringComparison.Ordinal));
        return own is not null ? Of(own) : runtime.Find(id) is { } key ? Of(key) : null;
    }

    private KeyAnswer Of(VirtualKeyConfig own) => new(own, Stored: null, configs.Current.Config.TeamOf(own), HidesRuntimeKey: runtime.Find(own.Id) is not null);

    private KeyAnswer Of(RuntimeKey key) => key.Config is { } readable
        ? new(readable, key.Stored, configs.Current.Config.TeamOf(readable), HidesRuntimeKey: false)
        : throw new GatewayException(GatewayErrorKind.KeyStoreUnavailable, $"The key '{key.Id}' is stored in a form that this gateway does not know.");

    private KeyAnswer Of(StoredKey key) => Of(new RuntimeKey(key));

    /// <summary>As it stands in the path. Ids of the document may have a slash, which a client must escape.</summary>
    private static string IdOf(HttpContext context) => ((string)context.Request.RouteValues["id"]!).Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);

    /// <summary>The version that the caller has seen, from <c>If-Match</c> or <c>version</c> in the body; null for whatever it is.</summary>
    private static long? ExpectedVersion(HttpContext context, JsonObject body)
    {
        var inBody = KeysBody.TakeVersion(body);
        var header = context.Request.Headers.IfMatch.ToString().Trim();
        if (header.Length == 0 || header == "*")
        {
            return inBody;
        }

        if (!long.TryParse(header.Trim('"'), NumberStyles.None, CultureInfo.InvariantCulture, out var version) || version <= 0)
        {
            throw new GatewayException(GatewayErrorKind.InvalidRequest, "The header If-Match must be the version of the key as the gateway last said it, for example If-Match: \"17\".", "if-match");
        }

        return inBody is null || inBody == version ? version : throw new GatewayException(GatewayErrorKind.InvalidRequest, "The header If-Match and 'version' in the body name different versions. Send one of them.", "version");
    }

    private static Task AnswerAsync(HttpContext context, int status, KeyAnswer key, string? secret = null)
    {
        if (key.Stored is { } stored)
        {
            context.Response.Headers.ETag = string.Create(CultureInfo.InvariantCulture, $"\"{stored.Version}\"");
        }

        return AnswerAsync(context, status, json => key.Write(json, secret));
    }

    private static async Task AnswerAsync(HttpContext context, int status, Action<Utf8JsonWriter> write)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output, Readable))
        {
            write(json);
        }

        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = output.WrittenCount;
        await context.Response.Body.WriteAsync(output.WrittenMemory, context.RequestAborted);
    }
}
