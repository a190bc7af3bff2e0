using System.Text.Json;
using Gateway.Core.Configuration;
using Gateway.Edge.Admin.ConfigVersions;
using Gateway.Edge.Endpoints;

namespace Gateway.Edge.Admin;

/// <summary>
/// Shows operators the document in force, each value with where it comes from, and tells of another one whether it could be taken. Changes nothing. Secrets are masked, and nothing out of the environment is shown.
/// </summary>
internal sealed class ConfigAdmin(AdminKeyCheck check, IConfigStore configs, ConfigChanger changer, ConfigVersionRecorder recorder, EdgeErrors errors)
{
    public const string Path = "/admin/v1/config";
    public const string ValidatePath = Path + "/validate";

    private static readonly string[] Flags = ["true", "false"];

    public async Task ShowAsync(HttpContext context)
    {
        if (check.Refuse(context) is { } refusal)
        {
            await errors.WriteAsync(context, refusal);
            return;
        }

        var withDefaults = ReadDefaults(context.Request.Query);
        var current = configs.Current;
        var sha256 = current.Listing is { } written ? ConfigVersion.HashOf(written.Text) : null;
        if (sha256 is not null)
        {
            context.Response.Headers.ETag = $"\"{sha256}\"";
            if (WantsText(context.Request))
            {
                await ConfigHttp.AnswerAsync(context, ConfigHttp.Yaml, changer.Mask(current.Listing!.Text).Text);
                return;
            }
        }

        await ConfigHttp.AnswerAsync(context, json =>
        {
            json.WriteStartObject();
            if (sha256 is not null && recorder.Of(sha256) is { } version)
            {
                json.WriteNumber("version"u8, version.Number);
            }
            else
            {
                json.WriteNull("version"u8);
            }

            json.WriteString("sha256"u8, sha256);
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

        ConfigHttp.RefuseQuery(context.Request, "Send the document as the body.");
        var result = changer.Check(await ConfigHttp.ReadDocumentAsync(context));
        await ConfigHttp.AnswerAsync(context, json =>
        {
            json.WriteStartObject();
            json.WriteBoolean("valid"u8, result.Config is not null);
            ConfigHttp.WriteErrors(json, result.Errors);
            json.WriteEndObject();
        });
    }

    /// <summary>Whether the caller asks for the document as it is written, which can be changed and sent back.</summary>
    private static bool WantsText(HttpRequest request) => request.Headers.Accept.ToString().Contains("yaml", StringComparison.OrdinalIgnoreCase);

    private static bool ReadDefaults(IQueryCollection query)
    {
        const string Name = "defaults";
        foreach (var (name, values) in query)
        {
            if (name != Name || values is not [{ } value] || !Flags.Contains(value, StringComparer.Ordinal))
            {
                throw ConfigHttp.Wrong(name, "The one parameter here is 'defaults': 'true' (also lists what the document leaves out) or 'false'.");
            }

            return value == Flags[0];
        }

        return true;
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
}
