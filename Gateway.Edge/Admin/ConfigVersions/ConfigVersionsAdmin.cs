using System.Globalization;
using System.Text.Json;
using Gateway.Core.Errors;
using Gateway.Edge.Endpoints;

namespace Gateway.Edge.Admin.ConfigVersions;

/// <summary>Lets operators replace the document, and see, compare and restore those that were in force. Secrets are hidden in everything that is answered.</summary>
internal sealed class ConfigVersionsAdmin(AdminKeyCheck check, ConfigChanger changer, ConfigVersionRecorder recorder, IConfigVersionStore store, EdgeErrors errors)
{
    public const string Path = ConfigAdmin.Path + "/versions";
    public const string One = Path + "/{version}";

    private static readonly GatewayError StoreAway = new(
        GatewayErrorKind.ServiceUnavailable, "The store of the document's versions does not answer. Try again.", RetryAfter: TimeSpan.FromSeconds(1));

    public Task PutAsync(HttpContext context) => ServeAsync(context, async () =>
    {
        ConfigHttp.RefuseQuery(context.Request, "Send the document as the body.");
        var comment = ConfigHttp.ReadComment(context.Request);
        await ChangeAsync(context, await ConfigHttp.ReadDocumentAsync(context), ConfigVersionSources.Api, comment);
    });

    public Task ListAsync(HttpContext context) => ServeAsync(context, async () =>
    {
        var (limit, before) = ReadPage(context.Request.Query);
        var versions = await store.ListAsync(before, limit + 1, context.RequestAborted);
        await ConfigHttp.AnswerAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteStartArray("versions"u8);
            foreach (var version in versions.Take(limit))
            {
                json.WriteStartObject();
                Write(json, version);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteString("next"u8, versions.Count > limit ? versions[limit - 1].Number.ToString(CultureInfo.InvariantCulture) : null);
            json.WriteEndObject();
        });
    });

    public Task ShowAsync(HttpContext context) => ServeAsync(context, async () =>
    {
        ConfigHttp.RefuseQuery(context.Request, "Ask for /diff to compare it with another version.");
        var found = await FindAsync(context);
        var shown = changer.Mask(found.Text).Text;
        await ConfigHttp.AnswerAsync(context, json =>
        {
            json.WriteStartObject();
            Write(json, found.Version);
            json.WriteString("document"u8, shown);
            json.WriteEndObject();
        });
    });

    public Task CompareAsync(HttpContext context) => ServeAsync(context, async () =>
    {
        var with = ReadWith(context.Request.Query);
        var found = await FindAsync(context);
        var other = with is { } number ? await FindAsync(number, "with", context.RequestAborted)
            : await store.ListAsync(found.Version.Number, limit: 1, context.RequestAborted) is [{ } before] ? await FindAsync(before.Number, null, context.RequestAborted)
            : null;
        await ConfigHttp.AnswerAsync(context, "text/x-diff", UnifiedDiff.Of(
            other is null ? "" : changer.Mask(other.Text).Text, changer.Mask(found.Text).Text, other is null ? "nothing" : NameOf(other.Version), NameOf(found.Version)));
    });

    public Task RestoreAsync(HttpContext context) => ServeAsync(context, async () =>
    {
        ConfigHttp.RefuseQuery(context.Request, "The version stands in the path.");
        var found = await FindAsync(context);
        var comment = ConfigHttp.ReadComment(context.Request) ?? string.Create(CultureInfo.InvariantCulture, $"version {found.Version.Number} again");
        await ChangeAsync(context, found.Text, ConfigVersionSources.Restore, comment);
    });

    private async Task ChangeAsync(HttpContext context, string text, string source, string? comment)
    {
        try
        {
            var change = await changer.PutAsync(text, ConfigHttp.ReadIfMatch(context.Request), source, ConfigHttp.AuthorOf(context.Request), comment, context.RequestAborted);
            context.Response.Headers.ETag = $"\"{change.Sha256}\"";
            await ConfigHttp.AnswerAsync(context, json => Write(json, change));
        }
        catch (ConfigInvalidException invalid)
        {
            await ConfigHttp.AnswerAsync(context, json => Write(json, invalid), StatusCodes.Status400BadRequest);
        }
    }

    private async Task ServeAsync(HttpContext context, Func<Task> serve)
    {
        if (check.Refuse(context) is { } refusal)
        {
            await errors.WriteAsync(context, refusal);
            return;
        }

        try
        {
            await serve();
        }
        catch (ConfigVersionStoreException)
        {
            await errors.WriteAsync(context, StoreAway);
        }
    }

    private Task<ConfigVersionText> FindAsync(HttpContext context)
    {
        var asked = context.Request.RouteValues["version"] as string;
        return FindAsync(ReadNumber(asked) ?? throw NotFound("version"), "version", context.RequestAborted);
    }

    private async Task<ConfigVersionText> FindAsync(long number, string? parameter, CancellationToken cancellationToken) => await store.FindAsync(number, cancellationToken) ?? throw NotFound(parameter);

    private void Write(Utf8JsonWriter json, ConfigVersion version)
    {
        json.WriteNumber("version"u8, version.Number);
        json.WriteString("time"u8, version.Time.UtcDateTime);
        json.WriteString("sha256"u8, version.Sha256);
        json.WriteString("source"u8, version.Source);
        json.WriteString("author"u8, version.Author);
        json.WriteString("comment"u8, version.Comment);
        json.WriteBoolean("in_force"u8, changer.Current is { } current && recorder.Of(ConfigVersion.HashOf(current))?.Number == version.Number);
    }

    private static void Write(Utf8JsonWriter json, ConfigChange change)
    {
        json.WriteStartObject();
        if (change.Version is { } number)
        {
            json.WriteNumber("version"u8, number);
        }
        else
        {
            json.WriteNull("version"u8);
        }

        json.WriteString("sha256"u8, change.Sha256);
        json.WriteBoolean("changed"u8, change.IsOther);
        json.WriteNumber("generation"u8, change.Generation);
        json.WriteStartArray("warnings"u8);
        foreach (var warning in change.Warnings)
        {
            json.WriteStringValue(warning);
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    /// <summary>An error as all others, with what validation says beside it.</summary>
    private static void Write(Utf8JsonWriter json, ConfigInvalidException invalid)
    {
        var facts = GatewayErrors.Describe(GatewayErrorKind.ConfigInvalid);
        json.WriteStartObject();
        json.WriteStartObject("error"u8);
        json.WriteString("message"u8, string.Create(CultureInfo.InvariantCulture, $"The document has {invalid.Errors.Count} error{(invalid.Errors.Count == 1 ? "" : "s")}; nothing was changed. The first one: {invalid.Errors[0]}"));
        json.WriteString("type"u8, facts.Type);
        json.WriteNull("param"u8);
        json.WriteString("code"u8, facts.Code);
        json.WriteEndObject();
        json.WriteBoolean("valid"u8, false);
        ConfigHttp.WriteErrors(json, invalid.Errors);
        json.WriteEndObject();
    }

    private static (int Limit, long Before) ReadPage(IQueryCollection query)
    {
        var (limit, before) = (50, long.MaxValue);
        foreach (var (name, values) in query)
        {
            var number = values is [{ } value] ? ReadNumber(value) : null;
            (limit, before) = name switch
            {
                "limit" => (number is { } wanted and <= IConfigVersionStore.MaxVersions ? (int)wanted : throw ConfigHttp.Wrong(name, $"'limit' must be a whole number from 1 to {IConfigVersionStore.MaxVersions}."), before),
                "cursor" => (limit, number ?? throw ConfigHttp.Wrong(name, "'cursor' must be what 'next' of the page before said.")),
                _ => throw ConfigHttp.Wrong(name, "The parameters here are 'limit' and 'cursor'."),
            };
        }

        return (limit, before);
    }

    private static long? ReadWith(IQueryCollection query)
    {
        long? with = null;
        foreach (var (name, values) in query)
        {
            with = name == "with" && values is [{ } value] && ReadNumber(value) is { } number ? number
                : throw ConfigHttp.Wrong(name, "The one parameter here is 'with': the number of the version to compare with. Without it that is the one before.");
        }

        return with;
    }

    private static long? ReadNumber(string? text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 ? number : null;

    private static string NameOf(ConfigVersion version) => string.Create(CultureInfo.InvariantCulture, $"version {version.Number}");

    private static GatewayException NotFound(string? parameter) =>
        new(GatewayErrorKind.ConfigVersionNotFound, $"There is no version of this number. GET {Path} lists the newest {IConfigVersionStore.MaxVersions}.", parameter);
}
